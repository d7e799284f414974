"""Words, n-grams and lists of an ``.embc`` file, made of parts that are checked to fit together.

Every function raises FormatError, naming the file, where they do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embcompress.lists import Lists
from embcompress.ngrams import LONGEST_NGRAM, MOST_BUCKETS
from embcompress.parts import Parts
from embcompress.segment_parts import rows_of, segment
from embcompress.spellings import ESCAPE
from embcompress.subwords import Subwords
from embcompress.vocabulary import Vocabulary, row_bytes


def words_of(parts: Parts, count: int) -> Vocabulary:
    """The words of so many rows, and those that answer with another's row."""
    none = np.zeros(0, dtype=np.int64)
    mapped = none if not parts.has("words.mapped") else parts.array("words.mapped", "<i8", None)
    if mapped.size and not 0 <= mapped.min() <= mapped.max() < count:
        raise parts.error(f"array 'words.mapped' names a row outside 0 to {count - 1}")
    total = count + len(mapped)
    lengths, order = parts.bytes("words.lengths", total), parts.bytes("words.order", total, row_bytes(total))
    long_lengths = none if not parts.has("words.long_lengths") else parts.array("words.long_lengths", "<i8", None)
    text = parts.bytes("words.text", None)
    if long_lengths.size and not ESCAPE <= long_lengths.min() <= long_lengths.max() <= len(text):
        raise parts.error(f"array 'words.long_lengths' gives a length outside {ESCAPE} to {len(text)} bytes")
    return Vocabulary(text, lengths, order, long_lengths, mapped, file=str(parts.stored.path))


def lists_of(parts: Parts, count: int, dims: int) -> Lists | None:
    """The inverted file of so many rows, if there is one."""
    if not parts.has("lists.centroids"):
        return None
    facts = parts.stored.metadata.get("lists")
    if not isinstance(facts, dict):
        raise parts.error("its metadata does not describe the inverted file that array 'lists.centroids' belongs to")
    centroids = parts.moderate("lists.centroids", None, dims)
    if not 1 <= len(centroids) <= count:
        raise parts.error(f"array 'lists.centroids' tells of {len(centroids)} lists of {count} rows")
    sizes = parts.array("lists.sizes", "<i4", len(centroids))
    if sizes.min() < 0 or int(sizes.sum(dtype=np.int64)) != count:
        raise parts.error(f"array 'lists.sizes' does not add up to {count} rows")
    nprobe = parts.whole(facts, "nprobe", 1, len(centroids))
    (recall,) = parts.numbers({"recall": [facts.get("recall")]}, "recall", 1)
    rows = parts.array("lists.rows", "<i4", count)
    return Lists(centroids, rows, sizes, nprobe, recall, file=str(parts.stored.path))


def subwords_of(parts: Parts, number: int, facts: dict[str, Any], dims: int) -> Subwords:
    """Rows of n-grams: the segment of this number, and what the metadata says of it."""
    maxn = parts.whole(facts, "maxn", 1, LONGEST_NGRAM)
    minn, buckets = parts.whole(facts, "minn", 0, LONGEST_NGRAM), parts.whole(facts, "buckets", 1, MOST_BUCKETS)
    rows = rows_of(parts, number)
    kept = parts.optional(parts.array, f"{number}.kept", "<i4", rows)
    if kept is None and rows != buckets:
        raise parts.error(f"array '{number}.kept' is missing, yet there are {rows} rows for {buckets} buckets")
    return Subwords(minn, maxn, buckets, segment(parts, number, facts, dims), kept)
