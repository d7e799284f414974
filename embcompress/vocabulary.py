"""The words of a table in four arrays: their own bytes, and 3 to 5 bytes a word to find them by.

``text`` is all words' bytes in row order, ``lengths`` a byte a word, ``order`` the rows sorted by their word's bytes.
Looking a word up is a bisection of ``order``; nothing is built in memory but every 64th sorted word, and the text
position of every 16th row, on the first look-up. Once so many words were looked up that hashing the vocabulary would
have cost no more, it is hashed: 8 bytes a word.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, overload

import numpy as np

from embcompress.arrays import Bytes, Integers, blocks, is_permutation
from embcompress.errors import FormatError
from embcompress.near_words import near
from embcompress.spellings import ESCAPE, Spellings
from embcompress.word_hashes import WordHashes

STRIDE = 64
"""Every how many sorted words a word is kept in memory."""

SMALL_BATCH = 32
"""Fewer words are looked up one by one: numpy's fixed costs outweigh what hashes save."""

HASHING_PAYS = 100
"""Hashing a vocabulary takes about as long as looking up one word in so many of it."""


def to_bytes(word: str) -> bytes:
    """UTF-8 bytes of a word; bytes that were not UTF-8 come back as they were."""
    return word.encode("utf-8", "surrogateescape")


def to_text(word: bytes) -> str:
    """The word as a string; bytes that are not UTF-8 become lone surrogates."""
    return word.decode("utf-8", "surrogateescape")


