"""Parquet."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._columns import batches, schema
from embcompress.exports._format import Kind, library
from embcompress.table import Table
from embcompress.text import is_utf8

READER = "pandas, Polars, DuckDB, Spark"
KINDS = {"": Kind("Parquet, columns word and vector", (".parquet",))}

holds = is_utf8


def write(table: Table, path: Path) -> None:
    """A column ``word`` and a column ``vector`` of float32 lists."""
    parquet = library("pyarrow.parquet", "arrow")
    with parquet.ParquetWriter(path, schema(table.dims), use_dictionary=False) as writer:
        for batch in batches(table):
            writer.write_batch(batch)
