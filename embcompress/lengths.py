"""A row's length in one byte, on a logarithmic scale.

Word vectors' lengths span orders of magnitude while their directions carry the meaning; a byte on a log scale keeps a
length to a few thousandths to a hundredth of itself, whatever the code of the direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embcompress.arrays import Bytes, Doubles, Floats

ZERO_ROW = 0
"""The byte of a row whose length is zero; such a row has no direction and scores 0 against everything."""

HIGHEST = 255


@dataclass(frozen=True)
class LengthScale:
    """``length = exp(lowest + step * (byte - 1))`` for bytes 1 to 255; byte 0 is a zero row.

    Parameters
    ----------
    lowest : float
        Natural logarithm of the length that byte 1 stands for.
    step : float
        Difference of the logarithms of two neighbouring bytes; 0 where all lengths are equal.
    """

    lowest: float
    step: float

    @classmethod
    def spanning(cls, norms: Doubles) -> LengthScale:
        """The scale whose ends are the smallest and the largest length above zero."""
        logs = np.log(norms[norms > 0])
        if not len(logs):
            return cls(0.0, 0.0)
        lowest = float(logs.min())
        return cls(lowest, (float(logs.max()) - lowest) / (HIGHEST - 1))

    def encode(self, norms: Doubles) -> Bytes:
        """Lengths (n,) float64 to bytes (n,) uint8."""
        if self.step == 0:
            return np.where(norms > 0, 1, ZERO_ROW).astype(np.uint8)
        with np.errstate(divide="ignore"):
            positions = np.log(norms) - self.lowest
        steps = np.clip(np.rint(positions / self.step), 0, HIGHEST - 1)
        return np.where(norms > 0, steps + 1, ZERO_ROW).astype(np.uint8)

    def decode(self, lengths: Bytes) -> Floats:
        """Bytes (n,) uint8 to lengths (n,) float32."""
        return np.asarray(self.levels[lengths])

    @cached_property
    def levels(self) -> Floats:
        """The length that each byte stands for, (256,) float32."""
        with np.errstate(over="ignore"):
            levels = np.exp(self.lowest + self.step * (np.arange(HIGHEST + 1) - 1.0)).astype(np.float32)
        levels[ZERO_ROW] = 0
        return np.asarray(levels)
