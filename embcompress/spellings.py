"""Words' bytes, by the words' numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from embcompress.arrays import Bytes, Integers, blocks, windows
from embcompress.errors import FormatError

ESCAPE = 255
"""In `lengths`: the word is this long or longer, and its length stands in `long_lengths`."""

START_STRIDE = 16
"""Every how many words a text position is kept in memory."""

BLOCK_WORDS = 1 << 14
"""Words handled at a time where all are walked; a multiple of `START_STRIDE`."""


class Spellings:
    """Words' bytes by the words' numbers; whatever lengths a damaged file gives, no position outside the text is read.

    Parameters
    ----------
    text : (t,) uint8
    lengths : (n,) uint8
    long_lengths : (l,) int64
        As in `Vocabulary`.
    file : str
        The file they were read from, for errors.
    """

    def __init__(self, text: Bytes, lengths: Bytes, long_lengths: Integers, file: str = "") -> None:
        self.text = text
        self._file = file
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
        places = np.arange(START_STRIDE, dtype=np.uint8)
        # The last words' run begins before theirs: the lengths in front of `first` do not count either.
        before = (places >= _column(first - held)) & (places < _column(numbers - held))
        lengths = runs[held].view(np.uint8).reshape(before.shape) * before
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
        starts = np.cumsum(np.concatenate(sums))
        if starts[-1] != len(self.text):
            raise self._error(f"array 'words.lengths' adds up to {starts[-1]} bytes, 'words.text' has {len(self.text)}")
        return starts

    @cached_property
    def _starts_view(self) -> memoryview:
        return self._starts.data

    @cached_property
    def _long_rows(self) -> Integers:
        rows = np.flatnonzero(self._lengths == ESCAPE)
        if len(rows) != len(self._long_lengths):
            given = len(self._long_lengths)
            raise self._error(f"{len(rows)} words have {ESCAPE} bytes or more, 'words.long_lengths' gives {given}")
        return rows

    def _error(self, text: str) -> FormatError:
        return FormatError(f"{self._file}: {text}: the file is damaged, check it with: embcompress verify FILE")

    def _sizes(self, numbers: slice) -> Integers:
        sizes = self._lengths[numbers].astype(np.int64)
        low, high = np.searchsorted(self._long_rows, [numbers.start, numbers.stop])
        sizes[self._long_rows[low:high] - numbers.start] = self._long_lengths[low:high]
        return sizes


def _column(small: Integers) -> Bytes:
    """Numbers (k,) below 256 as a column (k, 1)."""
    return small.astype(np.uint8)[:, None]
