"""Tables of any kind seen the same way: words by row, rows by word, and directions of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embcompress import manifest
from embcompress.arrays import Floats, Integers, directions
from embcompress.errors import UsageError
from embcompress.segment import CodedRows
from embcompress.table import Table


@dataclass(frozen=True)
class Answers:
    """What every measure asks of a table.

    Parameters
    ----------
    words : sequence of str
        By row.
    dims : int
        Length d of a vector.
    find : callable
        The row of a word, or None.
    units : callable
        Directions of chosen rows, (k, d) float32; zero rows are zero.
    """

    words: Sequence[str]
    dims: int
    find: Callable[[str], int | None]
    units: Callable[[slice | Integers], Floats]

    def __len__(self) -> int:
        return len(self.words)


def answers(vectors: Any) -> Answers:
    """A `Table`, a `CompressedVectors` or a gensim ``KeyedVectors``, as every measure sees it.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    if isinstance(vectors, Answers):
        return vectors
    if isinstance(vectors, Table):
        return Answers(vectors.words, vectors.dims, vectors.words.find, lambda rows: directions(vectors.rows(rows)))
    coded = coded_rows(vectors)
    if coded is not None:
        return Answers(vectors.index_to_key, vectors.vector_size, vectors.index_to_key.find, coded.directions)
    matrix, keys = getattr(vectors, "vectors", None), getattr(vectors, "key_to_index", None)
    if isinstance(matrix, np.ndarray) and isinstance(keys, dict):
        return Answers(
            vectors.index_to_key,
            matrix.shape[1],
            keys.get,
            lambda rows: directions(np.asarray(matrix[rows], dtype=np.float32)),
        )
    raise UsageError(
        f"{type(vectors).__name__} cannot be measured: "
        "give a Table, a CompressedVectors or a gensim KeyedVectors (model.wv of a model)"
    )


def coded_rows(vectors: Any) -> CodedRows | None:
    """The codes of a `CompressedVectors`; of any other table None."""
    found = getattr(vectors, "coded_rows", None)
    return found if isinstance(found, CodedRows) else None


def file_of(vectors: Any) -> Path | None:
    """The ``.embc`` file that vectors were opened from, if they were."""
    path = getattr(vectors, "path", None)
    return path if isinstance(path, Path) else None


def file_bytes(vectors: Any) -> int | None:
    """Bytes of the file that a table came from, if it came from one."""
    if isinstance(vectors, Table):
        return vectors.source_bytes or None
    path = file_of(vectors)
    return None if path is None else manifest.stored_bytes(path)
