"""Words that became indistinguishable: rows whose codes are the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Integers
from embcompress.evaluation._answers import Answers
from embcompress.segment import CodedRows
from embcompress.shared_codes import Codes, row_hashes

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


def equal_codes(original: Answers, words: Sequence[str], rows: CodedRows, count: int) -> EqualCodes:
    """Find the groups among all rows and describe the `count` largest.

    Parameters
    ----------
    original : Answers
        Tells how alike the words were.
    words : sequence of str
        By row.
    rows : CodedRows
        Those of different segments are never equal: they stand for different vectors.
    count : int
    """
    groups: list[Integers] = []
    start = 0
    for part in rows.parts:
        groups += [start + group for group in equal_rows(part.codes)]
        start += len(part)
    groups.sort(key=_largest_first)
    named = [(len(rows), tuple(words[row] for row in rows[:LISTED].tolist())) for rows in groups[:count]]
    largest = tuple(EqualGroup(size, listed, _least_cosine(original, listed)) for size, listed in named)
    return EqualCodes(sum(map(len, groups)), len(groups), largest)


def equal_rows(codes: Codes) -> list[Integers]:
    """Groups of two or more rows with the same bytes, each ascending; largest first, then by first row.

    Rows are sorted by a hash of 8 bytes, and only those that share theirs are compared byte by byte, so that no copy
    of all codes is made.

    Parameters
    ----------
    codes : (n, code_size) uint8
    """
    hashes = row_hashes(codes)
    order = np.argsort(hashes)
    alike = hashes[order[1:]] == hashes[order[:-1]]
    candidates = np.union1d(order[1:][alike], order[:-1][alike])
    if not len(candidates):
        return []
    whole_rows = np.ascontiguousarray(codes[candidates]).view(np.dtype((np.void, codes.shape[1]))).ravel()
    _, group, sizes = np.unique(whole_rows, return_inverse=True, return_counts=True)
    grouped = np.split(candidates[np.argsort(group, kind="stable")], np.cumsum(sizes)[:-1])
    return sorted((rows for rows in grouped if len(rows) > 1), key=_largest_first)


def _largest_first(rows: Integers) -> tuple[int, int]:
    return -len(rows), int(rows[0])


def _least_cosine(original: Answers, words: tuple[str, ...]) -> float | None:
    rows = [row for word in words if (row := original.find(word)) is not None]
    if len(rows) < 2:
        return None
    units = original.units(np.array(rows, dtype=np.int64))
    return min(float(first @ second) for first, second in itertools.combinations(units, 2))
