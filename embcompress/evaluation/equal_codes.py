"""Words that became indistinguishable: rows whose codes are the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embcompress.arrays import Bytes, Integers, blocks
from embcompress.evaluation._answers import Answers

HASH_SEED = 0
"""Which multipliers the hash takes; the groups do not depend on it."""

LISTED = 10
"""Words of a group that are named, the first by row."""


@dataclass(frozen=True)
class EqualGroup:
    """Words with one code.

    Parameters
    ----------
    size : int
        How many words there are.
    words : tuple of str
        The first `LISTED` of them.
    least_cosine : float or None
        In the original, of the two words listed that are least alike: near 1 the words were twins before. None if the
        original has fewer than two of them.
    """

    size: int
    words: tuple[str, ...]
    least_cosine: float | None


@dataclass(frozen=True)
class EqualCodes:
    """All words that share their code with another; lengths, which are stored beside the codes, are not compared.

    Parameters
    ----------
    words, groups : int
        Words in groups, and groups.
    largest : tuple of EqualGroup
        The largest first, equally large ones by row.
    """

    words: int
    groups: int
    largest: tuple[EqualGroup, ...]


def equal_codes(original: Answers, words: Sequence[str], codes: Bytes, count: int) -> EqualCodes:
    """Find the groups among all rows and describe the `count` largest.

    Parameters
    ----------
    original : Answers
        Tells how alike the words were.
    words : sequence of str
        By row of `codes`.
    codes : (n, code_size) uint8
    count : int
    """
    groups = equal_rows(codes)
    named = [(len(rows), tuple(words[row] for row in rows[:LISTED].tolist())) for rows in groups[:count]]
    largest = tuple(EqualGroup(size, listed, _least_cosine(original, listed)) for size, listed in named)
    return EqualCodes(sum(map(len, groups)), len(groups), largest)


def equal_rows(codes: Bytes) -> list[Integers]:
    """Groups of two or more rows with the same bytes, each ascending; largest first, then by first row.

    Rows are sorted by a hash of 8 bytes, and only those that share theirs are compared byte by byte, so that no copy
    of all codes is made.

    Parameters
    ----------
    codes : (n, code_size) uint8
    """
    hashes = _hashes(codes)
    order = np.argsort(hashes)
    alike = hashes[order[1:]] == hashes[order[:-1]]
    candidates = np.union1d(order[1:][alike], order[:-1][alike])
    if not len(candidates):
        return []
    whole_rows = np.ascontiguousarray(codes[candidates]).view(np.dtype((np.void, codes.shape[1]))).ravel()
    _, group, sizes = np.unique(whole_rows, return_inverse=True, return_counts=True)
    grouped = np.split(candidates[np.argsort(group, kind="stable")], np.cumsum(sizes)[:-1])
    return sorted((rows for rows in grouped if len(rows) > 1), key=lambda rows: (-len(rows), int(rows[0])))


def _hashes(codes: Bytes) -> NDArray[np.uint64]:
    """A number for each row, (n,) uint64: its 8-byte words times random odd numbers, summed modulo 2**64."""
    width = -(-codes.shape[1] // 8)
    multipliers = np.random.default_rng(HASH_SEED).integers(2**64, size=width, dtype=np.uint64) | np.uint64(1)
    hashes = np.empty(len(codes), dtype=np.uint64)
    for rows in blocks(len(codes)):
        padded = np.zeros((rows.stop - rows.start, width * 8), dtype=np.uint8)
        padded[:, : codes.shape[1]] = codes[rows]
        hashes[rows] = (padded.view(np.uint64) * multipliers).sum(axis=1)
    return hashes


def _least_cosine(original: Answers, words: tuple[str, ...]) -> float | None:
    rows = [row for word in words if (row := original.find(word)) is not None]
    if len(rows) < 2:
        return None
    units = original.units(np.array(rows, dtype=np.int64))
    return min(float(first @ second) for first, second in itertools.combinations(units, 2))
