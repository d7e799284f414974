"""Words that training never sees, and how many of their neighbours a student keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, blocks
from embcompress.distill.batches import chosen_words
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._nearest import nearest_rows
from embcompress.evaluation._rows import draw_rows

WORDS = 500
"""Held out, of large tables."""

SHARE = 0.1
"""Held out at most, of small ones."""

AMONG = 50_000
"""Words that their neighbours are sought among: among few, neighbours are far apart, and what separates them is another
matter."""

NEIGHBOURS = 10


class Kept(NamedTuple):
    """Share of the ten nearest neighbours that a student keeps, of words it was not trained on.

    Parameters
    ----------
    exact_query : float
        Queries are the teacher's vectors; equal to `both_coded` for a student whose vectors are of another length.
    both_coded : float
        Queries are the student's.
    """

    exact_query: float
    both_coded: float

    @property
    def mean(self) -> float:
        """Of both: what decides which step was best."""
        return (self.exact_query + self.both_coded) / 2


class Watched:
    """Held-out words, and their true neighbours among words drawn at random.

    Parameters
    ----------
    teacher : Answers
        n words.
    seed : int

    Attributes
    ----------
    held_out : (n,) bool
        Words that are not to be trained on.
    """

    def __init__(self, teacher: Answers, *, seed: int) -> None:
        count = len(teacher)
        among = draw_rows(count, AMONG, seed)
        self._teacher = teacher
        self._among = among
        self._own: Integers = draw_rows(len(among), min(WORDS, max(1, int(SHARE * count))), seed + 1)
        self.held_out: Mask = np.zeros(count, dtype=bool)
        self.held_out[among[self._own]] = True
        self._table = chosen_words(teacher, among)
        self._k = min(NEIGHBOURS, len(among) - 1)
        self._queries = self._table.units(self._own)
        self._true = nearest_rows(self._table, self._queries, self._k, self._own)[1]

    def kept(self, student: Callable[[Integers, Floats], Floats]) -> Kept:
        """How much a student keeps.

        Parameters
        ----------
        student : callable
            Gives the student's directions (k, e) of words, for their places (k,) in the teacher and directions (k, d).
        """
        parts = [self._among[part] for part in blocks(len(self._among))]
        units = np.concatenate([student(places, self._teacher.units(places)) for places in parts])
        table = replace(self._table, dims=units.shape[1], units=lambda rows: units[rows])
        coded = units[self._own]
        both = self._overlap(table, coded)
        return Kept(self._overlap(table, self._queries) if coded.shape == self._queries.shape else both, both)

    def _overlap(self, table: Answers, queries: Floats) -> float:
        found = nearest_rows(table, queries, self._k, self._own)[1]
        return float((self._true[:, :, None] == found[:, None, :]).any(axis=2).mean())
