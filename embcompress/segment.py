"""Coded rows: codec, codes and lengths. What a file holds, and what is searched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from embcompress.arrays import SAFE_SQUARES, Bytes, Floats, Integers, Mask, directions, with_lengths
from embcompress.codec import Codec
from embcompress.lengths import ZERO_ROW, LengthScale
from embcompress.shared_codes import Codes, SharedCodes


class CodedRows(ABC):
    """What is read of coded rows, in one segment or in several."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Segment, ...]:
        """The segments that hold the rows, one after the other."""

    @property
    @abstractmethod
    def norms(self) -> Floats:
        """Length of each row, (n,) float32."""

    @abstractmethod
    def decoded(self, rows: Integers | slice) -> Floats:
        """Vectors as the codec decodes them, near length one, (k, d) float32; zero rows are zero."""

    @abstractmethod
    def directions(self, rows: Integers | slice) -> Floats:
        """Decoded vectors scaled to length one, (k, d) float32; zero rows are zero."""

    @abstractmethod
    def vectors(self, rows: Integers | slice) -> Floats:
        """Decoded vectors with their lengths put back, (k, d) float32."""

    @abstractmethod
    def vector(self, row: int) -> Floats:
        """The vector of one row, (d,) float32, in a fraction of the time of `vectors`."""

    @abstractmethod
    def direction(self, row: int) -> Floats:
        """The vector of one row scaled to length one, (d,) float32; of a zero row, zero."""

    @abstractmethod
    def scores(self, queries: Floats, rows: Integers | slice) -> Floats:
        """Cosines of queries (m, d) with chosen rows, (m, k) float32, as `Codec.scores` gives them; of zero rows 0."""

    @abstractmethod
    def chosen(self, rows: Integers | slice) -> CodedRows:
        """Some of the rows, in the order they are given."""

    @property
    def dims(self) -> int:
        """Length d of a vector."""
        return self.parts[0].codec.dims

    @property
    def bytes_a_row(self) -> float:
        """Stored bytes of a row's code, the mean over all rows; of no rows, the first codec's."""
        stored = sum(part.codes.nbytes for part in self.parts)
        return stored / len(self) if len(self) else self.parts[0].codec.code_size

    @abstractmethod
    def __len__(self) -> int:
        """Rows."""


@dataclass(frozen=True)
class Segment(CodedRows):
    """Rows coded the same way.

    Parameters
    ----------
    codec : Codec
    codes : (n, code_size) uint8, or SharedCodes
        May be memory-mapped.
    lengths : (n,) uint8
        Each row's length, one byte on `scale`.
    scale : LengthScale
    """

    codec: Codec
    codes: Codes
    lengths: Bytes
    scale: LengthScale

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def parts(self) -> tuple[Segment, ...]:
        """The segment itself."""
        return (self,)

    @property
    def norms(self) -> Floats:
        """Length of each row, (n,) float32."""
        return self.scale.decode(self.lengths)

    def decoded(self, rows: Integers | slice) -> Floats:
        """Vectors as the codec decodes them, near length one, (k, d) float32; zero rows are zero."""
        vectors = self.codec.decode(self.codes[rows])
        return vectors * self._is_row(rows)[:, None] if self._has_zero_rows else vectors

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
            scores *= self._is_row(rows)[..., None, :]
        return scores

    def chosen(self, rows: Integers | slice) -> Segment:
        """Some of the rows, in the order they are given."""
        codes = self.codes.chosen(rows) if isinstance(self.codes, SharedCodes) else self.codes[rows]
        return replace(self, codes=codes, lengths=self.lengths[rows])

    def _is_row(self, rows: Integers | slice) -> Mask:
        """Which of the rows have a direction."""
        return np.asarray(self.lengths[rows] != ZERO_ROW)

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
