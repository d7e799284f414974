"""How far the writing of a table has come, told by the rows that are read of it."""

from __future__ import annotations

from collections.abc import Callable

from embcompress.arrays import Array2D, Integers
from embcompress.table import Rows, Table

Progress = Callable[[str, int, int], None]


class WatchedRows:
    """Rows of a table; each slice that is read is told.

    Parameters
    ----------
    vectors : (n, d) rows
    progress : callable
        Called with ``"writing"``, the row behind the last one read, and n.
    """

    def __init__(self, vectors: Rows, progress: Progress) -> None:
        self._vectors = vectors
        self._progress = progress
        self.shape = vectors.shape

    def __getitem__(self, rows: slice | Integers) -> Array2D:
        read = self._vectors[rows]
        if isinstance(rows, slice):
            self._progress("writing", min(rows.stop, self.shape[0]), self.shape[0])
        return read


def watched(table: Table, progress: Progress) -> Table:
    """The same table; `progress` is told of the rows that are read."""
    return Table(
        table.words,
        WatchedRows(table.vectors, progress),
        source=table.source,
        source_bytes=table.source_bytes,
        repairs=table.repairs,
        counts=table.counts,
        ngrams=table.ngrams,
    )
