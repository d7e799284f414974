"""The words of a table in four arrays: their own bytes, and 3 to 5 bytes a word to find them by.

``text`` is all words' bytes in row order, ``lengths`` a byte a word, ``order`` the rows sorted by their word's bytes.
Looking a word up is a bisection of ``order``; nothing is built in memory but every 64th sorted word, and the text
position of every 64th row, on the first look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import overload

import numpy as np

from embcompress.arrays import Bytes, Integers

ESCAPE = 255
"""In `lengths`: the word is this long or longer, and its length stands in `long_lengths`."""

STRIDE = 64
"""Every how many rows a text position, and every how many sorted words a word, is kept in memory."""


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
    """

    def __init__(
        self, text: Bytes, lengths: Bytes, order: Bytes, long_lengths: Integers, mapped: Integers | None = None
    ) -> None:
        self.text = text
        self.lengths = lengths
        self.order = order
        self.long_lengths = long_lengths
        self.mapped: Integers = np.zeros(0, dtype=np.int64) if mapped is None else mapped

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
        return self._words - len(self.mapped)

    @property
    def _words(self) -> int:
        return len(self.lengths)

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
        return to_text(self._word(row % len(self)))

    def __iter__(self) -> Iterator[str]:
        return (to_text(word) for word in islice(self.every_word(), len(self)))

    def every_word(self) -> Iterator[bytes]:
        """All words' bytes, mapped ones after those that have rows."""
        content, start = self.text.tobytes(), 0
        for end in np.cumsum(self._sizes(0, self._words)).tolist():
            yield content[start:end]
            start = end

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def find(self, word: str) -> int | None:
        """The row that a word answers with, or None."""
        number = self._number(word)
        if number is None or number < len(self):
            return number
        return min(int(self.mapped[number - len(self)]), len(self) - 1)  # a damaged file must not lead outside

    def find_all(self, words: Sequence[str]) -> Integers:
        """The row that each word answers with, (k,) int64; -1 for words that are not there."""
        rows = [self.find(word) for word in words]
        return np.array([-1 if row is None else row for row in rows], dtype=np.int64)

    def is_mapped(self, word: str) -> bool:
        """Whether a word answers with another's row."""
        number = self._number(word)
        return number is not None and number >= len(self)

    def _number(self, word: str) -> int | None:
        try:
            wanted = to_bytes(word)
        except UnicodeEncodeError:  # surrogates that no bytes decode to
            return None
        place = bisect_right(self._landmarks, wanted) - 1
        low, high = max(place, 0) * STRIDE, min((place + 1) * STRIDE, self._words)
        while low < high:
            middle = (low + high) // 2
            number = self._sorted(middle)
            found = self._word(number)
            if found == wanted:
                return number
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return None

    def near(self, word: str, limit: int = 5) -> list[str]:
        """Words spelt nearly like `word`: other cases, one edit away, most frequent first; else sharing its start.

        The edits are made and looked up (P. Norvig, "How to write a spelling corrector"), so the cost does not depend
        on the size of the vocabulary.
        """
        variants = {word.lower(), word.upper(), word.capitalize(), word.title(), *_one_edit(word[:40])}
        numbers = {number for variant in variants if (number := self._number(variant)) is not None}
        if numbers:
            return [to_text(self._word(number)) for number in sorted(numbers)[:limit]]
        for size in range(len(word), 2, -1):
            found = self._starting_with(word[:size], limit)
            if found:
                return found
        return []

    def _starting_with(self, prefix: str, limit: int) -> list[str]:
        wanted = prefix.encode("utf-8", "replace")
        low, high = 0, self._words
        while low < high:
            middle = (low + high) // 2
            if self._word(self._sorted(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        words = (self._word(self._sorted(place)) for place in range(low, min(low + limit, self._words)))
        return [to_text(found) for found in words if found.startswith(wanted)]

    @cached_property
    def _starts(self) -> Integers:
        """Text position of every `STRIDE`-th word."""
        strided = np.zeros(-(-self._words // STRIDE) + 1, dtype=np.int64)
        for block in range(0, self._words, STRIDE << 14):  # so that no 8-byte copy of all lengths is made
            sizes = self._sizes(block, min(block + (STRIDE << 14), self._words))
            sums = np.add.reduceat(sizes, np.arange(0, len(sizes), STRIDE))
            first = block // STRIDE + 1
            strided[first : first + len(sums)] = sums
        return np.cumsum(strided)

    @cached_property
    def _long_rows(self) -> Integers:
        return np.flatnonzero(self.lengths == ESCAPE)

    def _sizes(self, start: int, stop: int) -> Integers:
        sizes = self.lengths[start:stop].astype(np.int64)
        if len(self.long_lengths):
            low, high = np.searchsorted(self._long_rows, [start, stop])
            sizes[self._long_rows[low:high] - start] = self.long_lengths[low:high]
        return sizes

    def _word(self, row: int) -> bytes:
        block = row // STRIDE
        if len(self.long_lengths):
            sizes = self._sizes(block * STRIDE, row + 1).tolist()
        else:
            sizes = self.lengths[block * STRIDE : row + 1].tobytes()
        end = int(self._starts[block]) + sum(sizes)
        return self.text[end - sizes[-1] : end].tobytes()

    def _sorted(self, place: int) -> int:
        number = int.from_bytes(self.order[place].tobytes(), "little")
        return min(number, self._words - 1)  # a damaged file must not lead outside

    @cached_property
    def _landmarks(self) -> list[bytes]:
        return [self._word(self._sorted(place)) for place in range(0, self._words, STRIDE)]


def row_bytes(count: int) -> int:
    """Bytes that hold any row number of a table of `count` rows."""
    return max(1, ((count - 1).bit_length() + 7) // 8) if count else 1


def _one_edit(word: str) -> set[str]:
    letters = set("abcdefghijklmnopqrstuvwxyz" + word)
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    deleted = {head + tail[1:] for head, tail in splits if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    replaced = {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    inserted = {head + letter + tail for head, tail in splits for letter in letters}
    return (deleted | swapped | replaced | inserted) - {word, ""}
