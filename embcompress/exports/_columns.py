"""A table as Arrow's columns ``word`` and ``vector``, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from embcompress.arrays import blocks
from embcompress.exports._format import library
from embcompress.table import Table


def schema(dims: int) -> Any:
    """A string, and a list of so many float32."""
    arrow = library("pyarrow", "arrow")
    return arrow.schema([("word", arrow.string()), ("vector", arrow.list_(arrow.float32(), dims))])


def batches(table: Table) -> Iterator[Any]:
    """Record batches of rows."""
    arrow = library("pyarrow", "arrow")
    for rows in blocks(len(table)):
        numbers = arrow.array(table.rows(rows).ravel())
        vectors = arrow.FixedSizeListArray.from_arrays(numbers, table.dims)
        yield arrow.record_batch([arrow.array(table.words[rows], arrow.string()), vectors], schema=schema(table.dims))
