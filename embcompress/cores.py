"""How many threads work at once, and how work is shared out among them so that its result does not depend on it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 1
"""Results for each thread that may wait to be asked for."""

ENVIRONMENT = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Where libraries that are yet to be loaded look for their number of threads."""

_most: ContextVar[int | None] = ContextVar("most", default=None)
_reproducing = Lock()
_reproducible_blocks = 0
_limits = ExitStack()


def usable_cores() -> int:
    """Threads that work should be shared out to: cores this process may run on, no more than `at_most` allows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _most.get() or cores)


@contextmanager
def shared_among(threads: int) -> Iterator[None]:
    """Within the block, `in_order` shares work out to so many threads at most."""
    token = _most.set(min(threads, usable_cores()))
    try:
        yield
    finally:
        _most.reset(token)


@contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Within the block, our own threads, BLAS and FAISS's are no more than these.

    Parameters
    ----------
    threads : int
        At least 1.
    """
    from threadpoolctl import threadpool_info, threadpool_limits

    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    limits = dict.fromkeys(("blas", "openmp"), threads)
    for library in threadpool_info():
        limits[library["user_api"]] = min(limits[library["user_api"]], library["num_threads"])
    os.environ.update(dict.fromkeys(ENVIRONMENT, str(threads)))
    try:
        with shared_among(threads), threadpool_limits(limits):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@contextmanager
def reproducible() -> Iterator[None]:
    """Within the block, products of matrices are computed by one thread each, so that their bits are always the same.

    BLAS cuts a product into as many parts as it has threads, and what is cut otherwise is added in another order. Work
    is shared out by `in_order` instead. Libraries count that are loaded when the block, or one inside it, begins.
    """
    from threadpoolctl import threadpool_limits

    global _reproducible_blocks
    with _reproducing:
        _reproducible_blocks += 1
        _limits.enter_context(threadpool_limits(1, user_api="blas"))
    try:
        yield
    finally:
        with _reproducing:  # blocks of several threads overlap: the last one to end puts back what the first one found
            _reproducible_blocks -= 1
            if not _reproducible_blocks:
                _limits.close()


def in_order(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What a function makes of each item, in their order, computed on all usable cores.

    Every call computes by itself, with one thread of BLAS and FAISS: its result does not depend on how many there are.
    Few results are held at a time, so they may be large.

    Parameters
    ----------
    function : callable
        Called from several threads at once.
    items : iterable

    Yields
    ------
    object
        The first exception that a call raises ends it; items that still wait are then not begun.
    """
    threads = usable_cores()
    with reproducible():
        pool = ThreadPoolExecutor(threads, initializer=_compute_alone)
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _compute_alone() -> None:
    """Let FAISS use one thread for what this thread asks of it; OpenMP keeps that number for each thread."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="openmp")
