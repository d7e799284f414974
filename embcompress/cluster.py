"""Work on other processes and machines, by Dask (extra ``distributed``)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from embcompress.cores import at_most, usable_cores
from embcompress.errors import EmbcompressError, MissingPackageError, ServiceError, UsageError

if TYPE_CHECKING:
    from distributed import Client

LOCAL = re.compile(r"local(?::([1-9]\d{0,3}))?")
SECONDS = 10
"""A scheduler that has not answered by then is not there."""

DONE = Callable[[int], None]


class Cluster:
    """Workers that run functions; use it in a ``with`` statement, or `close` it.

    Parameters
    ----------
    address : str
        Of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; or ``local``, processes on this machine, one a core, or
        ``local:N`` of them.

    Raises
    ------
    MissingPackageError
        If Dask's distributed is not installed.
    ServiceError
        If no scheduler answers there, or it has no workers.
    UsageError
        If `address` is neither.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = ExitStack()
        self.client: Client = self._connected()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the workers go; those of ``local`` end."""
        self._open.close()

    def workers(self) -> list[str]:
        """The addresses of the workers that there are."""
        return sorted(self.client.scheduler_info(n_workers=-1)["workers"])

    def each(
        self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], done: DONE | None = None
    ) -> list[Any]:
        """What a function gives for each tuple of arguments, in their order; `done` is told how many are.

        A call whose worker is lost is made again on another.

        Raises
        ------
        EmbcompressError
            The first that a call raises; the others are then given up.
        ServiceError
            If a call has lost one worker after the other, the scheduler is lost, or a worker lacks a package.
        """
        from distributed import CancelledError, KilledWorker, as_completed
        from distributed.comm import CommClosedError

        futures = [self.later(function, *arguments) for arguments in calls]
        try:
            for count, future in enumerate(as_completed(futures), 1):
                future.result()
                if done is not None:
                    done(count)
            return list(self.client.gather(futures))
        except EmbcompressError:
            raise
        except KilledWorker as error:
            raise ServiceError(
                f"{self.address}: one worker after the other died of the same work ({str(error)[:100]!r}...): is there "
                "memory enough for it?"
            ) from None
        except (CancelledError, CommClosedError, TimeoutError) as error:
            raise ServiceError(f"{self.address}: the scheduler was lost ({error})") from None
        except ImportError as error:
            raise ServiceError(
                f"{self.address}: a worker lacks what this one has ({error}): install the same there"
            ) from None
        finally:
            self.client.cancel(futures)

    def later(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function will give, as an argument of other calls: it stays on the workers that make and use it."""
        return self.client.submit(_alone, function, *arguments, pure=False)

    def _connected(self) -> Client:
        try:
            import distributed
        except ImportError:
            raise MissingPackageError("a cluster needs Dask: pip install 'embcompress[distributed]'") from None
        local = LOCAL.fullmatch(self.address)
        try:
            if local is None:
                if "://" not in self.address:
                    raise UsageError(
                        f"cluster {self.address!r} is no address: give one such as tcp://127.0.0.1:8786, or local:2"
                    )
                client = self._open.enter_context(distributed.Client(self.address, timeout=SECONDS))
            else:
                count = int(local[1] or usable_cores())
                workers = distributed.LocalCluster(
                    n_workers=count,
                    threads_per_worker=max(1, usable_cores() // count),
                    dashboard_address="127.0.0.1:0",
                    memory_limit=0,
                    silence_logs=logging.CRITICAL,
                )
                client = self._open.enter_context(distributed.Client(self._open.enter_context(workers)))
            client.wait_for_workers(1, timeout=SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            self._open.close()
            if isinstance(error, EmbcompressError):
                raise
            raise ServiceError(
                f"no cluster at {self.address}: {str(error) or type(error).__name__}; start one with 'dask scheduler' "
                "and 'dask worker', or give local:2"
            ) from None
        return client


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function on a worker, with the threads that the worker has been given."""
    from distributed import get_worker

    with at_most(get_worker().state.nthreads):
        return function(*arguments)
