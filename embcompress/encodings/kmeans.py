import numpy as np

from embcompress.arrays import Floats
from embcompress.codebook import SCAN_RADIX, Codebook
from embcompress.encodings._lloyd import lloyd_levels
from embcompress.errors import SpecError

MOST = 256
"""Values a byte can name."""

ROWS = 16_384
"""Rows whose components are clustered: millions of numbers for at most 256 values."""


def fit(x: Floats, L: int) -> Codebook:
    """L values, 2 to 256, shared by all dimensions, found by k-means (Deep Compression, Han et al. 2016)."""
    if not 2 <= L <= MOST:
        raise SpecError(f"L = {L} is not between 2 and {MOST} shared values")
    levels = lloyd_levels(np.sort(x[:: -(-len(x) // ROWS)], axis=None), L).astype(np.float32)
    thresholds = None
    if SCAN_RADIX < L < MOST:  # symbols are searched as 4 bits or 8: the last value is repeated, and never reached
        thresholds = np.pad((levels[1:] + levels[:-1]) / 2, (0, MOST - L), constant_values=np.finfo(np.float32).max)
        levels = np.pad(levels, (0, MOST - L), mode="edge")
    every = (x.shape[1], 1)
    return Codebook.from_levels(np.tile(levels, every), None if thresholds is None else np.tile(thresholds, every))
