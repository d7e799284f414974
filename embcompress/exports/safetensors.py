"""A half-precision matrix and its vocabulary."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._format import Kind
from embcompress.exports._tensor import write_tensor
from embcompress.exports._words import write_words
from embcompress.table import Table

READER = "safetensors.safe_open"
KINDS = {"": Kind("float16 tensor embeddings, vocab.json beside it", (".safetensors",), "float16")}


def beside(path: Path) -> list[Path]:
    """The vocabulary, under the name by which it is found."""
    return [path.with_name("vocab.json")]


def write(table: Table, path: Path) -> None:
    """The tensor ``embeddings`` in float16, and vocab.json beside it: each word's row."""
    write_tensor(path, "embeddings", table, "<f2")
    write_words(beside(path)[0], ((word, row) for row, word in enumerate(table.words)))
