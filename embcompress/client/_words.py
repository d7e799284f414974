"""The words of a table that a service holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from embcompress.arrays import Integers, blocks
from embcompress.client._table import RemoteTable
from embcompress.vocabulary import to_bytes


class RemoteWords(Sequence[str]):
    """Words by row and rows by word, asked for when they are used.

    Words that answer with another's row are found, but are not listed.

    Parameters
    ----------
    table : RemoteTable
    """

    def __init__(self, table: RemoteTable) -> None:
        self._table = table
        self.mapped: Integers = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._table.facts["words"])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """The word of a row, or the words of a slice of rows."""
        if isinstance(index, slice):
            return self._table.words(range(len(self))[index])
        try:
            row = range(len(self))[index]
        except IndexError:
            raise IndexError(f"row {index} is outside a vocabulary of {len(self)} words") from None
        return str(self._table.words([row])[0])

    def __iter__(self) -> Iterator[str]:
        return (word for part in blocks(len(self)) for word in self[part])

    def every_word(self) -> Iterator[bytes]:
        """All words' bytes."""
        return map(to_bytes, self)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def find(self, word: str) -> int | None:
        """The row that a word answers with, or None."""
        row = int(self.find_all([word])[0])
        return row if row >= 0 else None

    def find_all(self, words: Sequence[str]) -> Integers:
        """The row that each word answers with, (k,) int64; -1 for words that are not there."""
        return self._table.rows(words)

    def is_mapped(self, word: str) -> bool:
        """Whether a word answers with another's row."""
        row = self.find(word)
        return row is not None and self[row] != word

    def near(self, word: str) -> list[str]:
        """Words spelt nearly like one that has no vector."""
        return self._table.near(word)

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` words, in row order, that begin with `prefix`."""
        try:
            to_bytes(prefix)
        except UnicodeEncodeError:  # surrogates that no bytes decode to
            return []
        return self._table.complete(prefix, limit) if limit > 0 else []