class Vocabulary(Sequence[str]):
    """Words by row and rows by word.

    Parameters
    ----------
    text : (t,) uint8
        All words' bytes, UTF-8 where they are text, in row order.
    lengths : (n,) uint8
        Each word's length in bytes, or `ESCAPE`.
    order : (n, 1 to 8) uint8
        Numbers of the words, little-endian, sorted by the words' bytes.
    long_lengths : (l,) int64
        Lengths of the words whose length is escaped, in row order.
    mapped : (m,) int64, optional
        The last m words have no row of their own: each answers with the row given here. They are found, but are not
        among the words by row.
    file : str
        The file they were read from, for errors.
    """

    def __init__(
        self,
        text: Bytes,
        lengths: Bytes,
        order: Bytes,
        long_lengths: Integers,
        mapped: Integers | None = None,
        file: str = "",
    ) -> None:
        self.text = text
        self.lengths = lengths
        self.order = order
        self.long_lengths = long_lengths
        self.mapped: Integers = np.zeros(0, dtype=np.int64) if mapped is None else mapped
        self._count = len(lengths)
        self._rows = self._count - len(self.mapped)
        self._file = file
        self._spellings = Spellings(text, lengths, long_lengths, file)
        self._order_width = order.shape[1]
        self._looked_up = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.text, self.lengths, self.order, self.long_lengths, self.mapped, self._file)

    @classmethod
    def from_words(cls, words: Iterable[bytes | str], mapped: Integers | None = None) -> Vocabulary:
        """Build from words in row order, then those that are mapped; every word may occur once."""
        encoded = [word if type(word) is bytes else to_bytes(str(word)) for word in words]
        sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        rows = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), dtype="<u8")
        width = row_bytes(len(encoded))
        return cls(
            np.frombuffer(b"".join(encoded), dtype=np.uint8),
            np.minimum(sizes, ESCAPE).astype(np.uint8),
            np.ascontiguousarray(rows.view(np.uint8).reshape(-1, 8)[:, :width]),
            sizes[sizes >= ESCAPE],
            mapped,
        )

    def __len__(self) -> int:
        """Rows: words that are mapped to another's are not counted."""
        return self._rows

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """The word of a row, or the words of a slice of rows."""
        if isinstance(index, slice):
            return [to_text(word) for word in self._spellings.words(np.arange(*index.indices(len(self))))]
        row = int(index)
        if not -self._rows <= row < self._rows:
            raise IndexError(f"row {row} is outside a vocabulary of {self._rows} words")
        return to_text(self._spellings.word(row % self._rows))

    def __iter__(self) -> Iterator[str]:
        return (to_text(word) for word in islice(self.every_word(), len(self)))

    def every_word(self) -> Iterator[bytes]:
        """All words' bytes, mapped ones after those that have rows."""
        return iter(self._spellings)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def find(self, word: str) -> int | None:
        """The row that a word answers with, or None."""
        number = self._number(word)
        if number is None or number < self._rows:
            return number
        return int(self._rows_of(np.array([number]))[0])

    def find_all(self, words: Sequence[str]) -> Integers:
        """The row that each word answers with, (k,) int64; -1 for words that are not there."""
        if len(words) >= SMALL_BATCH and self._hashing_pays(len(words)):
            self._looked_up += len(words)
            try:
                encoded = [to_bytes(word) for word in words]
            except UnicodeEncodeError:  # surrogates that no bytes decode to
                return self._rows_of(self._numbers_one_by_one(words))
            sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
            text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
            numbers, unsure = self._hashes.numbers(text, np.cumsum(sizes) - sizes, sizes)
            for place in np.flatnonzero(unsure).tolist():
                number = self._bisect(encoded[place])
                numbers[place] = -1 if number is None else number
            return self._rows_of(numbers)
        return self._rows_of(self._numbers_one_by_one(words))

    def is_mapped(self, word: str) -> bool:
        """Whether a word answers with another's row."""
        number = self._number(word)
        return number is not None and number >= len(self)

    def _rows_of(self, numbers: Integers) -> Integers:
        """The rows that words answer with, given by their numbers (k,); -1 stays."""
        mapped = np.flatnonzero(numbers >= self._rows)
        rows = numbers.copy()
        rows[mapped] = np.clip(self.mapped[numbers[mapped] - self._rows], 0, self._rows - 1)  # a file may be damaged
        return rows

    def _numbers_one_by_one(self, words: Sequence[str]) -> Integers:
        numbers = (self._number(word) for word in words)
        return np.array([-1 if number is None else number for number in numbers], dtype=np.int64)

    def _number(self, word: str) -> int | None:
        try:
            wanted = to_bytes(word)
        except UnicodeEncodeError:  # surrogates that no bytes decode to
            return None
        self._looked_up += 1
        if self._hashing_pays(0):
            number, unsure = self._hashes.number(wanted)
            if not unsure:
                return number
        return self._bisect(wanted)

    def _hashing_pays(self, more: int) -> bool:
        """Whether all look-ups so far and so many more have cost, one by one, what hashing costs."""
        return (self._looked_up + more) * HASHING_PAYS >= self._count > 0

    def _bisect(self, wanted: bytes) -> int | None:
        place = bisect_right(self._landmarks, wanted) - 1
        low, high = max(place, 0) * STRIDE, min((place + 1) * STRIDE, self._count)
        number_at, spelling = self._number_at, self._spellings.word
        while low < high:
            middle = (low + high) // 2
            number = number_at(middle)
            found = spelling(number)
            if found == wanted:
                return number
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return None

    def near(self, word: str, limit: int = 5) -> list[str]:
        """Words spelt nearly like `word`, as `near_words.near` finds them."""
        return near(word, limit, self._number, lambda number: to_text(self._spellings.word(number)), self.starting_with)

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` words, in row order, that begin with `prefix`; mapped words come last."""
        try:
            wanted = to_bytes(prefix)
        except UnicodeEncodeError:  # surrogates that no bytes decode to
            return []
        places = range(self._count)
        start = bisect_left(places, wanted, key=self._word_at)
        stop = bisect_right(places, wanted, key=lambda place: self._word_at(place)[: len(wanted)])
        first = np.sort(self._numbers(slice(start, stop)))[: max(limit, 0)]
        inside = np.minimum(first, self._count - 1)  # the file may change while it is open
        return [to_text(word) for word in self._spellings.words(inside)]

    def _word_at(self, place: int) -> bytes:
        """The word at a place of the sorted ones."""
        return self._spellings.word(self._number_at(place))

    def _number_at(self, place: int) -> int:
        """The number of the word at a place of the sorted ones."""
        start = place * self._order_width
        number = int.from_bytes(self._order_view[start : start + self._order_width], "little")
        return number if number < self._count else self._count - 1  # the file may change while it is open

    def _numbers(self, places: slice) -> Integers:
        """The numbers of the words at places of the sorted ones, int64; below zero only where a file is damaged."""
        numbers = np.zeros((len(self.order[places]), 8), dtype=np.uint8)
        numbers[:, : self._order_width] = self.order[places]
        return numbers.view("<i8")[:, 0]

    @cached_property
    def _order_view(self) -> memoryview:
        """The bytes of `order`, once every word is seen to be in it."""
        if not is_permutation(map(self._numbers, blocks(self._count)), self._count):
            raise FormatError(f"{self._file}: array 'words.order' names a word that is not there, or one twice")
        return np.ascontiguousarray(self.order).reshape(-1).data

    @cached_property
    def _landmarks(self) -> list[bytes]:
        numbers = [self._number_at(place) for place in range(0, self._count, STRIDE)]
        return self._spellings.words(np.array(numbers, dtype=np.int64))

    @cached_property
    def _hashes(self) -> WordHashes:
        return WordHashes(self._spellings)


def row_bytes(count: int) -> int:
    """Bytes that hold any row number of a table of `count` rows."""
    return max(1, ((count - 1).bit_length() + 7) // 8) if count else 1
