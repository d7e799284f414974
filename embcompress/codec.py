"""Encode, decode and score: each written once, for every encoding there is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import BLOCK_ROWS, Bytes, Floats, blocks
from embcompress.codebook import Codebook
from embcompress.radix import ByteTables

BLOCK_NUMBERS = 1 << 22
"""Numbers decoded at a time, 16 MB of float32, where rows are so long that `BLOCK_ROWS` of them would be more."""


@dataclass(frozen=True)
class Codec:
    """A fitted spec: a map of directions into code space, then a codebook.

    A codec sees directions only; lengths travel beside its codes (`embcompress.lengths`).

    Parameters
    ----------
    affine : Affine
        From d numbers to the c numbers of code space, and back.
    codebook : Codebook or None
        None: a row's code is its c numbers themselves, as little-endian float16.
    """

    affine: Affine
    codebook: Codebook | None

    @property
    def dims(self) -> int:
        """Length d of a vector."""
        return self.affine.dims

    @property
    def code_size(self) -> int:
        """Bytes of a row's code."""
        return 2 * self.affine.components if self.codebook is None else self.codebook.code_size

    @property
    def rows_at_once(self) -> int:
        """Rows to decode at a time."""
        return max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // self.dims))

    def encode(self, x: Floats) -> Bytes:
        """Codes of directions.

        Parameters
        ----------
        x : (n, d) float32
            Rows of length one.

        Returns
        -------
        (n, code_size) uint8
        """
        y = self.code_space(x)
        if self.codebook is not None:
            return self.codebook.encode(y)
        return np.ascontiguousarray(y, dtype="<f2").view(np.uint8)

    def code_space(self, x: Floats) -> Floats:
        """Directions (n, d) as what is coded, (n, c)."""
        return self.affine.forward(x)

    def components(self, codes: Bytes) -> Floats:
        """Rows of code space that codes stand for.

        Parameters
        ----------
        codes : (n, code_size) or (code_size,) uint8

        Returns
        -------
        (n, c) or (c,) float32
        """
        if self.codebook is not None:
            return self.codebook.decode(codes)
        return _half_precision().take(np.ascontiguousarray(codes).view("<u2"))

    def valid(self, codes: Bytes) -> bool:
        """Whether codes (n, code_size) are such as `encode` produces."""
        if self.codebook is not None:
            return self.codebook.valid(codes)
        return bool(np.isfinite(np.ascontiguousarray(codes).view("<f2")).all())

    def decode(self, codes: Bytes) -> Floats:
        """Vectors that codes stand for; near the directions that were encoded, not exactly of length one.

        Parameters
        ----------
        codes : (n, code_size) or (code_size,) uint8

        Returns
        -------
        (n, d) or (d,) float32
        """
        return self.affine.backward(self.components(codes))

    def scores(self, queries: Floats, codes: Bytes) -> Floats:
        """Cosine of each query with each decoded vector, without leaving code space.

        ``q . x_hat = (B' q) . y + q . b`` and ``|x_hat|^2 = y' (B'B) y + 2 b' B y + |b|^2``.

        Parameters
        ----------
        queries : (..., m, d) float32
            Of any length above zero.
        codes : (..., n, code_size) uint8
            With leading axes, each stack of queries has rows of its own.

        Returns
        -------
        (..., m, n) float32
            0 where the query or the decoded vector is zero.
        """
        if codes.ndim == 2 and len(codes) > self.rows_at_once:
            parts = [self.scores(queries, codes[rows]) for rows in blocks(len(codes), self.rows_at_once)]
            return np.concatenate(parts, axis=-1)
        y = self.components(codes.reshape(-1, codes.shape[-1]))  # (rows of all stacks, c)
        sizes = self._sizes(y).reshape(*codes.shape[:-2], 1, -1)
        queries = queries / _above_zero(np.sqrt(np.vecdot(queries, queries)))[..., None]
        dots = self.affine.pull(queries) @ y.reshape(*codes.shape[:-1], -1).mT  # (..., m, n)
        if self.affine.b is not None:
            dots += (queries @ self.affine.b)[..., None]
        dots *= 1 / _above_zero(sizes)
        return np.asarray(dots)

    def sizes(self, codes: Bytes) -> Floats:
        """Euclidean length of each decoded vector, (n,) float32, for codes (n, code_size)."""
        if self.codebook is None or self.affine.gram is not None:
            parts = [self._sizes(self.components(codes[rows])) for rows in blocks(len(codes), self.rows_at_once)]
            return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
        squares = self._byte_squares.take_rows(codes).sum(axis=1) + self._square_of_b
        return np.asarray(np.sqrt(np.maximum(squares, 0)))

    def _sizes(self, y: Floats) -> Floats:
        gram = self.affine.gram
        squares = np.vecdot(y, y if gram is None else y @ gram)
        if self._twice_pulled_b is not None:
            squares = squares + y @ self._twice_pulled_b + self._square_of_b
        return np.asarray(np.sqrt(np.maximum(squares, 0)))

    @cached_property
    def _byte_squares(self) -> ByteTables:
        """What each value of each byte adds to ``|x_hat|^2``, where ``B' B`` is the identity."""
        assert self.codebook is not None
        return ByteTables(self.codebook.byte_sums(self._twice_pulled_b))

    @cached_property
    def _twice_pulled_b(self) -> Floats | None:
        return None if self.affine.b is None else 2 * self.affine.pull(self.affine.b[None])[0]

    @property
    def _square_of_b(self) -> float:
        return 0.0 if self.affine.b is None else float(self.affine.b @ self.affine.b)


def _above_zero(sizes: Floats) -> Floats:
    """The same sizes, infinite instead of zero: what is divided by them becomes zero."""
    return np.where(sizes > 0, sizes, np.float32(np.inf))


@cache
def _half_precision() -> Floats:
    """The number that each float16 stands for, (65536,): a look-up costs half of numpy's conversion.

    Those that are not finite, which only damage writes, stand for zero.
    """
    numbers = np.arange(1 << 16, dtype="<u2").view("<f2").astype(np.float32)
    return np.where(np.isfinite(numbers), numbers, np.float32(0))
