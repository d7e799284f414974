"""Symbols and centroids chosen together, so that what they decode to is near the teacher in the similarities it has.

Rounding each number by itself spreads a row's error evenly. But words differ along some directions far more than along
others, and there their similarities are decided. So the error ``e = x - x_hat`` is measured as ``e C e'``, C a power of
the second moment of directions, and columns take turns, each choosing its symbols with those of the others in view
(coordinate descent, as for additive codes: Babenko & Lempitsky 2014; Martinez et al. 2018). Error moves to where it
does little harm, and no byte is added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embcompress.affine import Linear
from embcompress.arrays import Bytes, Floats, Integers, Mask, blocks
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.codec import Codec
from embcompress.cores import in_order

POWER = 0.35
"""Of the second moment. 1 would be the mean squared error of scores over all queries there are; the nearest neighbours
of a word are alike along the directions that all words share, and are told apart along others."""

LEAST = 1e-6
"""Share of the largest spread below which a direction's counts as this much."""

RIDGE = 1e-9
"""Keeps axes that decode to nothing where they are."""

SWEEPS = 3
"""Turns of all columns when rows are coded."""

FITTING_SWEEPS = 6
"""Turns of all columns when centroids move with them."""

BLOCK_ROWS = 4096


def metric(x: Floats) -> Floats:
    """``S ** POWER`` of the second moment S of directions x (n, d), scaled to a mean spread of 1: (d, d) float32."""
    spreads, axes = np.linalg.eigh((x.T @ x).astype(np.float64))
    spreads = np.maximum(spreads, LEAST * spreads.max()) ** POWER
    return np.asarray((axes * (spreads / spreads.mean())) @ axes.T, dtype=np.float32)


class Column(NamedTuple):
    """A column of a codebook under the metric.

    Parameters
    ----------
    axes : (w,) int
        Of code space, padding left out.
    points : (L, w)
    gram : (w, w)
        The metric among the axes.
    heights : (L,)
        ``p gram p'`` of each point.
    """

    axes: Integers
    points: Floats
    gram: Floats
    heights: Floats


class Descent:
    """Chooses the symbols of rows for a codec.

    Parameters
    ----------
    codec : Codec
        What decodes; how it would code is of no account.
    metric : (d, d) float32
    still : (M,) int, optional
        A symbol of each column that rows keep if they have it, and whose level stays: what was pruned.
    """

    def __init__(self, codec: Codec, metric: Floats, still: Integers | None = None) -> None:
        assert codec.codebook is not None
        self._codec = codec
        self._codebook = codec.codebook
        self._still = still
        back = dense(codec.affine.back, codec.dims)  # (c, d)
        self._pulled = np.ascontiguousarray(metric @ back.T)  # (d, c)
        self._gram = np.ascontiguousarray(back @ self._pulled)  # (c, c)
        axes = self._codebook.flat_axes.reshape(self._codebook.columns, self._codebook.width)
        self._columns = [self._column(m, axes[m], points) for m, points in enumerate(self._codebook.centroids)]

    def symbols(self, x: Floats, start: Bytes) -> Bytes:
        """Symbols (n, M) of directions x (n, d), found from symbols to start with."""

        def descended(rows: slice) -> Bytes:
            state = self._begin(x[rows], start[rows])
            for _ in range(SWEEPS):
                if not sum(self._choose(column, m, state) for m, column in enumerate(self._columns)):
                    break
            return state.symbols.astype(np.uint8)

        return np.concatenate(list(in_order(descended, blocks(len(x), BLOCK_ROWS))))

    def codebook(self, x: Floats, start: Bytes) -> Codebook:
        """A codebook of the same shape whose centroids moved with the symbols of directions x (n, d).

        Each centroid goes to the mean of what its rows still lack there, so levels may pass each other. Even ones stay.
        """
        if self._codebook.step is not None:
            return self._codebook
        state, columns = self._begin(x, start), list(self._columns)
        for _ in range(FITTING_SWEEPS):
            for m, column in enumerate(columns):
                self._choose(column, m, state)
                columns[m] = self._moved(column, m, state)
        centroids = self._codebook.centroids.copy()
        for m, column in enumerate(columns):
            centroids[m][:, self._covered(m)] = column.points
        return replace(self._codebook, centroids=centroids, thresholds=None)

    def _covered(self, m: int) -> Mask:
        width = self._codebook.width
        return np.asarray(self._codebook.flat_axes[m * width : (m + 1) * width] != NO_AXIS)

    def _column(self, m: int, axes: Integers, points: Floats) -> Column:
        covered = self._covered(m)
        chosen = axes[covered]
        gram = self._gram[np.ix_(chosen, chosen)]
        return _under(chosen, np.ascontiguousarray(points[:, covered]), gram)

    def _begin(self, x: Floats, start: Bytes) -> _State:
        symbols = start.astype(np.intp)
        y = self._codebook.decode(self._codebook.pack(start))
        b = self._codec.affine.b
        slopes = (x if b is None else x - b) @ self._pulled - y @ self._gram
        return _State(symbols, slopes, None if self._still is None else symbols == self._still)

    def _choose(self, column: Column, m: int, state: _State) -> int:
        """Give a column's symbols their turn; returns how many of them changed."""
        old = state.symbols[:, m]
        own = column.points @ column.gram  # (L, w)
        wanted = state.slopes[:, column.axes] + own[old]
        new = (column.heights - 2 * (wanted @ column.points.T)).argmin(axis=1)
        if state.kept is not None:
            new = np.where(state.kept[:, m], old, new)
        changed = np.flatnonzero(new != old)
        if len(changed):
            move = column.points[new[changed]] - column.points[old[changed]]
            state.slopes[changed] -= move @ self._gram[column.axes]
            state.symbols[changed, m] = new[changed]
        return len(changed)

    def _moved(self, column: Column, m: int, state: _State) -> Column:
        """The column with centroids where its rows' mean error under the metric is least; empty ones stay."""
        symbols = state.symbols[:, m]
        count = np.bincount(symbols, minlength=len(column.points))
        lacking = state.slopes[:, column.axes]
        sums = np.stack([np.bincount(symbols, each, minlength=len(count)) for each in lacking.T], axis=1)
        step = np.linalg.solve(
            column.gram + RIDGE * np.eye(len(column.axes)), (sums / np.maximum(count, 1)[:, None]).T
        ).T
        if self._still is not None and self._still[m] >= 0:
            step[self._still[m]] = 0
        step = step.astype(np.float32)  # (L, w)
        slopes = state.slopes
        slopes -= (step @ self._gram[column.axes])[symbols]
        return _under(column.axes, column.points + step, column.gram)


class _State(NamedTuple):
    """Rows on their way: symbols (n, M), the slopes ``(x - x_hat) C B`` (n, c), and symbols (n, M) that are kept."""

    symbols: Integers
    slopes: Floats
    kept: Mask | None


def _under(axes: Integers, points: Floats, gram: Floats) -> Column:
    return Column(axes, points, gram, np.einsum("li,ij,lj->l", points, gram, points))


def dense(linear: Linear, dims: int) -> Floats:
    """The matrix (c, d) of a linear map."""
    if linear is not None and linear.ndim == 2:
        return np.asarray(linear, dtype=np.float32)
    return np.eye(dims, dtype=np.float32)[slice(None) if linear is None else linear]
