"""Nearest rows of one segment: FAISS nominates on its SIMD kernels, the codec's one scoring function decides."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from embcompress.arrays import BLOCK_ROWS, Floats, Integers, blocks
from embcompress.kernels.blocks import ENOUGH, BlockIndex
from embcompress.kernels.gpu import GpuIndex, gpu_index
from embcompress.kernels.inverted import InvertedIndex
from embcompress.kernels.layout import Layout
from embcompress.kernels.layouts import layout_of
from embcompress.kernels.threads import set_threads
from embcompress.lists import Lists
from embcompress.segment import Segment
from embcompress.topk import TopK, rank

EXPECTED_COSINE = 0.55
"""About the cosine of a word's tenth neighbour; nominations hardly change from 0.4 to 0.7."""

NOMINEES = 60
"""Rows FAISS nominates for ten that are wanted."""

SCORES_AT_ONCE = 1 << 19
"""Scores held at a time where every row is scored: 2 MB, which caches hold."""

QUERIES_AT_ONCE = 256
"""Queries FAISS is given at a time."""

NOMINEES_AT_ONCE = 4096
"""Nominees decoded at a time."""


class Best(NamedTuple):
    """The best rows of a segment for each query, and what may be missing among them.

    Parameters
    ----------
    scores : (m, k) float32
        Best first, equal ones in row order.
    rows : (m, k) int64
    unseen : (m,) float32
        No row that was not scored has a larger score: infinite where nothing is known of them, ``-inf`` where there
        are none.
    """

    scores: Floats
    rows: Integers
    unseen: Floats


class SegmentSearch:
    """Nearest rows of a segment.

    The index, a private copy of about the codes' size, is built by the searches that need it.

    Parameters
    ----------
    segment : Segment
    lists : Lists, optional
        An inverted file: queries over all rows search the lists nearest to them only.
    device : {"cpu", "gpu", "gpu:float16"}
    threads : int, optional
        Threads FAISS may use.

    Raises
    ------
    UsageError
        If the device is none of these, FAISS finds no GPU, or has no kernel there for the segment's codes.
    """

    def __init__(self, segment: Segment, lists: Lists | None, device: str, threads: int | None) -> None:
        self.segment = segment
        self.lists = lists
        self._gpu = gpu_index(segment, device)
        self.threads = threads

    def best(self, queries: Floats, k: int, within: range, nprobe: int | None) -> Best:
        """The rows of largest cosine with each query.

        Parameters
        ----------
        queries : (m, d) float32
        k : int
            From 1 to as many rows as there are to choose from.
        within : range
            Rows to choose from, consecutive ones.
        nprobe : int, optional
            Lists to search, if there is an inverted file.
        """
        if not self._nominating_pays(len(queries), k, within):
            return self.best_of_all(queries, k, within)
        parts = [
            self._decided(queries[part], self._nominees(queries[part], k, within, nprobe), k, within)
            for part in blocks(len(queries), QUERIES_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else Best(*map(np.concatenate, zip(*parts, strict=True)))

    def best_of_all(self, queries: Floats, k: int, within: range) -> Best:
        """The same, every row scored."""
        found = TopK(len(queries), k)
        for block in blocks(len(within), min(BLOCK_ROWS, max(1, SCORES_AT_ONCE // len(queries)))):
            rows = slice(block.start + within.start, block.stop + within.start)
            found.add(self.segment.scores(queries, rows), rows.start)
        return Best(*found.result(), np.full(len(queries), -np.inf, dtype=np.float32))

    def _nominating_pays(self, queries: int, k: int, within: range) -> bool:
        """Whether nominating is faster than decoding rows and one matrix product, which is exact besides."""
        if 2 * self._count(k, within) >= len(within):
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
        if nprobe is None or not self._uses_lists(within):
            return self._blocks.nominate(placed, count, within)
        return self._inverted.nominate(queries, placed, count, nprobe)

    def _decided(self, queries: Floats, nominees: Integers, k: int, within: range) -> Best:
        """The best k of the nominees of each query."""
        rows = np.sort(nominees, axis=1)  # so that equal scores end in row order, and codes are fetched front to back
        if rows[:, 0].min() >= 0:
            scores = self._scores(queries, rows)
            unseen = scores.min(axis=1)
        else:
            scores, unseen = self._scores_of_fewer(queries, rows, within)
        chosen = np.arange(len(rows))[:, None], rank(scores)[:, :k]
        scores, rows = scores[chosen], rows[chosen]
        if self._uses_lists(within):  # rows of the other lists are missing on purpose
            unseen = np.where(np.isinf(scores[:, -1]), np.inf, -np.inf)
        return Best(scores, rows, unseen)

    def _scores_of_fewer(self, queries: Floats, rows: Integers, within: range) -> tuple[Floats, Floats]:
        """Scores of nominees (m, count) of which some are none, and those that no other row exceeds (m,)."""
        is_row = rows >= 0
        scores = self._scores(queries, np.maximum(rows, 0))
        worst = scores.min(axis=1, where=is_row, initial=np.inf)
        scores[~is_row] = -np.inf
        # FastScan finds fewer than it is asked for where scores are all alike; in a restriction, some lie outside it.
        enough = rows.shape[1] * (1 if len(within) == len(self.segment) else ENOUGH)
        return scores, np.where(is_row.sum(axis=1) < enough, np.inf, worst)

    def _scores(self, queries: Floats, rows: Integers) -> Floats:
        """Cosines of each query with rows of its own (m, count), (m, count)."""
        most = min(NOMINEES_AT_ONCE, self.segment.codec.rows_at_once)
        parts = [
            self.segment.scores(queries[part, None], rows[part])[:, 0]
            for part in blocks(len(queries), max(1, most // rows.shape[1]))
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

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
