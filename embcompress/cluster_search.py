"""Nearest rows of shards that workers of a cluster hold."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embcompress import manifest
from embcompress.arrays import Floats, Integers
from embcompress.cluster import Cluster
from embcompress.errors import EmbcompressError, ServiceError, UsageError
from embcompress.search import Search
from embcompress.segmented_rows import in_one
from embcompress.topk import best

ATTEMPTS = 3
"""A search is made so often where workers are lost."""


class ResidentShards:
    """Shards that a worker holds between searches: its codes and its index stay in its memory.

    Parameters
    ----------
    folder : str
    numbers : range
        Of the shards.
    threads : int
    """

    def __init__(self, folder: str, numbers: range, threads: int) -> None:
        rows = manifest.read(folder, only=numbers).rows
        self._search = Search(in_one(rows.parts), threads=threads)

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
        weakref.finalize(self, self._cluster.close)

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
                self._residents, lost = [], error
                continue
            # Workers hold shards in the order of their rows, so that equal scores stay in row order: FAISS's
            # merge_knn_results would order them by the last bits in which they differ.
            scores, rows = (np.concatenate(each, axis=1) for each in zip(*found, strict=True))
            return best(scores, rows, k)
        raise ServiceError(f"{self._cluster.address}: workers were lost again and again ({lost})")

    def _found(self, queries: Floats, k: int, within: range, exact: bool) -> Sequence[tuple[Floats, Integers]]:
        asked = []
        for rows, actor in self._placed():
            inside = range(max(within.start, rows.start) - rows.start, min(within.stop, rows.stop) - rows.start)
            if len(inside):
                asked.append((rows.start, actor.nearest(queries, min(k, len(inside)), inside, exact)))
        found = [(first, future.result()) for first, future in asked]
        return [(scores, rows + first) for first, (scores, rows) in found]

    def _placed(self) -> list[_Resident]:
        """The workers' shards, placed when there are none: runs of about as many rows for each worker."""
        if not self._residents:
            workers, client = self._cluster.workers(), self._cluster.client
            ends = np.cumsum([shard.rows for shard in self._shards])
            cuts = np.searchsorted(ends, np.linspace(0, ends[-1], len(workers) + 1)[1:-1], side="left") + 1
            runs = [range(a, b) for a, b in zip([0, *cuts.tolist()], [*cuts.tolist(), len(ends)], strict=True) if a < b]
            starts = [int(ends[run.start]) - self._shards[run.start].rows for run in runs]
            actors = [
                client.submit(ResidentShards, str(self._folder), run, 1, workers=[worker], actor=True, pure=False)
                for run, worker in zip(runs, workers, strict=False)
            ]
            self._residents = [
                _Resident(range(start, int(ends[run.stop - 1])), actor.result())
                for start, run, actor in zip(starts, runs, actors, strict=True)
            ]
        return self._residents
