"""Where the squared error of the codes sits: in which dimensions, and in which columns of the codebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Doubles, Floats, Integers, blocks, directions
from embcompress.codebook import NO_AXIS
from embcompress.codec import Codec
from embcompress.evaluation._common_words import CommonWords
from embcompress.lengths import ZERO_ROW
from embcompress.segment import CodedRows, Segment

ROUNDING = 1e-9
"""Variances below this part of the mean square are what is left when equal numbers are subtracted."""


@dataclass(frozen=True)
class ErrorPart:
    """A dimension, or a column of the codebook, and the error it carries.

    Parameters
    ----------
    number : int
        Which one, from 0. Columns of a second segment's codebook are numbered on.
    axes : tuple of int
        The axes of its segment's code space that a column covers; a dimension is its own axis.
    share : float
        Its part of the error of all dimensions, or of all axes of code space.
    lost : float
        Its squared error over its variance: 1 is what decoding to the mean would lose. 0 where nothing varies.
    """

    number: int
    axes: tuple[int, ...]
    share: float
    lost: float


@dataclass(frozen=True)
class CodingError:
    """Mean squared errors of directions, whose squared length is 1, as the codec decodes them.

    Parameters
    ----------
    mse : float
        Of directions, ``|x - x_hat|^2``.
    map_mse : float
        What the way into code space and back loses by itself, ``|x - B(A x + a) - b|^2``.
    code_mse : float
        What the codes lose in code space, ``|y - y_hat|^2``. Adds up to `mse` with `map_mse` where the map is
        orthonormal and drops axes only.
    dimensions, columns : int
        How many there are. A code without a codebook has a column for each component.
    worst_dimensions, worst_columns : tuple of ErrorPart
        Those that carry most, largest share first.
    """

    mse: float
    map_mse: float
    code_mse: float
    dimensions: int
    columns: int
    worst_dimensions: tuple[ErrorPart, ...]
    worst_columns: tuple[ErrorPart, ...]


def coding_error(common: CommonWords, coded: CodedRows, count: int) -> tuple[CodingError, Floats]:
    """Measure every common word, in blocks.

    Parameters
    ----------
    common : CommonWords
    coded : CodedRows
        The compressed table's.
    count : int
        Dimensions and columns to name.

    Returns
    -------
    error : CodingError
        Zero rows, which have no direction, are left out.
    cosines : (c,) float32
        Of each word's compressed vector with its original one; a zero row that is still zero counts as 1.
    """
    cosines = np.empty(len(common), dtype=np.float32)
    in_space = _Axes(coded.dims)
    in_codes = [_Axes(part.codec.affine.components) for part in coded.parts]
    by_map = 0.0
    for rows in blocks(len(common)):
        x, places = common.original.units(rows), common.compressed_rows[rows]
        start = 0
        for part, sums in zip(coded.parts, in_codes, strict=True):
            own = (places >= start) & (places < start + len(part))
            if own.any():
                cosines[rows][own], lost = _measure(x[own], part, places[own] - start, in_space, sums)
                by_map += lost
            start += len(part)
    columns = [(sums, axes) for sums, part in zip(in_codes, coded.parts, strict=True) for axes in _columns(part.codec)]
    measured = max(in_space.rows, 1)
    error = CodingError(
        mse=in_space.total / measured,
        map_mse=by_map / measured,
        code_mse=sum(sums.total for sums in in_codes) / measured,
        dimensions=coded.dims,
        columns=len(columns),
        worst_dimensions=_worst([(in_space, np.array([axis])) for axis in range(coded.dims)], count),
        worst_columns=_worst(columns, count),
    )
    return error, cosines


class _Axes:
    """Squared errors and variances of axes, summed while blocks of rows pass by."""

    def __init__(self, axes: int) -> None:
        self.rows = 0
        self.errors: Doubles = np.zeros(axes)
        self._sums: Doubles = np.zeros(axes)
        self._squares: Doubles = np.zeros(axes)

    def add(self, exact: Floats, decoded: Floats) -> None:
        """Take in rows, both (b, axes)."""
        self.rows += len(exact)
        self.errors += np.square(exact - decoded).sum(axis=0, dtype=np.float64)
        self._sums += exact.sum(axis=0, dtype=np.float64)
        self._squares += np.square(exact).sum(axis=0, dtype=np.float64)

    @property
    def total(self) -> float:
        """Squared error of all axes and rows."""
        return float(self.errors.sum())

    @property
    def spread(self) -> Doubles:
        """Squared distances from the mean of all rows, (axes,)."""
        spread = self._squares - self._sums**2 / max(self.rows, 1)
        return np.where(spread < ROUNDING * self._squares, 0, spread)


def _measure(x: Floats, part: Segment, rows: Integers, in_space: _Axes, in_codes: _Axes) -> tuple[Floats, float]:
    """Take in directions (b, d) and the rows that code them: each one's cosine, and what the map lost by itself."""
    codec = part.codec
    zero, coded_zero = ~x.any(axis=1), part.lengths[rows] == ZERO_ROW
    y, y_hat = codec.affine.forward(x), codec.components(part.codes[rows])
    x_hat = codec.affine.backward(y_hat)
    usable = ~(zero | coded_zero)
    in_space.add(x[usable], x_hat[usable])
    in_codes.add(y[usable], y_hat[usable])
    dropped = x[usable] - codec.affine.backward(y[usable])
    cosines = np.where(coded_zero, zero, np.vecdot(x, directions(x_hat)))
    return cosines, float(np.vecdot(dropped, dropped).sum(dtype=np.float64))


def _worst(parts: Sequence[tuple[_Axes, Integers]], count: int) -> tuple[ErrorPart, ...]:
    """The parts, each some axes of sums, that carry most of the error of all those sums."""
    every = {id(sums): sums for sums, _ in parts}
    total = sum(sums.total for sums in every.values()) or 1.0
    spread = {number: sums.spread for number, sums in every.items()}
    errors = np.array([sums.errors[axes].sum() for sums, axes in parts])
    spreads = np.array([spread[id(sums)][axes].sum() for sums, axes in parts])
    lost = np.divide(errors, spreads, out=np.zeros_like(errors), where=spreads > 0)
    return tuple(
        ErrorPart(int(part), tuple(parts[part][1].tolist()), float(errors[part] / total), float(lost[part]))
        for part in np.argsort(-errors, kind="stable")[:count]
    )


def _columns(codec: Codec) -> list[Integers]:
    """The axes of code space that each column covers."""
    if codec.codebook is None:
        return [np.array([axis]) for axis in range(codec.affine.components)]
    axes = codec.codebook.flat_axes.reshape(codec.codebook.columns, codec.codebook.width)
    return [column[column != NO_AXIS] for column in axes]
