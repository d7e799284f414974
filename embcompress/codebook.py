"""What the symbols of a code mean, and the packing of symbols into bytes.

A codebook is ``M`` columns. Each covers a few axes of code space and lists the ``L`` points (centroids) that its symbol
may stand for, so signs, ternary digits, levels of any width and product-quantized centroids are all the same data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.radix import ByteTables, digits, merge, symbols_within

NO_AXIS = -1
"""In a column's axes: a coordinate that is only there to make all columns equally wide. Its centroids are zero."""

SCAN_RADIX = 16
"""Symbols a scan column of FAISS's FastScan can tell apart."""


@dataclass(frozen=True)
class Codebook:
    """Centroids of ``M`` columns over the axes of code space.

    Parameters
    ----------
    dims : int
        Number c of axes of code space. Axes that no column covers decode to zero.
    centroids : (M, L, w) float32
        ``L``, the radix, is between 2 and 256. Where ``w`` is 1 a column's levels are ascending.
    axes : (M, w) int32, optional
        The axes each column covers, `NO_AXIS` for padding. None: column m covers axes ``m*w`` to ``m*w + w - 1``.
    thresholds : (M, L - 1) float32, optional
        Only with ``w`` = 1: a value at or above ``thresholds[m, k]`` gets a symbol above k. None: the midpoints between
        levels, which is the nearest level.
    step : (c,) float32, optional
        The levels of every column are evenly spaced (``w`` = 1), this far apart: with the lowest they say it all.
    """

    dims: int
    centroids: Floats
    axes: Integers | None = None
    thresholds: Floats | None = None
    step: Floats | None = None

    @classmethod
    def from_even_levels(cls, lowest: Floats, step: Floats, radix: int) -> Codebook:
        """Levels ``lowest + step * k``, k = 0 .. radix - 1, for each of (c,) axes."""
        levels = lowest[:, None] + step[:, None] * np.arange(radix, dtype=np.float32)  # (c, L)
        return cls(len(lowest), levels[:, :, None].astype(np.float32), step=step)

    @classmethod
    def from_levels(cls, levels: Floats, thresholds: Floats | None = None) -> Codebook:
        """Ascending levels (c, L), one column an axis."""
        return cls(len(levels), np.ascontiguousarray(levels[:, :, None], dtype=np.float32), thresholds=thresholds)

    @classmethod
    def from_columns(cls, dims: int, axes: Sequence[Integers], centroids: Sequence[Floats]) -> Codebook:
        """Columns of unequal width: for each its axes (w_m,) and centroids (L, w_m)."""
        width = max(len(column) for column in axes)
        padded_axes = np.full((len(axes), width), NO_AXIS, dtype=np.int32)
        padded = np.zeros((len(axes), len(centroids[0]), width), dtype=np.float32)
        for m, (column, points) in enumerate(zip(axes, centroids, strict=True)):
            padded_axes[m, : len(column)] = column
            padded[m, :, : len(column)] = points
        consecutive = np.array_equal(padded_axes.ravel(), np.arange(dims))
        return cls(dims, padded, None if consecutive else padded_axes)

    @property
    def columns(self) -> int:
        """Number M of symbols in a row's code."""
        return len(self.centroids)

    @property
    def radix(self) -> int:
        """Number L of values a symbol can take."""
        return int(self.centroids.shape[1])

    @property
    def width(self) -> int:
        """Number w of axes a column covers, padding counted."""
        return int(self.centroids.shape[2])

    @property
    def symbols_per_byte(self) -> int:
        """How many symbols share a byte: the largest p with ``L ** p <= 256``."""
        return symbols_within(self.radix, 256)

    @property
    def code_size(self) -> int:
        """Bytes of a row's code."""
        return -(-self.columns // self.symbols_per_byte)

    @cached_property
    def flat_axes(self) -> Integers:
        """The axis of each coordinate the columns cover, in their order, (M * w,)."""
        if self.axes is None:
            return np.arange(self.columns * self.width, dtype=np.int32)
        return self.axes.ravel()

    def clipped(self, y: Floats) -> int:
        """How many numbers of rows y (n, c) lie beyond even levels: more than half a step from the outermost one."""
        assert self.step is not None
        lowest, highest = self.centroids[:, 0, 0], self.centroids[:, -1, 0]
        return int((y < lowest - self.step / 2).sum() + (y > highest + self.step / 2).sum())

    def encode(self, y: Floats) -> Bytes:
        """Codes of rows of code space.

        Parameters
        ----------
        y : (n, c) float32

        Returns
        -------
        (n, code_size) uint8
        """
        return self.pack(self._nearest_levels(y) if self.width == 1 else self._nearest_centroids(y))

    def decode(self, codes: Bytes) -> Floats:
        """Rows of code space that codes stand for.

        Parameters
        ----------
        codes : (n, code_size) or (code_size,) uint8

        Returns
        -------
        (n, c) or (c,) float32
        """
        if self.step is not None and self._lowest is not None:  # a product and a sum cost less than a look-up
            y = codes * self.step
            y += self._lowest
            return y
        entries = self._byte_tables.take_rows(codes)
        covered = entries.reshape(*codes.shape[:-1], entries.shape[-2] * entries.shape[-1])
        if covered.shape[-1] > self.columns * self.width:  # the last byte's missing symbols
            covered = covered[..., : self.columns * self.width]
        if self.axes is None:
            return covered
        y = np.zeros((*codes.shape[:-1], self.dims + 1), dtype=np.float32)
        y[..., self.flat_axes] = covered  # NO_AXIS writes into the extra last place
        return y[..., : self.dims]

    @cached_property
    def _lowest(self) -> Floats | None:
        """The lowest level of every axis, (c,), where levels are even and a byte is one symbol."""
        if self.step is None or self.symbols_per_byte > 1:
            return None
        return np.ascontiguousarray(self.centroids[:, 0, 0])

    def byte_sums(self, linear: Floats | None) -> Floats:
        """What each value of each byte adds to ``|y|^2 + linear . y``, (code_size, 256) float32.

        Parameters
        ----------
        linear : (c,) float32 or None
            None is zero.
        """
        tables = self._byte_tables.entries
        sums = np.vecdot(tables, tables)
        if linear is not None:
            weights = np.where(self.flat_axes == NO_AXIS, 0, linear[self.flat_axes])
            spare = tables.shape[0] * tables.shape[2] - len(weights)
            sums += np.einsum("bvi,bi->bv", tables, np.pad(weights, (0, spare)).reshape(len(tables), -1))
        return np.asarray(sums)

    def pack(self, symbols: Bytes) -> Bytes:
        """Symbols (n, M) to codes (n, code_size): ``byte = sum of symbol[i] * L ** i``, the first symbol lowest."""
        per_byte = self.symbols_per_byte
        codes = np.zeros((len(symbols), self.code_size), dtype=np.uint8)
        for place in range(per_byte):
            part = symbols[:, place::per_byte]
            codes[:, : part.shape[1]] += part * np.uint8(self.radix**place)
        return codes

    def unpack(self, codes: Bytes) -> Bytes:
        """Codes (n, code_size) to symbols (n, M); the inverse of `pack`."""
        per_byte = self.symbols_per_byte
        if per_byte == 1:
            return codes
        symbols = np.empty((len(codes), self.code_size, per_byte), dtype=np.uint8)
        rest = codes
        for place in range(per_byte):
            rest, symbols[:, :, place] = np.divmod(rest, np.uint8(self.radix))
        return symbols.reshape(len(codes), self.code_size * per_byte)[:, : self.columns]

    def valid(self, codes: Bytes) -> bool:
        """Whether every byte is one that `pack` can produce."""
        if self.radix ** min(self.symbols_per_byte, self.columns) == 256 and self.columns % self.symbols_per_byte == 0:
            return True
        in_last = self.columns - (self.code_size - 1) * self.symbols_per_byte
        # At most 255: numpy before 2.2.1 crashes where bytes in strides are compared with a number that is no byte.
        within = codes[:, :-1] <= self.radix**self.symbols_per_byte - 1
        return bool(within.all() and (codes[:, -1] <= self.radix**in_last - 1).all())

    def scan(self) -> Codebook:
        """The same code in symbols of 4 bits: neighbouring columns merged while a merged symbol fits into 16 values.

        Values that a merged symbol never takes repeat its last real centroid: an invented one would stretch the 8-bit
        tables FastScan makes and coarsen every score.
        """
        together = symbols_within(self.radix, SCAN_RADIX)
        columns = -(-self.columns // together)
        spare = columns * together - self.columns
        centroids = np.pad(self.centroids, ((0, spare), (0, 0), (0, 0)))
        axes = np.pad(self.flat_axes, (0, spare * self.width), constant_values=NO_AXIS)
        places = digits(SCAN_RADIX, self.radix, together)
        return Codebook(
            self.dims,
            merge(centroids.reshape(columns, together, self.radix, self.width), places),
            axes.reshape(columns, together * self.width),
        )

    def scan_codes(self, codes: Bytes) -> Bytes:
        """Codes (n, code_size) to the codes (n, ceil(M' / 2)) of `scan`."""
        together = symbols_within(self.radix, SCAN_RADIX)
        if self.symbols_per_byte == 2 * together:
            return codes  # a byte holds two scan symbols already, in the same order
        symbols = self.unpack(codes)
        symbols = np.pad(symbols, ((0, 0), (0, -symbols.shape[1] % (2 * together))))
        powers = np.outer([1, SCAN_RADIX], self.radix ** np.arange(together)).ravel().astype(np.uint8)
        merged = np.zeros((len(codes), symbols.shape[1] // (2 * together)), dtype=np.uint8)
        for place, power in enumerate(powers):
            merged += symbols[:, place :: 2 * together] * power
        return merged

    @cached_property
    def _byte_tables(self) -> ByteTables:
        """What each value of each byte decodes to, (code_size, 256, symbols_per_byte * w)."""
        per_byte = self.symbols_per_byte
        spare = self.code_size * per_byte - self.columns
        centroids = np.pad(self.centroids, ((0, spare), (0, 0), (0, 0)))
        places = digits(256, self.radix, per_byte)
        return ByteTables(merge(centroids.reshape(self.code_size, per_byte, self.radix, self.width), places))

    def _nearest_levels(self, y: Floats) -> Bytes:
        levels = self.centroids[:, :, 0]
        thresholds = (levels[:, 1:] + levels[:, :-1]) / 2 if self.thresholds is None else self.thresholds
        covered = y if self.axes is None else y[:, self.flat_axes]
        symbols = np.zeros(covered.shape, dtype=np.uint8)
        if self.radix <= SCAN_RADIX:
            for threshold in thresholds.T:
                symbols += covered >= threshold
            return symbols
        for column, bounds in enumerate(thresholds):
            symbols[:, column] = np.searchsorted(bounds, np.ascontiguousarray(covered[:, column]), side="right")
        return symbols

    def _nearest_centroids(self, y: Floats) -> Bytes:
        padded = y if self.axes is None else np.pad(y, ((0, 0), (0, 1)))
        symbols = np.empty((len(y), self.columns), dtype=np.uint8)
        axes = self.flat_axes.reshape(self.columns, self.width)
        for m, points in enumerate(self.centroids):
            # |y - p|^2 without the |y|^2 that all centroids share
            gap = (points * points).sum(axis=1) - 2 * (padded[:, axes[m]] @ points.T)  # (n, L)
            symbols[:, m] = gap.argmin(axis=1)
        return symbols
