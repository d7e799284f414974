"""A map of directions together with its way back.

Every transform of this field (centring, principal axes, rotation, dropped dimensions, a learned projection) is one of
these, and a chain of them is one of these again, so a file stores a single map however many stages made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embcompress.arrays import Floats, Integers

Linear = Floats | Integers | None
"""A linear map from d to c numbers: a dense (c, d) matrix, the (c,) axes it selects, or ``None`` for the identity."""

ORTHONORMAL_TOLERANCE = 1e-6
"""Largest entry by which rows of a matrix may miss being orthonormal and still count as it: float32 rounding."""


@dataclass(frozen=True)
class Affine:
    """``y = A x + a`` forth and ``x_hat = B y + b`` back.

    The way back is carried and never computed by inverting: a map that drops something on purpose has no inverse, and
    pseudo-inverses of nearly singular maps blow up.

    Parameters
    ----------
    dims : int
        Length d of the vectors that go in.
    A : (c, d) float32, (c,) int32 or None
        Matrix, or the axes to select, or None for the identity.
    a : (c,) float32 or None
        Added after `A`; None is zero.
    Bt : (c, d) float32, (c,) int32 or None
        The way back, stored transposed so that it has the shape and the forms of `A`. None means "the same as `A`",
        which is right whenever the rows of `A` are orthonormal.
    b : (d,) float32 or None
        Added after the way back; None is zero.
    """

    dims: int
    A: Linear = None
    a: Floats | None = None
    Bt: Linear = None
    b: Floats | None = None

    @property
    def components(self) -> int:
        """Length c of the vectors that come out."""
        return self.dims if self.A is None else len(self.A)

    @property
    def back(self) -> Linear:
        """The way back, transposed."""
        return self.A if self.Bt is None else self.Bt

    def forward(self, x: Floats) -> Floats:
        """Map rows into code space.

        Parameters
        ----------
        x : (n, d) float32

        Returns
        -------
        (n, c) float32
        """
        y = _apply(self.A, x)
        return y if self.a is None else y + self.a

    def backward(self, y: Floats) -> Floats:
        """Map rows of code space back.

        Parameters
        ----------
        y : (n, c) or (c,) float32

        Returns
        -------
        (n, d) or (d,) float32
        """
        x = _apply_transposed(self.back, y, self.dims)
        return x if self.b is None else x + self.b

    def pull(self, q: Floats) -> Floats:
        """Queries as code space sees them, ``q B``: ``q . x_hat = pull(q) . y + q . b``.

        Parameters
        ----------
        q : (m, d) float32

        Returns
        -------
        (m, c) float32
        """
        return _apply(self.back, q)

    @cached_property
    def gram(self) -> Floats | None:
        """``B' B``, (c, c) float32, or None where it is the identity."""
        back = self.back
        if back is None or back.ndim == 1:
            return None
        product = np.asarray(back @ back.T, dtype=np.float32)
        if np.abs(product - np.eye(len(product), dtype=np.float32)).max() <= ORTHONORMAL_TOLERANCE:
            return None
        return product

    def then(self, other: Affine) -> Affine:
        """The map that applies this one and then `other`; its way back goes through both in reverse."""
        a = other.a
        if self.a is not None:
            moved = _apply(other.A, self.a[None])[0]
            a = moved if a is None else a + moved
        b = self.b
        if other.b is not None:
            moved = _apply_transposed(self.back, other.b[None], self.dims)[0]
            b = moved if b is None else b + moved
        shared = self.Bt is None and other.Bt is None
        back = None if shared else _compose(self.back, other.back, self.dims)
        if not shared and back is None:
            back = np.arange(self.dims, dtype=np.int32)
        return Affine(self.dims, _compose(self.A, other.A, self.dims), a, back, b)


def _apply(linear: Linear, x: Floats) -> Floats:
    if linear is None:
        return x
    return x[..., linear] if linear.ndim == 1 else np.asarray(x @ linear.T)


def _apply_transposed(linear: Linear, y: Floats, dims: int) -> Floats:
    if linear is None:
        return y
    if linear.ndim == 2:
        return np.asarray(y.dot(linear))  # for one row in less time than `@`
    x = np.zeros((*y.shape[:-1], dims), dtype=np.float32)
    x[..., linear] = y
    return x


def _compose(first: Linear, second: Linear, dims: int) -> Linear:
    """The linear map ``second(first(x))`` of vectors of length `dims`."""
    if first is None:
        return second
    if second is None:
        return first
    if second.ndim == 1:
        return np.ascontiguousarray(first[second])
    if first.ndim == 2:
        return np.asarray(second.astype(np.float64) @ first, dtype=np.float32)
    spread = np.zeros((len(second), dims), dtype=np.float32)
    spread[:, first] = second
    return spread
