"""Nearest rows over codes: FAISS nominates on its SIMD kernels, the codec's one scoring function decides."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.kernels import Nominate, build_index
from embcompress.segment import Segment
from embcompress.topk import SCORE_DECIMALS, TopK, rank

EXPECTED_COSINE = 0.55
"""About the cosine of a word's tenth neighbour; nominations hardly change from 0.4 to 0.7."""

NOMINEES = 60
"""Rows FAISS nominates for ten that are wanted."""


class Search:
    """Nearest rows of a segment.

    The index, a private copy of about the codes' size, is built by the first search that is not exact.

    Parameters
    ----------
    segment : Segment
    """

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self._nominate: Nominate | None = None

    def nearest(
        self, queries: Floats, k: int, *, within: range | None = None, exact: bool = False
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

        Returns
        -------
        scores : (m, k) float32
        rows : (m, k) int64
            Fewer columns if there are not as many rows to choose from.
        """
        within = range(len(self.segment)) if within is None else within
        k = min(k, len(within))
        scores = np.empty((len(queries), k), dtype=np.float32)
        rows = np.empty((len(queries), k), dtype=np.int64)
        for place, query in enumerate(queries):
            found = None if exact or len(within) < len(self.segment) else self._nominated(query, k)
            scores[place], rows[place] = self._among_all(query, k, within) if found is None else found
        return scores, rows

    def _among_all(self, query: Floats, wanted: int, within: range) -> tuple[Floats, Integers]:
        found = TopK(1, wanted)
        for block in blocks(len(within)):
            rows = slice(block.start + within.start, block.stop + within.start)
            found.add(self.segment.scores(query[None], rows), rows.start)
        scores, rows_found = found.result()
        return scores[0], rows_found[0]

    def _nominated(self, query: Floats, wanted: int) -> tuple[Floats, Integers] | None:
        """Nominated rows, scored; None if they may leave out a row that belongs among the `wanted` best."""
        rows = self.nominate(query[None], max(NOMINEES, NOMINEES // 10 * wanted))
        if rows is None:
            return None
        ordered = np.sort(rows[0])  # so that equal scores end in row order, and codes are fetched front to back
        scores = self.segment.scores(query[None], ordered)[0]
        order = rank(scores)
        scores, ordered = scores[order], ordered[order]
        # Where equal scores reach down to the last nominee, rows that were not nominated may come before.
        tied = scores[wanted - 1] - scores[-1] <= 10.0**-SCORE_DECIMALS
        return None if tied else (scores[:wanted], ordered[:wanted])

    def nominate(self, queries: Floats, count: int) -> Integers | None:
        """Rows likely to be nearest, (m, count) int64, for queries (m, d), in no useful order.

        None where nominating would not help: when most rows would be nominated, and when FAISS finds fewer than
        `count`, as its FastScan does where scores are all alike.
        """
        if 2 * count >= len(self.segment):
            return None
        if self._nominate is None:
            self._nominate = build_index(self.segment)
        pulled = self.segment.codec.affine.pull(queries)
        expected = EXPECTED_COSINE * np.sqrt(np.vecdot(queries, queries))
        rows = self._nominate(pulled, expected, count)
        return None if rows.min() < 0 else rows
