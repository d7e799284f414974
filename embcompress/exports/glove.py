"""GloVe's text."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._format import Kind
from embcompress.saving import FORMATS
from embcompress.table import Table

READER = "KeyedVectors.load_word2vec_format(path, no_header=True)"
KINDS = {"": Kind("GloVe's text: a word and its numbers a line", (".glove.txt", ".glove"))}

holds = FORMATS["glove"].holds


def write(table: Table, path: Path) -> None:
    """GloVe's text: a word and its numbers a line."""
    with open(path, "wb") as file:
        FORMATS["glove"].write(table, file)
