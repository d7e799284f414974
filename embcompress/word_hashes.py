"""Words found by hashes of their bytes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Integers, Mask, Unsigned, blocks, windows
from embcompress.spellings import BLOCK_WORDS, Spellings

HASHED_BYTES = 64
"""Hashes see a word's length and its first bytes, so that a file of huge words costs no more steps than any other."""

HASH_MULTIPLIER = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio (D. Knuth, The Art of Computer Programming 3, 6.4)."""

HASH_MASK = (1 << 64) - 1
"""Keeps Python's whole numbers to the 64 bits that an array's have anyway."""

LOW_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
"""Masks of a number's lowest 0 to 8 bytes."""


class WordHashes:
    """Numbers of words by hashes of their bytes, for many words at a time; 8 bytes a word.

    A sorted array of numbers whose high bits are a word's hash and whose low bits are the word's number.

    Parameters
    ----------
    spellings : Spellings
        At least one word.
    """

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._number_mask = (1 << (len(spellings) - 1).bit_length()) - 1
        self._hash_mask = HASH_MASK ^ self._number_mask
        self._keys = np.arange(len(spellings), dtype=np.uint64)
        for block in blocks(len(spellings), BLOCK_WORDS):
            self._keys[block] |= self._hash_bits(spellings.text, *spellings.run(block))
        self._keys.sort()
        self._keys_view = self._keys.data

    def number(self, word: bytes) -> tuple[int | None, bool]:
        """As `numbers`, of one word; None where it is not there."""
        if len(word) > HASHED_BYTES:
            return None, True
        mixed = len(word)
        for offset in range(0, len(word), 8):
            mixed = _mixed(mixed, int.from_bytes(word[offset : offset + 8], "little"))
        wanted = _mixed(mixed, 0) & self._hash_mask
        place = bisect_left(self._keys_view, wanted)
        key = self._keys_view[place] if place < len(self._keys_view) else 0
        number = key & self._number_mask
        if key & self._hash_mask != wanted:
            return None, False
        return number, self._spellings.word(number) != word

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
        alike = np.flatnonzero(keys & self._hash_mask == wanted)
        same = np.zeros(len(numbers), dtype=np.bool_)
        other_starts, other_sizes = self._spellings.spans(numbers[alike])
        same[alike] = _equal(text, starts[alike], sizes[alike], self._spellings.text, other_starts, other_sizes)
        unsure = np.zeros(len(numbers), dtype=np.bool_)
        unsure[alike] = ~same[alike]
        return np.where(same, numbers, -1), unsure

    def _hash_bits(self, text: Bytes, starts: Integers, sizes: Integers) -> Unsigned:
        hashes = sizes.astype(np.uint64)
        for rows, eight in _first_bytes(text, starts, sizes):
            hashes[rows] = _mixed(hashes[rows], eight)
        return np.asarray(_mixed(hashes, 0) & self._hash_mask)


def _mixed(hashes: Any, eight: Any) -> Any:
    """Hashes of 64 bits that have seen eight more bytes: a number, or an array of uint64."""
    product = (hashes ^ eight) * HASH_MULTIPLIER & HASH_MASK
    return product ^ product >> 32


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
