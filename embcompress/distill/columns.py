"""A codebook in training: what its symbols stand for, and the gradients of its numbers."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from embcompress.arrays import Floats
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.distill.devices import Array, Arrays, Device

NUMBERS_AT_ONCE = 1 << 24
"""Marks of symbols held at a time, 64 MB of float32."""


class Columns:
    """The columns of a codebook whose centroids are trained; even levels stay even.

    Parameters
    ----------
    codebook : Codebook
    device : Device
    """

    def __init__(self, codebook: Codebook, device: Device) -> None:
        self._codebook = codebook
        self._shape = codebook.centroids.shape  # (M, L, w)
        axes = codebook.flat_axes
        covered = np.flatnonzero(axes != NO_AXIS)
        places = np.full(codebook.dims, len(axes), dtype=np.int64)  # of each axis among the covered ones
        places[axes[covered]] = covered
        self._places = device.put(places)
        self._axes = device.put(np.where(axes == NO_AXIS, codebook.dims, axes).astype(np.int64))
        self._starts = device.put(np.arange(self._shape[0], dtype=np.int64) * self._shape[1])
        self._values = device.put(np.arange(self._shape[1], dtype=np.int64))

    def start(self) -> dict[str, Floats]:
        """The codebook's numbers: ``centroids`` (M, L, w), or ``lowest`` and ``step`` (c,) of even levels."""
        if self._codebook.step is None:
            return {"centroids": self._codebook.centroids}
        return {"lowest": self._codebook.centroids[:, 0, 0], "step": self._codebook.step}

    def scales(self, *, still: bool) -> dict[str, Floats]:
        """How large each of these numbers is, in shapes that broadcast to theirs; 0 for padding.

        With `still`, even levels, which move together, are to stay: 0 for both of their numbers.
        """
        sizes = np.sqrt(np.square(self._codebook.centroids).mean(axis=1))  # (M, w)
        if self._codebook.step is None:
            return {"centroids": sizes[:, None, :]}
        if still:
            sizes = np.zeros_like(sizes)
        return {"lowest": sizes[:, 0], "step": sizes[:, 0] / self._shape[1]}

    def codebook(self, numbers: dict[str, Floats]) -> Codebook:
        """The codebook of these numbers; levels that passed each other are in no order."""
        old = self._codebook
        if old.step is not None:
            return Codebook.from_even_levels(numbers["lowest"], np.maximum(numbers["step"], 0), old.radix)
        return Codebook(old.dims, numbers["centroids"], old.axes)

    def decode(self, symbols: Array, parameters: Arrays) -> Array:
        """What symbols (n, M) stand for, (n, c)."""
        xp = array_namespace(symbols)
        flat = xp.reshape(self._centroids(parameters), (-1, self._shape[2]))
        points = xp.take(flat, xp.reshape(symbols + self._starts, (-1,)), axis=0)
        return _gather(xp.reshape(points, (symbols.shape[0], -1)), self._places)

    def pull(self, symbols: Array, gradient: Array) -> Arrays:
        """The gradients of the codebook's numbers from that of what symbols stand for, (n, c)."""
        xp = array_namespace(gradient)
        columns = self._by_column(gradient)
        parts = []
        for chosen in self._pieces(symbols.shape[0]):
            marks = symbols.T[chosen, None, :] == self._values[None, :, None]  # (p, L, n)
            parts.append(xp.matmul(xp.astype(marks, gradient.dtype), columns[chosen, :, :]))
        centroids = xp.concat(parts)
        if self._codebook.step is None:
            return {"centroids": centroids}
        levels = centroids[:, :, 0]
        weights = xp.astype(self._values, levels.dtype)
        return {"lowest": xp.sum(levels, axis=1), "step": xp.sum(levels * weights, axis=1)}

    def _centroids(self, parameters: Arrays) -> Array:
        if self._codebook.step is None:
            return parameters["centroids"]
        lowest, step = parameters["lowest"], parameters["step"]
        levels = lowest[:, None] + step[:, None] * array_namespace(step).astype(self._values, step.dtype)
        return levels[:, :, None]

    def _pieces(self, rows: int) -> list[slice]:
        size = max(1, NUMBERS_AT_ONCE // (rows * self._shape[1]))
        return [slice(start, start + size) for start in range(0, self._shape[0], size)]

    def _by_column(self, y: Array) -> Array:
        """Rows (n, c) as (M, n, w)."""
        xp = array_namespace(y)
        covered = xp.reshape(_gather(y, self._axes), (y.shape[0], self._shape[0], self._shape[2]))
        return xp.permute_dims(covered, (1, 0, 2))


def _gather(rows: Array, places: Array) -> Array:
    """Columns of rows (n, c) at these places; the place c is a column of zeros."""
    xp = array_namespace(rows)
    return xp.take(xp.concat([rows, 0 * rows[:, :1]], axis=1), places, axis=1)
