"""Nearest rows over codes: FAISS nominates on its SIMD kernels, the codec's one scoring function decides."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from embcompress.arrays import BLOCK_ROWS, Floats, Integers, Mask, blocks
from embcompress.kernels.blocks import ENOUGH, BlockIndex
from embcompress.kernels.gpu import GpuIndex, gpu_index
from embcompress.kernels.inverted import InvertedIndex
from embcompress.kernels.layout import Layout
from embcompress.kernels.layouts import layout_of
from embcompress.kernels.threads import set_threads
from embcompress.lists import Lists
from embcompress.segment import Segment
from embcompress.topk import SCORE_DECIMALS, TopK, rank

EXPECTED_COSINE = 0.55
"""About the cosine of a word's tenth neighbour; nominations hardly change from 0.4 to 0.7."""

NOMINEES = 60
"""Rows FAISS nominates for ten that are wanted."""

SCORES_AT_ONCE = 1 << 19
"""Scores held at a time where every row is scored: 2 MB, which caches hold."""

QUERIES_AT_ONCE = 256
"""Queries FAISS is given at a time."""

TOLERANCE = np.float32(10.0**-SCORE_DECIMALS)
"""Scores no further apart may be equal."""

NOMINEES_AT_ONCE = 4096
"""Nominees decoded at a time."""


class Search:
    """Nearest rows of a segment.

    The index, a private copy of about the codes' size, is built by the searches that need it.

    Parameters
    ----------
    segment : Segment
    lists : Lists, optional
        An inverted file: queries over all rows search the lists nearest to them only.
    device : {"cpu", "gpu", "gpu:float16"}
        Where queries over all rows are searched: a GPU scans every row, of the codes or of decoded directions.
    threads : int, optional
        Threads FAISS may use; by default as many as OpenMP gives it.

    Raises
    ------
    UsageError
        If the device is none of these, FAISS finds no GPU, or has no kernel there for the segment's codes.
    """

    def __init__(
        self, segment: Segment, lists: Lists | None = None, *, device: str = "cpu", threads: int | None = None
    ) -> None:
        self.segment = segment
        self.lists = lists
        self.device = device
        self._gpu = gpu_index(segment, device)
        self.threads = threads

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
        within = range(len(self.segment)) if within is None else within
        k = min(k, len(within))
        if not len(queries):
            return np.zeros((0, k), dtype=np.float32), np.zeros((0, k), dtype=np.int64)
        if exact or not self._nominating_pays(len(queries), k, within):
            return self._among_all(queries, k, within)
        parts = [
            self._decided(queries[part], self._nominees(queries[part], k, within, nprobe), k, within)
            for part in blocks(len(queries), QUERIES_AT_ONCE)
        ]
        scores, rows, undecided = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        if undecided.any():
            scores[undecided], rows[undecided] = self._among_all(queries[undecided], k, within)
        return scores, rows

    def _nominating_pays(self, queries: int, k: int, within: range) -> bool:
        """Whether nominating is faster than decoding rows and one matrix product, which is exact besides."""
        if not k or 2 * self._count(k, within) >= len(within):
            return False
        most = self._layout.most_queries
        return most is None or queries <= most or self._uses_lists(within) or self._gpu_for(k, within) is not None

    def _count(self, k: int, within: range) -> int:
        """How many rows are nominated for k that are wanted."""
        gpu = self._gpu_for(k, within)
        return max(NOMINEES, NOMINEES // 10 * k) if gpu is None else gpu.count(k)

    def _gpu_for(self, k: int, within: range) -> GpuIndex | None:
        """The index on the GPU, if there is one and it can nominate for k rows that are wanted."""
        return self._gpu if self._gpu and len(within) == len(self.segment) and self._gpu.serves(k) else None

    def _uses_lists(self, within: range) -> bool:
        return self.lists is not None and self._gpu is None and len(within) == len(self.segment)

    def _nominees(self, queries: Floats, k: int, within: range, nprobe: int | None) -> Integers:
        """Rows likely to be among the k nearest, (m, count), in no useful order; -1 where there are no more."""
        count, gpu = self._count(k, within), self._gpu_for(k, within)
        expected = EXPECTED_COSINE * np.sqrt(np.vecdot(queries, queries))
        if gpu is not None:
            return gpu.nominate(queries, expected, count)
        if self.threads is not None:
            set_threads(self.threads)
        placed = self._layout.queries(self.segment.codec.affine.pull(queries), expected)
        if self.lists is None or not self._uses_lists(within):
            return self._blocks.nominate(placed, count, within)
        return self._inverted.nominate(queries, placed, count, self.lists.nprobe if nprobe is None else nprobe)

    def _decided(self, queries: Floats, nominees: Integers, k: int, within: range) -> tuple[Floats, Integers, Mask]:
        """The best k of the nominees of each query (m, k), and whether rows that belong there may be missing (m,)."""
        rows = np.sort(nominees, axis=1)  # so that equal scores end in row order, and codes are fetched front to back
        if rows[:, 0].min() >= 0:
            scores = self._scores(queries, rows)
            worst, too_few = scores.min(axis=1), np.False_
        else:
            scores, worst, too_few = self._scores_of_fewer(queries, rows, within)
        chosen = np.arange(len(rows))[:, None], rank(scores)[:, :k]
        scores, rows = scores[chosen], rows[chosen]
        if self._uses_lists(within):
            return scores, rows, np.isinf(scores[:, -1])
        # Where equal scores reach down to the worst nominee, rows that were not nominated may come before.
        return scores, rows, np.asarray(too_few | (scores[:, -1] <= worst + TOLERANCE))

    def _scores_of_fewer(self, queries: Floats, rows: Integers, within: range) -> tuple[Floats, Floats, Any]:
        """Scores of nominees (m, count) of which some are none, the worst of each query, and who has too few."""
        is_row = rows >= 0
        scores = self._scores(queries, np.maximum(rows, 0))
        worst = scores.min(axis=1, where=is_row, initial=np.inf)
        scores[~is_row] = -np.inf
        # FastScan finds fewer than it is asked for where scores are all alike; in a restriction, some lie outside it.
        enough = rows.shape[1] * (1 if len(within) == len(self.segment) else ENOUGH)
        return scores, worst, is_row.sum(axis=1) < enough

    def _scores(self, queries: Floats, rows: Integers) -> Floats:
        """Cosines of each query with rows of its own (m, count), (m, count)."""
        parts = [
            self.segment.scores(queries[part, None], rows[part])[:, 0]
            for part in blocks(len(queries), max(1, NOMINEES_AT_ONCE // rows.shape[1]))
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _among_all(self, queries: Floats, k: int, within: range) -> tuple[Floats, Integers]:
        found = TopK(len(queries), k)
        for block in blocks(len(within), min(BLOCK_ROWS, max(1, SCORES_AT_ONCE // len(queries)))):
            rows = slice(block.start + within.start, block.stop + within.start)
            found.add(self.segment.scores(queries, rows), rows.start)
        return found.result()

    @cached_property
    def _layout(self) -> Layout:
        return layout_of(self.segment)

    @cached_property
    def _blocks(self) -> BlockIndex:
        return BlockIndex(self._layout)

    @cached_property
    def _inverted(self) -> InvertedIndex:
        assert self.lists is not None
        return InvertedIndex(self._layout, self.lists)
