"""Nearest rows of shards that workers of a cluster hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from embcompress import manifest
from embcompress.arrays import Floats, Integers, inside
from embcompress.cluster import Cluster
from embcompress.errors import EmbcompressError, ServiceError, UsageError
from embcompress.search import Search
from embcompress.topk import best

PATIENCE = 300
"""Seconds after which a worker that does not answer is lost."""

ATTEMPTS = 3
"""A search is made so often where workers are lost."""


class ResidentShards:
    """Shards that a worker holds between searches: its codes and its index stay in its memory.

    Parameters
    ----------
    folder : str
    numbers : range
        Of the shards.
    """

    def __init__(self, folder: str, numbers: range) -> None:
        from distributed import get_worker

        self._search = Search(manifest.read(folder, only=numbers).rows, threads=get_worker().state.nthreads)

    def nearest(self, queries: Floats, k: int, within: range, exact: bool) -> tuple[Floats, Integers]:
        """As `Search.nearest`, of the shards' own rows."""
        return self._search.nearest(queries, k, within=within, exact=exact)


class _Resident(NamedTuple):
    rows: range
    actor: Any


class ClusterSearch:
    """Nearest rows, as `Search` finds them, over shards that are shared out to the workers of a cluster.

    Parameters
    ----------
    folder : path
        With a manifest; every worker reads it by the same path.
    address : str
        As of `Cluster`.

    Raises
    ------
    UsageError
        If `folder` is no folder of shards.
    MissingPackageError, ServiceError
        As `Cluster`.
    """

    lists = None
    device = "cpu"
    threads = None

    def __init__(self, folder: Path, address: str) -> None:
        if not folder.is_dir():
            raise UsageError(f"{folder} is one file: a cluster searches the shards that shrink --cluster makes of it")
        self._folder = folder.absolute()
        self._shards = manifest.read_manifest(folder).shards
        self._cluster = Cluster(address)
        self._residents: list[_Resident] = []
        self._placing = Lock()  # any number of threads may ask

    def close(self) -> None:
        """Let the workers go."""
        self._cluster.close()

    def nearest(
        self, queries: Floats, k: int, *, within: range | None = None, exact: bool = False, nprobe: int | None = None
    ) -> tuple[Floats, Integers]:
        """The rows of largest cosine with each query; arguments, results and order of equal scores as of `Search`."""
        assert nprobe is None, "shards have no inverted file"
        within = range(sum(shard.rows for shard in self._shards)) if within is None else within
        k = min(k, len(within))
        if not len(queries) or not k:
            return np.zeros((len(queries), k), dtype=np.float32), np.zeros((len(queries), k), dtype=np.int64)
        for _ in range(ATTEMPTS):
            try:
                found = self._found(queries, k, within, exact)
            except EmbcompressError:
                raise
            except Exception as error:  # of the library: a worker or its actor is lost, said in many ways
                self._residents, lost = [], str(error)
                continue
            # Workers hold shards in the order of their rows, so that equal scores stay in row order: FAISS's
            # merge_knn_results would order them by the last bits in which they differ.
            scores, rows = (np.concatenate(each, axis=1) for each in zip(*found, strict=True))
            return best(scores, rows, k)
        raise ServiceError(f"{self._cluster.address}: workers were lost again and again ({lost})")

    def _found(self, queries: Floats, k: int, within: range, exact: bool) -> Sequence[tuple[Floats, Integers]]:
        asked = []
        for rows, actor in self._placed():
            own = inside(within, rows)
            if len(own):
                asked.append((rows.start, actor.nearest(queries, min(k, len(own)), own, exact)))
        found = [(first, future.result(PATIENCE)) for first, future in asked]
        return [(scores, rows + first) for first, (scores, rows) in found]

    def _placed(self) -> list[_Resident]:
        """The workers' shards, placed when there are none."""
        with self._placing:
            if not self._residents:
                self._residents = self._place()
            return self._residents

    def _place(self) -> list[_Resident]:
        """Give each worker a run of shards, of about as many rows for each."""
        workers, client = self._cluster.workers(), self._cluster.client
        ends = np.cumsum([shard.rows for shard in self._shards])
        cuts = np.searchsorted(ends, np.linspace(0, ends[-1], len(workers) + 1)[1:-1], side="left") + 1
        runs = [range(a, b) for a, b in pairwise([0, *cuts.tolist(), len(ends)]) if a < b]
        # A worker may have died without having been missed yet: what was meant for it goes to another.
        actors = [
            client.submit(
                ResidentShards,
                str(self._folder),
                run,
                workers=[worker],
                allow_other_workers=True,
                actor=True,
                pure=False,
            )
            for run, worker in zip(runs, workers, strict=False)
        ]
        starts = [0, *ends.tolist()]
        return [
            _Resident(range(starts[run.start], starts[run.stop]), actor.result(PATIENCE))
            for run, actor in zip(runs, actors, strict=True)
        ]
