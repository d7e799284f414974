"""What n-grams learn of a table: rows whose sums are close to the vectors of words (Zhao et al. 2018)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, directions, row_norms
from embcompress.distill.ngram_counts import LONGEST, SHORTEST, known_ngrams
from embcompress.distill.ridge import ridge
from embcompress.encode import Progress, no_progress
from embcompress.errors import UsageError
from embcompress.evaluation._rows import draw_rows
from embcompress.ngrams import MOST_BUCKETS
from embcompress.table import NgramRows, Table

BUCKETS = 1 << 21
"""So many that few of the n-grams that are kept share one; buckets without a row cost nothing."""

ROWS = 125_000
"""Of n-grams, at most: 20 MB at 4 bits a dimension and 300 dimensions."""

MOST_WORDS = 200_000
"""That are trained on, the first ones."""

FEWEST_WORDS = 100
"""That can be learned from, and held out."""

HELD_OUT = 2000
"""Words that the accuracy is measured on, and as many that decide the penalty; of small tables a tenth."""

PENALTIES = (1.5, 3.0, 6.0, 12.0, 24.0)

FADING = -0.25
"""Rows of n-grams are expected to be as large as their count to this power: frequent ones mean less."""

SKETCH = 64
"""Dimensions in which penalties are compared: random ones keep mean cosines."""


@dataclass(frozen=True)
class SubwordRecipe:
    """How rows of n-grams are learned.

    Parameters
    ----------
    buckets : int
        Numbers that n-grams are hashed to.
    rows : int
        How many n-grams get a row, at most: the most frequent ones.
    seed : int
        Decides which words are held out.

    Raises
    ------
    UsageError
        If buckets or rows are not 1 to 2,147,483,647.
    """

    buckets: int = BUCKETS
    rows: int = ROWS
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("buckets", self.buckets), ("rows", self.rows)):
            if not 1 <= value <= MOST_BUCKETS:
                raise UsageError(f"{name} = {value}: give 1 to {MOST_BUCKETS}, such as {getattr(SubwordRecipe, name)}")

    def facts(self) -> dict[str, Any]:
        """What decides the result."""
        return asdict(self)


class SubwordLesson:
    """What n-grams learn of a table.

    Parameters
    ----------
    teacher : Table
    recipe : SubwordRecipe
    progress : callable

    Attributes
    ----------
    held_out : (k,) int64
        Rows of the words that the accuracy is measured on.

    Raises
    ------
    UsageError
        If the table has too few words, or rows of n-grams already.
    """

    def __init__(self, teacher: Table, recipe: SubwordRecipe, progress: Progress = no_progress) -> None:
        if teacher.ngrams is not None:
            raise UsageError(
                f"the table has {teacher.ngrams.vectors.shape[0]:,} rows of n-grams of its own: "
                "shrink keeps them, and --ngrams N the most useful ones"
            )
        count = min(len(teacher), MOST_WORDS)
        if count < FEWEST_WORDS:
            raise UsageError(f"the table has {count} words: at least {FEWEST_WORDS} are needed to learn n-grams from")
        self._teacher = teacher
        self._progress = progress
        self.recipe = recipe
        self._words = list(islice(teacher.words.every_word(), count))
        self.held_out = draw_rows(count, min(HELD_OUT, count // 10), recipe.seed)

    def penalty(self) -> float:
        """The penalty at which words that are neither trained on nor held out come closest to the teacher's."""
        rest = self.without(self.held_out)
        tried = rest[draw_rows(len(rest), len(self.held_out), self.recipe.seed + 1)]
        task = _Task(self, np.setdiff1d(rest, tried))
        sketch = np.random.default_rng(self.recipe.seed).standard_normal((self._teacher.dims, SKETCH))
        flat = (sketch / np.sqrt(SKETCH)).astype(np.float32)
        counts, truth = task.known.of(self.words(tried)), directions(self.directions(tried) @ flat)
        reached = []
        for place, penalty in enumerate(PENALTIES):
            made = counts @ task.solve(penalty, flat)
            reached.append(np.vecdot(directions(made), truth).mean())
            self._progress("choosing the penalty", place + 1, len(PENALTIES))
        return PENALTIES[int(np.argmax(reached))]

    def learn(self, rows: Integers, penalty: float) -> NgramRows:
        """Rows of n-grams learned from words; their means have about the lengths of the teacher's rows."""
        task = _Task(self, rows)
        weights = task.solve(penalty)
        some = draw_rows(len(rows), HELD_OUT, self.recipe.seed)
        counts = task.known.of(self.words(rows[some]))
        made = row_norms(counts @ weights) / np.maximum(counts.sum(axis=1), 1)
        weights *= np.float32(row_norms(self._teacher.rows(rows[some])).mean() / made.mean())
        return NgramRows(SHORTEST, LONGEST, task.known.buckets, weights, task.known.kept)

    def without(self, rows: Integers) -> Integers:
        """All words that can be trained on but some."""
        return np.setdiff1d(np.arange(len(self._words)), rows)

    def words(self, rows: Integers) -> list[bytes]:
        """Words by their rows."""
        return [self._words[row] for row in rows.tolist()]

    def directions(self, rows: Integers) -> Floats:
        """The teacher's, (k, d) float32."""
        found = np.empty((len(rows), self._teacher.dims), dtype=np.float32)
        for part in blocks(len(rows)):
            found[part] = directions(self._teacher.rows(rows[part]))
        return found


class _Task:
    """The regression of words' directions on their n-grams.

    A direction is the teacher's mean one and the sum of the n-grams' rows: sums and means have the same directions. The
    mean rides on the shortest n-grams at a word's two ends, so that every word has it once.
    """

    def __init__(self, lesson: SubwordLesson, rows: Integers) -> None:
        words = lesson.words(rows)
        self.known = known_ngrams(words, lesson.recipe.buckets, lesson.recipe.rows)
        self._counts = self.known.of(words)
        self._x = lesson.directions(rows)

    def solve(self, penalty: float, flat: Floats | None = None) -> Floats:
        """Rows (k, d) of the n-grams; (k, e) of directions that are mapped by `flat` (d, e)."""
        y = self._x if flat is None else self._x @ flat
        mean = y.mean(axis=0)
        ends = self.known.ends
        scales = self.known.counts.astype(np.float32) ** np.float32(FADING)
        weights = ridge(self._counts, y - np.outer(self._counts @ ends, mean), scales, penalty)
        weights += np.outer(ends, mean)
        return weights
