"""Names for the array types in use, and the few operations on rows that several layers need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.signedinteger[Any]]
Bytes = NDArray[np.uint8]
Unsigned = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Array2D = NDArray[np.floating[Any]]
Array = np.ndarray[Any, Any]

BLOCK_ROWS = 8192
"""Rows handled at a time where a whole table is walked: some 10 MB of float32 at 300 dimensions."""


SAFE_SQUARES = 1e-30, 1e30
"""Squared lengths between these are sums that float32 holds with all its digits."""


def blocks(count: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut ``range(count)`` into consecutive slices of at most `size`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def inside(run: range, rows: range) -> range:
    """Those of a run of rows that are among consecutive `rows`, counted from the first of these."""
    start, stop = max(run.start, rows.start), min(run.stop, rows.stop)
    return range(start - rows.start, max(start, stop) - rows.start)


def is_permutation(numbers: Iterable[Integers], count: int) -> bool:
    """Whether blocks of whole numbers, `count` in all, hold each of 0 to ``count - 1``."""
    seen = np.zeros(count, dtype=np.bool_)
    for block in numbers:
        if len(block) and not 0 <= block.min() <= block.max() < count:
            return False
        seen[block] = True
    return bool(seen.all())


def windows(array: Bytes, size: int) -> NDArray[np.void]:
    """Every run of `size` bytes of a contiguous array (n,), a view: (n - size + 1,) items of `size` bytes.

    A shorter array is padded with zeros to one run.
    """
    padded = np.pad(array, (0, size - len(array))) if len(array) < size else array
    return np.ndarray((len(padded) - size + 1,), dtype=f"V{size}", buffer=padded, strides=(1,))


def row_norms(x: Floats) -> Doubles:
    """Euclidean length of each row.

    Parameters
    ----------
    x : (n, d) float32

    Returns
    -------
    (n,) float64
    """
    squares = _squares(x)
    # float32 squares overflow past 1e19 and vanish below 1e-19: those few rows are measured in double precision.
    extreme = ~((squares > SAFE_SQUARES[0]) & (squares < SAFE_SQUARES[1]))
    squares = squares.astype(np.float64)
    if extreme.any():
        wide = x[extreme].astype(np.float64)
        squares[extreme] = np.vecdot(wide, wide)
    return np.asarray(np.sqrt(squares))


def directions(x: Floats) -> Floats:
    """Rows of `x` scaled to length one; a zero row stays zero.

    Parameters
    ----------
    x : (n, d) float32

    Returns
    -------
    (n, d) float32
    """
    squares = _squares(x)
    if _safe(squares):
        return np.asarray(x / np.sqrt(squares)[:, None])
    norms = row_norms(x)
    return (x.astype(np.float64) / np.where(norms > 0, norms, 1.0)[:, None]).astype(np.float32)


def with_lengths(x: Floats, lengths: Floats) -> Floats:
    """Rows of `x` scaled to these lengths, in place where that is exact; a zero row stays zero.

    Parameters
    ----------
    x : (n, d) float32
        May be changed.
    lengths : (n,) float32

    Returns
    -------
    (n, d) float32
    """
    squares = _squares(x)
    if not _safe(squares):
        return np.asarray(directions(x) * lengths[:, None])
    x *= (lengths / np.sqrt(squares))[:, None]
    return x


def _safe(squares: Floats) -> bool:
    return len(squares) > 0 and bool(SAFE_SQUARES[0] < squares.min() and squares.max() < SAFE_SQUARES[1])


def _squares(x: Floats) -> Floats:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.vecdot(x, x))
