"""A table whose rows were mapped by a student."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embcompress.arrays import Floats, blocks, directions, row_norms, with_lengths
from embcompress.encode import Progress, no_progress
from embcompress.table import Table


def mapped_table(
    table: Table, dims: int, through: Callable[[Floats], Floats], progress: Progress = no_progress
) -> Table:
    """The same words with other vectors, as long as they were.

    Parameters
    ----------
    table : Table
        Its rows of n-grams are left out.
    dims : int
        Length of the new vectors.
    through : callable
        What becomes of directions (k, d): (k, dims) float32, of any length.
    progress : callable
    """
    vectors = np.empty((len(table), dims), dtype=np.float32)
    for rows in blocks(len(table)):
        x = table.rows(rows)
        vectors[rows] = with_lengths(through(directions(x)), row_norms(x).astype(np.float32))
        progress("mapping", rows.stop, len(table))
    return Table(table.words, vectors, source=table.source, counts=table.counts)
