"""Labelled texts as a task: texts of one label are to be closer than texts of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Floats, Integers, directions
from embcompress.distill.hard_loss import LabelledPairs
from embcompress.evaluation._answers import Answers
from embcompress.evaluation.text_means import mean_directions

PAIRS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class TextTask:
    """Labelled texts.

    Parameters
    ----------
    texts : sequence of list of int
        Rows of each text's words in a table, one at least.
    labels : (t,) int64
    """

    texts: Sequence[list[int]]
    labels: Integers
    items = "texts"
    measure = "accuracy by the nearest mean of a label's texts"

    @classmethod
    def known(cls, labels: Sequence[str], texts: Sequence[str], table: Answers) -> TextTask:
        """The texts of which a table has words, tokens separated by white space."""
        rows = [[row for token in text.split() if (row := table.find(token)) is not None] for text in texts]
        kept = [place for place, listed in enumerate(rows) if listed]
        numbers = np.unique(labels, return_inverse=True)[1]
        return cls([rows[place] for place in kept], numbers[kept])

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def varies(self) -> bool:
        """Whether labels differ."""
        return len(self) > 0 and bool(np.ptp(self.labels) > 0)

    def draw(self, items: Integers, generator: np.random.Generator) -> tuple[Integers, LabelledPairs]:
        """Rows of the words of some texts, and pairs of these texts; about half of them have one label."""
        first = generator.choice(items, PAIRS_AT_ONCE)
        second = generator.choice(items, PAIRS_AT_ONCE)
        for place in range(0, PAIRS_AT_ONCE, 2):
            second[place] = generator.choice(items[self.labels[items] == self.labels[first[place]]])
        words = np.unique(np.concatenate([self.texts[item] for item in (*first, *second)]))
        alike = (self.labels[first] == self.labels[second]).astype(np.float32)
        return words, LabelledPairs(self._shares(first, words), self._shares(second, words), alike)

    def value(self, units: Callable[[Integers], Floats], learned: Integers, items: Integers, /) -> float:
        """Share of texts that are closest to the mean of their own label's learned texts."""
        every = directions(self._means(units, np.concatenate([learned, items])))
        known, asked = every[: len(learned)], every[len(learned) :]
        names = np.unique(self.labels[learned])
        means = directions(np.stack([known[self.labels[learned] == name].mean(axis=0) for name in names]))
        return float((names[(asked @ means.T).argmax(axis=1)] == self.labels[items]).mean())

    def _means(self, units: Callable[[Integers], Floats], items: Integers) -> Floats:
        """Mean direction of each text's words, (k, d)."""
        dims = units(np.zeros(1, dtype=np.int64)).shape[1]
        return mean_directions([self.texts[item] for item in items], lambda rows: units(np.array(rows)), dims)

    def _shares(self, items: Integers, words: Integers) -> Floats:
        """Shares of words in texts, (k, n) float32."""
        shares = np.zeros((len(items), len(words)), dtype=np.float32)
        for place, item in enumerate(items):
            np.add.at(shares[place], np.searchsorted(words, self.texts[item]), 1 / len(self.texts[item]))
        return shares
