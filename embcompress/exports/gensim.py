"""gensim's ``KeyedVectors``, saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embcompress.arrays import blocks
from embcompress.exports._format import Kind
from embcompress.table import Table

READER = "KeyedVectors.load"
KINDS = {"": Kind("gensim's KeyedVectors, vectors in an .npy file that it can map", (".kv",))}


def beside(path: Path) -> list[Path]:
    """gensim's file of the vectors."""
    return [path.with_name(f"{path.name}.vectors.npy")]


def write(table: Table, path: Path) -> None:
    """gensim's KeyedVectors, its vectors in an .npy file beside it, which load(mmap="r") maps."""
    from gensim.models import KeyedVectors
    from numpy.lib.format import open_memmap

    decoded = path.with_name("decoded.npy")
    vectors = open_memmap(decoded, mode="w+", dtype=np.float32, shape=(len(table), table.dims))
    for rows in blocks(len(table)):
        vectors[rows] = table.rows(rows)
    saved = KeyedVectors(table.dims)
    saved.index_to_key = list(table.words)
    saved.key_to_index = {word: row for row, word in enumerate(saved.index_to_key)}
    saved.next_index, saved.vectors = len(table), vectors
    if table.counts is not None:
        saved.expandos["count"] = np.asarray(table.counts)
    saved.save(str(path), separately=["vectors"])
    decoded.unlink()
