"""Nearest rows over codes: each segment is searched by itself, and the best of all are taken."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from embcompress.arrays import Floats, Integers, inside
from embcompress.lists import Lists
from embcompress.segment import CodedRows
from embcompress.segment_search import Best, SegmentSearch
from embcompress.topk import SCORE_DECIMALS, best

TOLERANCE = np.float32(10.0**-SCORE_DECIMALS)
"""Scores no further apart may be equal."""


class Search:
    """Nearest rows.

    Parameters
    ----------
    rows : CodedRows
    lists : Lists, optional
        An inverted file, of rows in one segment: queries over all rows search the lists nearest to them only.
    device : {"cpu", "gpu", "gpu:float16"}
        Where queries over all rows are searched: a GPU scans every row, of the codes or of decoded directions.
    threads : int, optional
        Threads FAISS may use; by default as many as OpenMP gives it.

    Raises
    ------
    UsageError
        If the device is none of these, FAISS finds no GPU, or has no kernel there for the codes.
    """

    def __init__(
        self, rows: CodedRows, lists: Lists | None = None, *, device: str = "cpu", threads: int | None = None
    ) -> None:
        self.lists = lists
        self.device = device
        self.threads = threads
        self._size = len(rows)
        self._parts = [SegmentSearch(part, lists, device, threads) for part in rows.parts]

    def nearest(
        self,
        queries: Floats,
        k: int,
        *,
        within: range | None = None,
        exact: bool = False,
        nprobe: int | None = None,
    ) -> tuple[Floats, Integers]:
        """The rows of largest cosine with each query, best first, equal cosines in row order.

        Parameters
        ----------
        queries : (m, d) float32
        k : int
        within : range, optional
            Rows to choose from, consecutive ones; by default all.
        exact : bool
            Score every row instead of those FAISS nominates.
        nprobe : int, optional
            Lists to search, if there is an inverted file; by default as many as it says.

        Returns
        -------
        scores : (m, k) float32
        rows : (m, k) int64
            Fewer columns if there are not as many rows to choose from.
        """
        within = range(self._size) if within is None else within
        k = min(k, len(within))
        if not len(queries) or not k:
            return np.zeros((len(queries), k), dtype=np.float32), np.zeros((len(queries), k), dtype=np.int64)
        if nprobe is None and self.lists is not None:
            nprobe = self.lists.nprobe
        scores, rows, unseen = self._best(queries, k, within, exact, nprobe)
        # Where equal scores reach down to the worst nominee, rows that were not nominated may come before.
        undecided = scores[:, -1] <= unseen + TOLERANCE
        if undecided.any():
            scores[undecided], rows[undecided], _ = self._best(queries[undecided], k, within, True, nprobe)
        return scores, rows

    def _best(self, queries: Floats, k: int, within: range, exact: bool, nprobe: int | None) -> Best:
        """The best k of the best of each segment."""
        found = []
        for part, start, own in self._inside(within):
            most = min(k, len(own))
            near = part.best_of_all(queries, most, own) if exact else part.best(queries, most, own, nprobe)
            found.append(Best(near.scores, near.rows + start, near.unseen) if start else near)
        if len(found) == 1:
            return found[0]
        scores, rows = (np.concatenate(each, axis=1) for each in list(zip(*found, strict=True))[:2])
        return Best(*best(scores, rows, k), np.max([each.unseen for each in found], axis=0))

    def _inside(self, within: range) -> Iterator[tuple[SegmentSearch, int, range]]:
        """The segments that hold some of the rows: each with its own first row, and which of its rows they are."""
        start = 0
        for part in self._parts:
            end = start + len(part.segment)
            own = inside(within, range(start, end))
            if len(own):
                yield part, start, own
            start = end
