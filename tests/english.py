"""A table of English words, which the test sets that come with gensim are about."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from gensim.models import KeyedVectors

from embcompress import Table, load

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"


@cache
def shipped() -> Table:
    """6,000 frequent words: more than are scored at a time."""
    return load(SHIPPED, limit=6000)


def keyed(table: Table) -> Any:
    """The same table in gensim."""
    vectors = KeyedVectors(table.dims)
    vectors.add_vectors(list(table.words), table.rows(slice(0, len(table))))
    return vectors
