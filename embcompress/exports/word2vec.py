"""word2vec's own two formats."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._format import Kind
from embcompress.saving import FORMATS
from embcompress.table import Table

READER = "KeyedVectors.load_word2vec_format"
KINDS = {
    "binary": Kind("word2vec's .bin", (".bin",)),
    "text": Kind("word2vec's text: rows and dimensions, then a word and its numbers a line", (".txt", ".vec")),
}

holds = FORMATS["word2vec-binary"].holds  # as word2vec's text does


def write(table: Table, path: Path, kind: str) -> None:
    """word2vec's .bin, or its text: a line with rows and dimensions, then a word and its numbers a line."""
    with open(path, "wb") as file:
        FORMATS[f"word2vec-{kind}"].write(table, file)
