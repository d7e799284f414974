"""Two tables of different vocabularies, seen as tables of the words that both have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import eq
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, coded_rows
from embcompress.segment import CodedRows


@dataclass(frozen=True)
class CommonWords:
    """The words two tables share, numbered in the original's order.

    Parameters
    ----------
    original, compressed : Answers
        Of the c common words; the same row is the same word.
    original_rows, compressed_rows : (c,) int64
        Where each word stands in the table itself; `original_rows` ascend.
    """

    original: Answers
    compressed: Answers
    original_rows: Integers
    compressed_rows: Integers

    def __len__(self) -> int:
        return len(self.original_rows)

    def first(self, count: int) -> CommonWords:
        """The first so many words alone."""
        if count >= len(self):
            return self
        return CommonWords(
            replace(self.original, words=self.original.words[:count]),
            replace(self.compressed, words=self.compressed.words[:count]),
            self.original_rows[:count],
            self.compressed_rows[:count],
        )

    def coded(self, vectors: Any) -> CodedRows | Answers:
        """The compressed table's codes of the common words; its directions, if it has no codes."""
        coded = coded_rows(vectors)
        if coded is None:
            return self.compressed
        every = np.array_equal(self.compressed_rows, np.arange(len(coded)))
        return coded if every else coded.chosen(self.compressed_rows)


def common_words(original: Answers, compressed: Answers) -> CommonWords:
    """Match two tables word by word.

    Raises
    ------
    UsageError
        If they share no word, or their vectors differ in length.
    """
    if original.dims != compressed.dims:
        raise UsageError(
            f"vectors of {original.dims} and of {compressed.dims} dimensions cannot be compared: "
            "give the table that the file was made from"
        )
    if _same(original.words, compressed.words):
        every: Integers = np.arange(len(original))
        return CommonWords(original, replace(original, units=compressed.units), every, every)
    rows = {word: row for row, word in enumerate(compressed.words)}
    matched = [(word, row, rows[word]) for row, word in enumerate(original.words) if word in rows]
    if not matched:
        raise UsageError("the two tables have no word in common: give the table that the file was made from")
    words, first, second = zip(*matched, strict=True)
    places = {word: place for place, word in enumerate(words)}
    original_rows, compressed_rows = np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
    return CommonWords(
        Answers(words, original.dims, places.get, _chosen(original, original_rows)),
        Answers(words, original.dims, places.get, _chosen(compressed, compressed_rows)),
        original_rows,
        compressed_rows,
    )


def _same(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two tables have the same words in the same order, and any at all."""
    return len(first) == len(second) > 0 and (first is second or all(map(eq, first, second)))


def _chosen(table: Answers, table_rows: Integers) -> Callable[[slice | Integers], Floats]:
    return lambda rows: table.units(table_rows[rows])
