"""Levels of one axis where its squared error is least (Lloyd 1957, Max 1960)."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Doubles, Floats

ROUNDS = 60
SETTLED = 1e-4
"""Share of an axis' spread below which no level moves any more."""


def lloyd_levels(values: Floats, count: int) -> Doubles:
    """Levels of one axis from its sorted values (n,), by alternating cells and their means."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    spread = float(values[-1]) - float(values[0])
    levels = _starting_levels(values, count)
    for _ in range(ROUNDS):
        cuts = np.searchsorted(values, (levels[1:] + levels[:-1]) / 2)
        edges = np.concatenate([[0], cuts, [len(values)]])
        sizes = np.diff(edges)
        means = np.diff(sums[edges]) / np.maximum(sizes, 1)
        moved = np.where(sizes > 0, means, levels)
        if np.abs(moved - levels).max() <= SETTLED * spread:
            return np.sort(moved)
        levels = moved
    return np.sort(levels)


def _starting_levels(values: Floats, count: int) -> Doubles:
    """Spaced as the optimal levels of a Gaussian are: by its quantiles, stretched by the square root of 3."""
    from scipy.special import ndtri

    places = ndtri((np.arange(count) + 0.5) / count) * np.sqrt(3.0)
    return np.asarray(values.mean(dtype=np.float64) + values.std(dtype=np.float64) * places)
