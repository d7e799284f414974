"""A flat index in blocks of rows: all rows, or a run of them, nominated for a query."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.kernels.layout import Layout

INDEX_ROWS = 65_536
INDEX_BYTES = 10_000_000
"""Least rows of a block, and least bytes: few enough that a restricted query scans little in vain, some half a
millisecond, and enough that what FAISS does once a block, some 20 microseconds, hardly counts."""

ROWS_AT_ONCE = 8192

MARGINS = 2, 16
"""How many times more nominees a block is asked for than its share of rows in a restriction would leave, at first and
where those lie outside: words' neighbours are about as frequent as they are."""

ENOUGH = 0.5
"""Share of the nominees asked for that a restriction has to leave."""


class BlockIndex:
    """FAISS indexes of runs of rows, built when a query first needs them.

    FastScan takes no selector, so a restricted query searches the blocks that its rows touch and drops what is outside.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._block_rows = max(INDEX_ROWS, INDEX_BYTES // layout.segment.codec.code_size)
        self._slices = list(blocks(len(layout.segment), self._block_rows))
        self._blocks: dict[int, Any] = {}
        self._whole: Any = None
        self._lock = Lock()

    def nominate(self, queries: Floats, count: int, within: range) -> Integers:
        """Rows likely to be nearest, (m, count) int64, in no useful order; -1 where FAISS finds no more.

        Parameters
        ----------
        queries : (m, width) float32
            As the layout places them.
        count : int
        within : range
            Consecutive rows, not fewer than `count`.
        """
        if len(within) == len(self.layout.segment):
            return np.asarray(self._all_rows().search(queries, count)[1])
        nominees = np.full((len(queries), count), -1, dtype=np.int64)
        few = np.arange(len(queries))
        for margin in MARGINS:
            nominees[few] = self._nominate_within(queries[few], count, within, margin)
            few = few[np.count_nonzero(nominees[few] >= 0, axis=1) < ENOUGH * count]
            if not len(few):
                break
        return nominees

    def _nominate_within(self, queries: Floats, count: int, within: range, margin: int) -> Integers:
        touched = range(within.start // self._block_rows, (within.stop - 1) // self._block_rows + 1)
        found = [self._nominate_from(number, queries, margin * count, within) for number in touched]
        scores = np.concatenate([each for each, _ in found], axis=1)
        rows = np.concatenate([each for _, each in found], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        return np.asarray(np.take_along_axis(rows, best, axis=1))

    def _nominate_from(self, number: int, queries: Floats, count: int, within: range) -> tuple[Floats, Integers]:
        block = self._slices[number]
        rows = block.stop - block.start
        inside = min(block.stop, within.stop) - max(block.start, within.start)
        asked = min(rows, count * rows // inside)
        scores, found = self._block(number).search(queries, asked)
        found = np.where(found < 0, -1, found + block.start)
        outside = (found < within.start) | (found >= within.stop)
        return np.where(outside, -np.inf, scores), np.where(outside, -1, found)

    def _all_rows(self) -> Any:
        import faiss

        if self._whole is None:
            parts = [self._block(number) for number in range(len(self._slices))]
            threaded, rows_follow_on = False, True
            whole: Any = faiss.IndexShards(self.layout.width, threaded, rows_follow_on)  # type: ignore[call-arg]
            for part in parts:
                whole.add_shard(part)
            self._whole = parts[0] if len(parts) == 1 else whole
        return self._whole

    def _block(self, number: int) -> Any:
        with self._lock:
            if number not in self._blocks:
                self._blocks[number] = self._built(self._slices[number])
            return self._blocks[number]

    def _built(self, block: slice) -> Any:
        index = self.layout.empty()
        for start in range(block.start, block.stop, ROWS_AT_ONCE):
            rows = slice(start, min(start + ROWS_AT_ONCE, block.stop))
            index.add_sa_codes(np.ascontiguousarray(self.layout.codes(rows)))
        return self.layout.packed(index)
