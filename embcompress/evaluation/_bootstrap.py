"""Two tables measured on the same items: their figures, and an interval for the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Doubles, blocks

RESAMPLES = 1000
LEVEL = 0.95
COUNTS_AT_ONCE = 1 << 20
"""Numbers in a piece of resamples: 8 MB."""


@dataclass(frozen=True)
class Paired:
    """A measure of two tables on the items that both know.

    Parameters
    ----------
    value, original : float
        Of the table that is measured, and of the one it is held against.
    low, high : float
        95 % interval of ``value - original``.
    items : int
        Pairs, questions or words that both know.
    """

    value: float
    original: float
    low: float
    high: float
    items: int

    @property
    def difference(self) -> float:
        """How much larger `value` is than `original`."""
        return self.value - self.original

    def to_dict(self) -> dict[str, float | int | list[float]]:
        """The figures by name."""
        return {
            "value": self.value,
            "original": self.original,
            "difference": self.difference,
            "interval": [self.low, self.high],
            "items": self.items,
        }


def paired_interval(difference: Callable[[Doubles], Doubles], items: int, *, seed: int = 0) -> tuple[float, float]:
    """The bootstrap's 95 % percentile interval of a difference (Efron 1979), over 1,000 resamples of the items.

    Parameters
    ----------
    difference : callable
        Given how often each item was drawn, (r, n) float64, the difference in each of these resamples, (r,) float64;
        NaN where it is not defined, which leaves the resample out.
    items : int
        Number n of items, above 0.
    seed : int

    Returns
    -------
    low, high : float
    """
    generator = np.random.default_rng(seed)
    pieces = blocks(RESAMPLES, max(1, COUNTS_AT_ONCE // items))
    differences = np.concatenate(
        [difference(_draws(generator, len(range(RESAMPLES)[piece]), items)) for piece in pieces]
    )
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(differences, [tail, 1 - tail])
    return float(low), float(high)


def paired_means(values: Doubles, originals: Doubles, *, seed: int = 0) -> Paired | None:
    """Compare means over the same items: accuracies over questions, kept neighbours over words.

    Parameters
    ----------
    values, originals : (n,) float64
        A number for each item.
    seed : int

    Returns
    -------
    Paired or None
        None without items.
    """
    items = len(values)
    if not items:
        return None
    gains = values - originals
    low, high = paired_interval(lambda counts: np.asarray(counts @ gains / items), items, seed=seed)
    return Paired(float(values.mean()), float(originals.mean()), low, high, items)


def _draws(generator: np.random.Generator, resamples: int, items: int) -> Doubles:
    """How often each item is in each of so many resamples, (resamples, items)."""
    chosen = generator.integers(items, size=(resamples, items))
    chosen += np.arange(0, resamples * items, items)[:, None]
    counts = np.bincount(chosen.ravel(), minlength=resamples * items)
    return counts.reshape(resamples, items).astype(np.float64)
