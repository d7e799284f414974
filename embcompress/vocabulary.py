"""The words of a table in four arrays: their own bytes, and 3 to 5 bytes a word to find them by.

``text`` is all words' bytes in row order, ``lengths`` a byte a word, ``order`` the rows sorted by their word's bytes.
Looking a word up is a bisection of ``order``; nothing is built in memory but every 64th sorted word, and the text
position of every 16th row, on the first look-up. Batches of words are looked up by hashes once there were enough of
them to pay for hashing the vocabulary: 8 bytes a word.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, overload

import numpy as np

from embcompress.arrays import Bytes, Integers, Mask, Unsigned, blocks, windows
from embcompress.errors import FormatError

ESCAPE = 255
"""In `lengths`: the word is this long or longer, and its length stands in `long_lengths`."""

STRIDE = 64
"""Every how many sorted words a word is kept in memory."""

START_STRIDE = 16
"""Every how many words a text position is kept in memory."""

BLOCK_WORDS = 1 << 16
"""Words handled at a time where all are walked; a multiple of `START_STRIDE`."""

SMALL_BATCH = 32
"""Fewer words are looked up one by one: numpy's fixed costs outweigh what hashes save."""

HASHING_PAYS = 100
"""Hashing a vocabulary takes about as long as looking up one word in so many of it."""

HASHED_BYTES = 64
"""Hashes see a word's length and its first bytes, so that a file of huge words costs no more steps than any other."""

HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio (D. Knuth, The Art of Computer Programming 3, 6.4)."""

LOW_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
"""Masks of a number's lowest 0 to 8 bytes."""


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
        self._count = len(lengths)
        self._rows = self._count - len(self.mapped)
        self._spellings = Spellings(text, lengths, long_lengths)
        self._order_view = np.ascontiguousarray(order).reshape(-1).data
        self._order_width = order.shape[1]
        self._looked_up = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.text, self.lengths, self.order, self.long_lengths, self.mapped)

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
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} is outside a vocabulary of {len(self)} words")
        return to_text(self._spellings.word(row % len(self)))

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
        self._looked_up += len(words)
        if len(words) >= SMALL_BATCH and self._looked_up * HASHING_PAYS >= self._count > 0:
            try:
                encoded = [to_bytes(word) for word in words]
            except UnicodeEncodeError:  # surrogates that no bytes decode to
                return self._rows_of(self._numbers_one_by_one(words))
            sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
            text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
            numbers, unsure = self._hashes.numbers(text, np.cumsum(sizes) - sizes, sizes)
            numbers[unsure] = self._numbers_one_by_one([words[place] for place in np.flatnonzero(unsure).tolist()])
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
        """Words spelt nearly like `word`: other cases, one edit away, most frequent first; else sharing its start.

        The edits are made and looked up (P. Norvig, "How to write a spelling corrector"), so the cost does not depend
        on the size of the vocabulary.
        """
        variants = {word.lower(), word.upper(), word.capitalize(), word.title(), *_one_edit(word[:40])}
        numbers = {number for variant in variants if (number := self._number(variant)) is not None}
        if numbers:
            return [to_text(self._spellings.word(number)) for number in sorted(numbers)[:limit]]
        for size in range(len(word), 2, -1):
            found = self._starting_with(word[:size], limit)
            if found:
                return found
        return []

    def _starting_with(self, prefix: str, limit: int) -> list[str]:
        wanted = prefix.encode("utf-8", "replace")
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._spellings.word(self._number_at(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        words = (self._spellings.word(self._number_at(place)) for place in range(low, min(low + limit, self._count)))
        return [to_text(found) for found in words if found.startswith(wanted)]

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` words, in row order, that begin with `prefix`; mapped words come last."""
        try:
            wanted = to_bytes(prefix)
        except UnicodeEncodeError:  # surrogates that no bytes decode to
            return []
        places = range(self._count)
        start = bisect_left(places, wanted, key=self._word_at)
        stop = bisect_right(places, wanted, key=lambda place: self._word_at(place)[: len(wanted)])
        numbers = np.zeros((stop - start, 8), dtype=np.uint8)
        numbers[:, : self._order_width] = self.order[start:stop]
        first = np.sort(numbers.view("<u8")[:, 0])[: max(limit, 0)]
        inside = np.minimum(first, self._count - 1).astype(np.int64)  # a damaged file must not lead outside
        return [to_text(word) for word in self._spellings.words(inside)]

    def _word_at(self, place: int) -> bytes:
        """The word at a place of the sorted ones."""
        return self._spellings.word(self._number_at(place))

    def _number_at(self, place: int) -> int:
        """The number of the word at a place of the sorted ones."""
        start = place * self._order_width
        number = int.from_bytes(self._order_view[start : start + self._order_width], "little")
        return number if number < self._count else self._count - 1  # a damaged file must not lead outside

    @cached_property
    def _landmarks(self) -> list[bytes]:
        numbers = [self._number_at(place) for place in range(0, self._count, STRIDE)]
        return self._spellings.words(np.array(numbers, dtype=np.int64))

    @cached_property
    def _hashes(self) -> Hashes:
        return Hashes(self._spellings)


class Spellings:
    """Words' bytes by the words' numbers; whatever lengths a damaged file gives, no position outside the text is read.

    Parameters
    ----------
    text : (t,) uint8
    lengths : (n,) uint8
    long_lengths : (l,) int64
        As in `Vocabulary`.
    """

    def __init__(self, text: Bytes, lengths: Bytes, long_lengths: Integers) -> None:
        self.text = text
        self._lengths = lengths
        self._long_lengths = long_lengths
        # Slices of memoryviews take a third of the time that slices of arrays do.
        self._text_view = text.data
        self._lengths_view = lengths.data

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[bytes]:
        for block in blocks(len(self), BLOCK_WORDS):
            yield from self._cut(*self.run(block))

    def word(self, number: int) -> bytes:
        """The bytes of one word."""
        block = number // START_STRIDE
        sizes = self._lengths_view[block * START_STRIDE : number + 1].tobytes()
        if ESCAPE in sizes:
            return self.words(np.array([number]))[0]
        end = self._starts_view[block] + sum(sizes)
        return self._text_view[end - sizes[-1] : end].tobytes()

    def words(self, numbers: Integers) -> list[bytes]:
        """The bytes of the words with these numbers (k,)."""
        return [word for block in blocks(len(numbers)) for word in self._cut(*self.spans(numbers[block]))]

    def spans(self, numbers: Integers) -> tuple[Integers, Integers]:
        """Where in the text words (k,) start, and how many bytes they have, (k,) int64 each."""
        first = numbers // START_STRIDE * START_STRIDE
        runs = windows(self._lengths, START_STRIDE)
        held = np.minimum(first, len(runs) - 1)
        places = held[:, None] + np.arange(START_STRIDE)
        before = (first[:, None] <= places) & (places < numbers[:, None])
        lengths = runs[held].view(np.uint8).reshape(places.shape) * before
        starts = self._starts[first // START_STRIDE] + lengths.sum(axis=1, dtype=np.int64)
        sizes: Integers = self._lengths[numbers].astype(np.int64)
        if len(self._long_rows):
            excess = np.append(0, np.cumsum(self._long_lengths - ESCAPE))
            place = np.searchsorted(self._long_rows, numbers)
            starts += excess[place] - excess[np.searchsorted(self._long_rows, first)]
            long = sizes == ESCAPE
            sizes[long] = self._long_lengths[place[long]]
        return self._within(starts, sizes)

    def run(self, numbers: slice) -> tuple[Integers, Integers]:
        """As `spans`, of words whose numbers follow each other from a multiple of `START_STRIDE` on."""
        sizes = self._sizes(numbers)
        ends = self._starts[numbers.start // START_STRIDE] + np.cumsum(sizes)
        return self._within(ends - sizes, sizes)

    def _cut(self, starts: Integers, sizes: Integers) -> Iterator[bytes]:
        for start, end in zip(starts.tolist(), (starts + sizes).tolist(), strict=True):
            yield self._text_view[start:end].tobytes()

    def _within(self, starts: Integers, sizes: Integers) -> tuple[Integers, Integers]:
        starts = np.clip(starts, 0, len(self.text))
        return starts, np.clip(sizes, 0, len(self.text) - starts)

    @cached_property
    def _starts(self) -> Integers:
        """Text position of every `START_STRIDE`-th word."""
        sums = [np.zeros(1, dtype=np.int64)]
        for block in blocks(len(self), BLOCK_WORDS):  # so that no 8-byte copy of all lengths is made
            sizes = self._sizes(block)
            sums.append(np.add.reduceat(sizes, np.arange(0, len(sizes), START_STRIDE)))
        return np.cumsum(np.concatenate(sums))

    @cached_property
    def _starts_view(self) -> memoryview:
        return self._starts.data

    @cached_property
    def _long_rows(self) -> Integers:
        rows = np.flatnonzero(self._lengths == ESCAPE)
        if len(rows) != len(self._long_lengths):
            raise FormatError(
                f"{len(rows)} words have {ESCAPE} bytes or more, yet lengths of {len(self._long_lengths)} are given: "
                "the file is damaged, check it with: embcompress verify FILE"
            )
        return rows

    def _sizes(self, numbers: slice) -> Integers:
        sizes = self._lengths[numbers].astype(np.int64)
        low, high = np.searchsorted(self._long_rows, [numbers.start, numbers.stop])
        sizes[self._long_rows[low:high] - numbers.start] = self._long_lengths[low:high]
        return sizes


class Hashes:
    """Numbers of words by hashes of their bytes, for many words at a time; 8 bytes a word.

    A sorted array of numbers whose high bits are a word's hash and whose low bits are the word's number.

    Parameters
    ----------
    spellings : Spellings
        At least one word.
    """

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._number_mask = np.uint64((1 << (len(spellings) - 1).bit_length()) - 1)
        self._keys = np.arange(len(spellings), dtype=np.uint64)
        for block in blocks(len(spellings), BLOCK_WORDS):
            self._keys[block] |= self._hash_bits(spellings.text, *spellings.run(block))
        self._keys.sort()

    def numbers(self, text: Bytes, starts: Integers, sizes: Integers) -> tuple[Integers, Mask]:
        """Look up the words that start at `starts` (k,) of a text and have `sizes` (k,) bytes.

        Returns
        -------
        numbers : (k,) int64
            -1 for words that are not there.
        unsure : (k,) bool
            Words whose hash is there, but whose bytes are other ones or too many to be compared here.
        """
        wanted = self._hash_bits(text, starts, sizes)
        order = np.argsort(wanted)  # ascending, searches find the memory near that the last one read
        places = np.empty(len(wanted), dtype=np.int64)
        places[order] = np.searchsorted(self._keys, wanted[order])
        keys = self._keys[np.minimum(places, len(self._keys) - 1)]
        numbers = (keys & self._number_mask).astype(np.int64)
        alike = np.flatnonzero(keys & ~self._number_mask == wanted)
        same = np.zeros(len(numbers), dtype=np.bool_)
        other_starts, other_sizes = self._spellings.spans(numbers[alike])
        same[alike] = _equal(text, starts[alike], sizes[alike], self._spellings.text, other_starts, other_sizes)
        unsure = np.zeros(len(numbers), dtype=np.bool_)
        unsure[alike] = ~same[alike]
        return np.where(same, numbers, -1), unsure

    def _hash_bits(self, text: Bytes, starts: Integers, sizes: Integers) -> Unsigned:
        hashes = sizes.astype(np.uint64) * HASH_MULTIPLIER
        for rows, eight in _first_bytes(text, starts, sizes):
            mixed = (hashes[rows] ^ eight) * HASH_MULTIPLIER
            hashes[rows] = mixed ^ (mixed >> np.uint64(32))
        return hashes * HASH_MULTIPLIER & ~self._number_mask


def _first_bytes(text: Bytes, starts: Integers, sizes: Integers) -> Iterator[tuple[Integers, Unsigned]]:
    """The first `HASHED_BYTES` of runs of a text, eight at a time: which runs go so far, and these bytes as numbers."""
    eights = windows(text, 8)
    for offset in range(0, HASHED_BYTES, 8):
        rows = np.flatnonzero(sizes > offset)
        if not len(rows):
            return
        first = starts[rows] + offset
        held = np.minimum(first, len(eights) - 1)
        eight = eights[held].view("<u8").astype(np.uint64) >> (8 * (first - held)).astype(np.uint64)
        eight &= LOW_BYTES[np.minimum(sizes[rows] - offset, 8)]
        yield rows, eight


def _equal(
    text: Bytes, starts: Integers, sizes: Integers, other: Bytes, other_starts: Integers, other_sizes: Integers
) -> Mask:
    """Whether runs of two texts are the same bytes, and no more than `HASHED_BYTES`."""
    equal: Mask = (sizes == other_sizes) & (sizes <= HASHED_BYTES)
    sizes = np.where(equal, sizes, 0)
    both = zip(_first_bytes(text, starts, sizes), _first_bytes(other, other_starts, sizes), strict=True)
    for (rows, eight), (_, other_eight) in both:
        equal[rows] &= eight == other_eight
    return equal


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
