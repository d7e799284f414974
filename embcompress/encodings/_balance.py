"""How many bits each principal axis is worth, and columns that are worth the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Doubles, Floats, Integers
from embcompress.encodings import pca

LEAST_SHARE = 1e-9
"""Variances below this share of the largest are float32's rounding."""


class PrincipalRows(NamedTuple):
    """Rows along their principal axes.

    Parameters
    ----------
    affine : Affine
        What brings rows to the axes, all c of them.
    y : (n, c) float32
        The rows there.
    variances : (c,) float64
        Descending; what is only float32's rounding counts as a small share of the largest, so that none is zero.
    """

    affine: Affine
    y: Floats
    variances: Doubles


def principal_rows(x: Floats) -> PrincipalRows:
    """Rows (n, c) along their principal axes."""
    affine = pca.fit(x, x.shape[1])
    y = affine.forward(x)
    variances = y.var(axis=0, dtype=np.float64)
    least = max(LEAST_SHARE * variances.max(), float(np.finfo(np.float32).tiny))
    return PrincipalRows(affine, y, np.maximum(variances, least))


def water_filled(variances: Doubles, bits: float) -> Doubles:
    """Bits of each axis, (c,) float64, where their summed error is least (Cover & Thomas 2006, theorem 10.3.3).

    ``b_j = max(0, log2(v_j / level) / 2)`` at the water level where they add up: what leaves the axes above the water
    with equal errors.

    Parameters
    ----------
    variances : (c,) float64
        Descending.
    bits : float
        Above zero: how many there are in all.
    """
    halves = np.log2(variances) / 2
    levels = (np.cumsum(halves) - bits) / np.arange(1, len(halves) + 1)  # log2(level) / 2 if the first i are above it
    above = int((halves > levels).sum())
    return np.asarray(np.maximum(halves - levels[above - 1], 0))


def deal(bits: Doubles, count: int) -> list[Integers]:
    """Deal axes to columns so that all columns are worth the same bits.

    For axes above the water that evens the product of variances over columns, the eigenvalue allocation of Ge et al.
    (2013, "Optimized Product Quantization", section 4.2). An axis goes to the column that has least so far; those worth
    nothing are spread evenly.

    Parameters
    ----------
    bits : (c,) float64
        Descending.
    count : int
        Columns, at most c.

    Returns
    -------
    list of (w_m,) int32
        Ascending; no column is empty.
    """
    columns: list[list[int]] = [[] for _ in range(count)]
    dealt = [0.0] * count
    for axis, worth in enumerate(bits.tolist()):
        least = min(range(count), key=lambda m: (dealt[m] if worth else 0.0, len(columns[m]), m))
        columns[least].append(axis)
        dealt[least] += worth
    return [np.array(column, dtype=np.int32) for column in columns]
