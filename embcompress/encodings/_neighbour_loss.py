"""How many neighbours rows lose when one dimension is left out."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Doubles, Floats, Integers, blocks, directions

ROWS, WORDS = 20_000, 2000
"""Rows that neighbours are sought among, and rows of them whose neighbours are asked for, both evenly spread."""

NEIGHBOURS, CANDIDATES = 10, 40
"""Nearest rows that should stay, and nearest rows that may take their place: leaving out one dimension moves little."""

WORDS_AT_ONCE = 64
LEAST_SQUARE = 1e-6
"""Of what is left of a direction without one dimension."""


def neighbours_lost(x: Floats) -> Doubles:
    """Neighbours that leaving each dimension out costs, of all dimensions at once.

    Without dimension j the cosine of x and y is ``(x . y - x_j y_j) / (|x without j| |y without j|)``.

    Parameters
    ----------
    x : (n, c) float32

    Returns
    -------
    (c,) float64
        Counts; 0 for a table without neighbours.
    """
    units = directions(x[:: -(-len(x) // ROWS)])
    asked = np.arange(len(units))[:: -(-len(units) // WORDS)]
    lost = np.zeros(x.shape[1])
    kept, candidates = min(NEIGHBOURS, len(units) - 1), min(CANDIDATES, len(units) - 1)
    if kept < candidates:
        for part in blocks(len(asked), WORDS_AT_ONCE):
            lost += _lost(units, asked[part], kept, candidates)
    return lost


def _lost(units: Floats, asked: Integers, kept: int, candidates: int) -> Integers:
    scores = units[asked] @ units.T  # (b, n)
    scores[np.arange(len(asked)), asked] = -np.inf
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :candidates]
    found = units[nearest]  # (b, candidates, c)
    products = units[asked][:, None] * found
    lengths = np.sqrt(np.maximum(1 - np.square(found), LEAST_SQUARE))  # of each row without each dimension
    without = (products.sum(axis=2, keepdims=True) - products) / lengths  # the word's own length changes no order
    cut = -np.partition(-without, kept - 1, axis=1)[:, kept - 1]  # (b, c)
    return np.asarray((without[:, :kept] < cut[:, None]).sum(axis=(0, 1)))
