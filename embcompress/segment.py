"""A run of rows coded the same way: codec, codes and lengths. What a file holds, and what is searched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embcompress.arrays import SAFE_SQUARES, Bytes, Floats, Integers, directions, with_lengths
from embcompress.codec import Codec
from embcompress.lengths import ZERO_ROW, LengthScale


@dataclass(frozen=True)
class Segment:
    """Coded rows.

    Parameters
    ----------
    codec : Codec
    codes : (n, code_size) uint8
        May be memory-mapped.
    lengths : (n,) uint8
        Each row's length, one byte on `scale`.
    scale : LengthScale
    """

    codec: Codec
    codes: Bytes
    lengths: Bytes
    scale: LengthScale

    def __len__(self) -> int:
        return len(self.codes)

    def directions(self, rows: Integers | slice) -> Floats:
        """Decoded vectors scaled to length one, (k, d) float32; zero rows are zero."""
        units = directions(self.codec.decode(self.codes[rows]))
        if self._has_zero_rows:
            units[self.lengths[rows] == ZERO_ROW] = 0
        return units

    def vectors(self, rows: Integers | slice) -> Floats:
        """Decoded vectors with their lengths put back, (k, d) float32."""
        vectors = with_lengths(self.codec.decode(self.codes[rows]), self.scale.decode(self.lengths[rows]))
        if self._has_zero_rows:
            vectors[self.lengths[rows] == ZERO_ROW] = 0  # a product with zero may be -0
        return vectors

    def vector(self, row: int) -> Floats:
        """The vector of one row, (d,) float32, in a fraction of the time of `vectors`."""
        return self._scaled(row, self.scale.levels[self.lengths[row]])

    def direction(self, row: int) -> Floats:
        """The vector of one row scaled to length one, (d,) float32; of a zero row, zero."""
        return self._scaled(row, 1.0)

    def scores(self, queries: Floats, rows: Integers | slice) -> Floats:
        """Cosines of queries with chosen rows, as `Codec.scores` gives them; a zero row scores 0.

        Parameters
        ----------
        queries : (..., m, d) float32
        rows : slice or (..., k) int
            With leading axes, each stack of queries has rows of its own.

        Returns
        -------
        (..., m, k) float32
        """
        scores = self.codec.scores(queries, self.codes[rows])
        if self._has_zero_rows:
            scores *= (self.lengths[rows] != ZERO_ROW)[..., None, :]
        return scores

    def _scaled(self, row: int, length: float) -> Floats:
        """The direction of one row times a length."""
        decoded = self.codec.decode(self.codes[row])
        square = decoded.dot(decoded)
        if self.lengths[row] == ZERO_ROW or not SAFE_SQUARES[0] < square < SAFE_SQUARES[1]:
            return np.asarray(self.directions(slice(row, row + 1))[0] * np.float32(length))
        decoded *= length / np.sqrt(square)
        return decoded

    @cached_property
    def _has_zero_rows(self) -> bool:
        return bool((self.lengths == ZERO_ROW).any())
