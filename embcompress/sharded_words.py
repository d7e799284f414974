"""The words of shards, read as if they were one vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import overload

import numpy as np

from embcompress.arrays import Integers
from embcompress.near_words import near
from embcompress.vocabulary import Vocabulary


class ShardedWords(Sequence[str]):
    """Words by row and rows by word, asked of one shard after the other; no word is in two of them.

    Parameters
    ----------
    shards : sequence of Vocabulary
        Each holds the words of the rows that follow those of the one before; none has mapped words.
    """

    def __init__(self, shards: Sequence[Vocabulary]) -> None:
        self._shards = tuple(shards)
        self._ends = np.array(list(accumulate(map(len, self._shards))), dtype=np.int64)
        self._starts = self._ends - [len(shard) for shard in self._shards]
        self.mapped: Integers = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """The word of a row, or the words of a slice of rows."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = int(index)
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} is outside a vocabulary of {len(self)} words")
        row %= len(self)
        number = int(np.searchsorted(self._ends, row, side="right"))
        return self._shards[number][row - int(self._starts[number])]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._shards)

    def every_word(self) -> Iterator[bytes]:
        """All words' bytes by row."""
        return chain.from_iterable(shard.every_word() for shard in self._shards)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def find(self, word: str) -> int | None:
        """The row of a word, or None."""
        for shard, start in zip(self._shards, self._starts.tolist(), strict=True):
            row = shard.find(word)
            if row is not None:
                return int(start) + row
        return None

    def find_all(self, words: Sequence[str]) -> Integers:
        """The row of each word, (k,) int64; -1 for words that are not there."""
        found = np.full(len(words), -1, dtype=np.int64)
        for shard, start in zip(self._shards, self._starts, strict=True):
            missing = np.flatnonzero(found < 0)
            if not len(missing):
                break
            rows = shard.find_all([words[place] for place in missing.tolist()])
            found[missing] = np.where(rows < 0, -1, rows + start)
        return found

    def is_mapped(self, word: str) -> bool:  # noqa: ARG002 - as of a `Vocabulary`
        """Whether a word answers with another's row: none does."""
        return False

    def near(self, word: str, limit: int = 5) -> list[str]:
        """Words spelt nearly like `word`, as `near_words.near` finds them."""
        return near(word, limit, self.find, self.__getitem__, self.starting_with)

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` words, in row order, that begin with `prefix`."""
        found: list[str] = []
        for shard in self._shards:
            found += shard.starting_with(prefix, limit - len(found))
            if len(found) >= limit:
                break
        return found


TableWords = Vocabulary | ShardedWords


def in_one_vocabulary(words: TableWords) -> Vocabulary:
    """The same words in the arrays of one vocabulary."""
    return words if isinstance(words, Vocabulary) else Vocabulary.from_words(words.every_word())
