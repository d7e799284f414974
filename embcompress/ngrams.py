"""Character n-grams hashed to buckets as fastText does it (Bojanowski et al. 2017): vectors of words are made of them.

The hash is 32-bit FNV-1a over the UTF-8 bytes, but each byte is a signed one, so that bytes from 128 on flip the upper
24 bits as well. A character is a byte and the continuation bytes (10xxxxxx) after it, whether that is UTF-8 or not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embcompress.arrays import Integers, Mask

Hashes = NDArray[np.uint32]

FNV_OFFSET, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
BEGIN, END = b"<", b">"

LONGEST_NGRAM = 64
"""Characters of an n-gram that a file is believed: a damaged one must not lead to n-grams without number."""

MOST_BUCKETS = (1 << 31) - 1
"""Buckets that a file is believed; fastText counts them in 32 bits with a sign."""


def ngram_buckets(word: str, minn: int, maxn: int, buckets: int) -> list[int]:
    """The bucket of every n-gram of a word, ``<`` and ``>`` around it, in fastText's order.

    Parameters
    ----------
    word : str
        Bytes that were not UTF-8 as lone surrogates.
    minn, maxn : int
        Shortest and longest n-gram, in characters.
    buckets : int
        Numbers that n-grams are hashed to.

    Returns
    -------
    list of int
        Below `buckets`; empty if `maxn` or `buckets` is 0, or the word holds surrogates that no bytes decode to.
    """
    try:
        content = word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return []
    found: list[int] = ngrams_of_words([content], minn, maxn, buckets)[0].tolist()
    return found


def ngrams_of_words(words: Sequence[bytes], minn: int, maxn: int, buckets: int) -> tuple[Integers, Integers]:
    """The buckets of all n-grams of several words, and how many n-grams each word has.

    Takes some ``8 * (maxn - minn + 1)`` bytes of memory a byte of `words`.

    Parameters
    ----------
    words : sequence of bytes
    minn, maxn, buckets : int
        As for `ngram_buckets`.

    Returns
    -------
    tuple of (g,) int64 and (len(words),) int64
        Buckets word after word, and the number of each word's.
    """
    text = np.frombuffer(b"".join([BEGIN + word + END for word in words]), dtype=np.uint8)
    word_ends = np.cumsum([len(BEGIN + END) + len(word) for word in words], dtype=np.int64)
    starts = np.flatnonzero((text & 0xC0) != 0x80)  # (c,) where characters begin
    characters = np.arange(len(starts))
    after = np.searchsorted(starts, word_ends)  # the character behind each word
    before = np.concatenate([[0], after[:-1]]) if len(words) else after  # and its first one
    left = np.repeat(after, after - before) - characters  # (c,) characters up to the word's end
    shortest, longest = max(minn, 1), min(maxn, int(left.max(initial=0)))
    if longest < shortest or not buckets:
        return np.zeros(0, dtype=np.int64), np.zeros(len(words), dtype=np.int64)
    is_ngram = left[:, None] >= np.arange(shortest, longest + 1)  # (c, sizes)
    if shortest == 1:
        is_ngram[before, 0] = is_ngram[after - 1, 0] = False  # "<" and ">" alone
    hashes = _hashes(text.view(np.int8), starts, left, shortest, longest)
    found = hashes[is_ngram] % np.uint32(buckets)  # row after row: by first character, then by size
    return found.astype(np.int64), np.add.reduceat(is_ngram.sum(axis=1), before)


def _hashes(text: NDArray[np.int8], starts: Integers, left: Integers, shortest: int, longest: int) -> Hashes:
    """The hash of the n-gram of every size that begins at every character, (c, sizes); 0 where the word is too short.

    All n-grams grow by one character at a time: an n-gram's hash goes on from that of the n-gram one shorter.
    """
    signed = text.astype(np.int32).view(np.uint32)
    lengths = np.diff(starts, append=len(text))
    hashes = np.zeros((len(starts), longest - shortest + 1), dtype=np.uint32)
    so_far = np.full(len(starts), FNV_OFFSET)
    for size in range(1, longest + 1):
        growing = np.flatnonzero(left >= size)
        added = growing + size - 1
        _hash_characters(so_far, growing, signed, starts[added], lengths[added])
        if size >= shortest:
            hashes[growing, size - shortest] = so_far[growing]
    return hashes


def _hash_characters(hashes: Hashes, which: Integers, signed: Hashes, starts: Integers, lengths: Integers) -> None:
    """Take one character, `lengths` bytes from `starts` on, into each of the chosen hashes, in place."""
    byte = 0
    while len(which):
        hashes[which] = (hashes[which] ^ signed[starts + byte]) * FNV_PRIME
        byte += 1
        longer = np.flatnonzero(lengths > byte)
        which, starts, lengths = which[longer], starts[longer], lengths[longer]


def kept_places(kept: Integers, buckets: Integers) -> tuple[Integers, Mask]:
    """Where buckets stand among the kept ones.

    Parameters
    ----------
    kept : (k,) int, ascending
    buckets : (n,) int

    Returns
    -------
    places : (n,) int64
    there : (n,) bool
        Whether a bucket is kept; if not, its place means nothing.
    """
    if not len(kept):
        return np.zeros(len(buckets), dtype=np.int64), np.zeros(len(buckets), dtype=np.bool_)
    places = np.minimum(np.searchsorted(kept, buckets), len(kept) - 1)
    return places, kept[places] == buckets
