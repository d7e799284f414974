"""Spearman's rank correlation of many resamples of the same pairs, nothing sorted twice."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Array2D, Doubles


class Ranks:
    """Ranks of values, in whichever resample of them.

    The values are sorted once. In a resample, the rank of a value follows from how many of each distinct value were
    drawn, so these are the resample's own ranks, ties shared.

    Parameters
    ----------
    values : (n,) floats
    """

    def __init__(self, values: Array2D) -> None:
        _, self._group = np.unique(values, return_inverse=True)  # (n,) the place of each value among the distinct ones
        self._order = np.argsort(self._group, kind="stable")
        self._starts = np.flatnonzero(np.diff(self._group[self._order], prepend=-1))

    def centred(self, counts: Doubles) -> Doubles:
        """Ranks less their mean, of resamples that hold each value so many times; (r, n) from (r, n).

        Whole numbers and halves, so that equal values give zeros exactly.
        """
        drawn = np.add.reduceat(counts[:, self._order], self._starts, axis=1)  # (r, distinct values)
        below = np.cumsum(drawn, axis=1) - drawn / 2
        return np.asarray((below - counts.shape[1] / 2)[:, self._group])


def spearman(first: Ranks, second: Ranks, counts: Doubles) -> Doubles:
    """Spearman's rank correlation of resamples.

    Parameters
    ----------
    first, second : Ranks
        Of n values each.
    counts : (r, n) float64
        How often each of n pairs is in each of r resamples of n pairs.

    Returns
    -------
    (r,) float64
        NaN where all values of a resample are equal.
    """
    x, y = first.centred(counts), second.centred(counts)
    weighted = counts * x
    spread = np.sqrt(np.vecdot(weighted, x) * np.vecdot(counts * y, y))
    spread[spread == 0] = np.nan
    return np.asarray(np.vecdot(weighted, y) / spread)
