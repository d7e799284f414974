"""Arrow's file format."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._columns import batches, schema
from embcompress.exports._format import Kind, library
from embcompress.table import Table
from embcompress.text import is_utf8

READER = "pyarrow, Polars, DuckDB"
KINDS = {"": Kind("Arrow's file format (Feather), columns word and vector", (".arrow", ".feather"))}

holds = is_utf8


def write(table: Table, path: Path) -> None:
    """Arrow's file format (Feather): a column ``word`` and a column ``vector`` of float32 lists."""
    ipc = library("pyarrow.ipc", "arrow")
    with ipc.new_file(path, schema(table.dims)) as writer:
        for batch in batches(table):
            writer.write_batch(batch)
