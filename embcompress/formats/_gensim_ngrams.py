"""Rows of n-grams in gensim's saved fastText models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embcompress.arrays import Array2D, Integers
from embcompress.formats._gensim_table import SavedTable
from embcompress.ngrams import LONGEST_NGRAM, MOST_BUCKETS
from embcompress.table import NgramRows

NAMES = "vectors_ngrams", "syn0_ngrams", "syn0_all"
OTHER_HASH = "n-gram rows hashed another way than fastText's"


def read_ngrams(table: SavedTable) -> NgramRows | None:
    """Rows of n-grams, if a fastText model has some that are found by fastText's hash.

    Before version 3.8 gensim hashed in ways of its own: such rows are left out and counted.
    """
    if "min_n" not in table.attributes:
        return None
    rows = table.matrix(*NAMES)
    if rows is None or not len(rows):
        return None
    if table.attributes.get("compatible_hash") is not True:
        table.notes.add(OTHER_HASH, 0, len(rows))
        return None
    minn, maxn = table.number("min_n", LONGEST_NGRAM), table.number("max_n", LONGEST_NGRAM)
    buckets = table.number("bucket", MOST_BUCKETS)
    if not buckets or not maxn:
        return None
    packed = table.attributes.get("hash2index")
    if isinstance(packed, dict) and packed:
        kept, order = _unpacked(table, packed, len(rows), buckets)
        return NgramRows(minn, maxn, buckets, _Reordered(rows, order), kept)
    if len(rows) != buckets:
        raise table.source.error(f"has {len(rows)} rows of n-grams, yet hashes them to {buckets} buckets")
    return NgramRows(minn, maxn, buckets, rows)


class _Reordered:
    """Rows of an array, which may be a memory map, in another order."""

    def __init__(self, rows: Array2D, order: Integers) -> None:
        self._rows = rows
        self._order = order
        self.shape = rows.shape

    def __getitem__(self, rows: slice | Integers) -> Array2D:
        return np.asarray(self._rows[self._order[rows]])


def _unpacked(table: SavedTable, packed: dict[Any, Any], rows: int, buckets: int) -> tuple[Integers, Integers]:
    """Buckets that have a row, ascending, and which row that is: gensim 3.8 kept only those it had met."""
    try:
        pairs: NDArray[np.int64] = np.array(sorted(packed.items()), dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        pairs = np.zeros((0, 2), dtype=np.int64)
    kept, order = pairs.T
    if not np.array_equal(np.sort(order), np.arange(rows)) or kept[0] < 0 or kept[-1] >= buckets:
        raise table.source.error(f"its buckets of n-grams do not fit its {rows} rows of them")
    return kept.copy(), order.copy()
