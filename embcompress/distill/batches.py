"""What a step of training looks at: close words, words at random, and queries among them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, blocks
from embcompress.distill.devices import Array, Device
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._nearest import nearest_rows

ANCHORS = 5000
"""Words whose neighbours are looked up; batches gather around some of them."""

NEIGHBOURS = 30
"""Of each anchor: a batch holds what a neighbour could be mistaken for, not only the ten that count. They are also what
may stand with it in an analogy question."""

GROUPS = 100
"""Anchors of a batch, each with its neighbours."""

OTHERS = 2000
"""Words of a batch that are drawn at random; of small tables a quarter."""

QUESTIONS = 300
"""Queries of a batch that are analogy questions, beside its anchors: with 50, codes that keep many lose some."""

QUERIES_AT_ONCE = 1000


class Batch(NamedTuple):
    """Words of a step, and the queries that are asked among them.

    Parameters
    ----------
    places : (n,) int64
        Of the words among those the teacher has.
    x : (n, d)
        Their directions.
    queries : (m, n)
        Each query as a sum of words: 1 for a word itself, ``b - a + c`` for an analogy question.
    """

    places: Integers
    x: Array
    queries: Array


class Batches:
    """Draws batches; step and seed alone decide what is drawn.

    An analogy question takes a close word b and another one c of an anchor a: relations of real questions hold between
    close words (king, queen), and are carried to words that are close too (man, woman).

    Parameters
    ----------
    teacher : Answers
        Of the words that are trained on and held out.
    held_out : (n,) bool
        Words that no batch holds.
    device : Device
    seed : int
    """

    def __init__(self, teacher: Answers, held_out: Mask, device: Device, *, seed: int) -> None:
        self._teacher = teacher
        self._device = device
        self._seed = seed
        self._words: Integers = np.flatnonzero(~held_out)
        count = min(ANCHORS, len(self._words))
        self._anchors = np.random.default_rng(seed).choice(self._words, count, replace=False)
        self._close = self._neighbours()

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        generator = np.random.default_rng([self._seed, step])
        drawn = generator.choice(len(self._anchors), min(GROUPS, len(self._anchors)), replace=False)
        others = generator.choice(self._words, min(OTHERS, len(self._words) // 4), replace=False)
        groups = np.concatenate([self._anchors[drawn][:, None], self._close[drawn]], axis=1)  # (groups, 1 + k)
        places = np.unique(np.concatenate([groups.ravel(), others]))
        groups = np.searchsorted(places, groups)
        queries = np.zeros((len(groups) + QUESTIONS, len(places)), dtype=np.float32)
        queries[np.arange(len(groups)), groups[:, 0]] = 1
        _ask_analogies(queries[len(groups) :], groups, generator)
        return Batch(places, self._device.put(self._teacher.units(places)), self._device.put(queries))

    def _neighbours(self) -> Integers:
        """The nearest words of each anchor that are not held out, (anchors, k)."""
        trained = chosen_words(self._teacher, self._words)
        k = min(NEIGHBOURS, len(self._words) - 1)
        own = np.searchsorted(self._words, self._anchors)
        found = [
            nearest_rows(trained, trained.units(own[part]), k, own[part])[1]
            for part in blocks(len(own), QUERIES_AT_ONCE)
        ]
        return np.asarray(self._words[np.concatenate(found)])


def _ask_analogies(queries: Floats, groups: Integers, generator: np.random.Generator) -> None:
    """Fill queries (m, n) of zeros with questions ``b - a + c`` about words of groups (g, 1 + k), a their first."""
    rows = np.arange(len(queries))
    asked = groups[generator.integers(len(groups), size=len(queries))]
    a, close = asked[:, 0], asked[:, 1:]
    b, c = generator.permuted(close, axis=1)[:, :2].T
    queries[rows, b] = 1
    queries[rows, c] = 1
    queries[rows, a] = -1


def chosen_words(table: Answers, rows: Integers) -> Answers:
    """Some of a table's words, as a table of these alone."""
    words = [table.words[row] for row in rows.tolist()]
    return replace(table, words=words, units=lambda chosen: table.units(rows[chosen]))
