"""The best rows for each query, kept while blocks of scores pass by."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, Integers

SCORE_DECIMALS = 6
"""Scores that agree to this many decimals are equal, and equal scores are ordered by row."""

SLACK = 2 * 10.0**-SCORE_DECIMALS
"""Scores further apart than this are never equal."""


def rank(scores: Floats) -> Integers:
    """The order that puts best scores first and, among equal ones, earlier positions first.

    Parameters
    ----------
    scores : (..., k) float32

    Returns
    -------
    (..., k) int
        Positions along the last axis.
    """
    return np.argsort(-_rounded(scores), axis=-1, kind="stable")


def best(scores: Floats, rows: Integers, k: int) -> tuple[Floats, Integers]:
    """The best k of each line: scores and rows (m, at most k), of (m, c) in which earlier columns have earlier rows."""
    order = rank(scores)[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)


def _rounded(scores: Floats) -> Floats:
    """Scores as whole numbers of the smallest difference that counts; exact in float32 for cosines."""
    return np.asarray(np.rint(scores * np.float32(10**SCORE_DECIMALS)))


class TopK:
    """The `k` best rows of each of `queries` queries, equal scores in row order.

    Blocks of scores are given in row order. After the first blocks hardly a score beats the k-th best so far, so a
    comparison sorts almost everything out and the cost is that of one pass over the scores.

    Parameters
    ----------
    queries : int
    k : int
    """

    def __init__(self, queries: int, k: int) -> None:
        self._k = k
        self._scores: Floats = np.zeros((queries, 0), dtype=np.float32)
        self._rows: Integers = np.zeros((queries, 0), dtype=np.int64)

    def add(self, scores: Floats, first_row: int) -> None:
        """Take in scores (queries, b) of the b rows from `first_row` on."""
        merged, merged_rows = self._candidates(scores)
        merged = np.concatenate([self._scores, merged], axis=1)
        merged_rows = np.concatenate([self._rows, merged_rows + first_row], axis=1)
        self._scores, self._rows = best(merged, merged_rows, self._k)

    def _candidates(self, scores: Floats) -> tuple[Floats, Integers]:
        """The scores of a block that can be among the best, and their places, packed to the left in row order."""
        width = scores.shape[1]
        if self._scores.shape[1] == self._k:
            least = self._scores[:, -1:]
        elif width > self._k:
            least = -np.partition(-scores, self._k - 1, axis=1)[:, [self._k - 1]]
        else:
            return scores, np.broadcast_to(np.arange(width), scores.shape)
        # One pass over the scores; those within rounding of the least are sorted out by `rank`.
        query, place = np.divmod(np.flatnonzero(scores >= least - np.float32(SLACK)), width)
        counts = np.bincount(query, minlength=len(scores))
        column = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
        packed = np.full((len(scores), int(counts.max(initial=0))), -np.inf, dtype=np.float32)
        places = np.zeros(packed.shape, dtype=np.int64)
        packed[query, column] = scores[query, place]
        places[query, column] = place
        return packed, places

    def result(self) -> tuple[Floats, Integers]:
        """Scores and rows, best first, each (queries, k); fewer columns if fewer rows were given."""
        return self._scores, self._rows
