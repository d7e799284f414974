"""The best row for each analogy question, the whole vocabulary scored, a block of rows at a time.

Every distinct word of the questions is scored once against a block. A question's scores are then two rows combined,
one of its pair a : b and one of its word c, which stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers

ROWS_AT_ONCE = 4096
QUESTIONS_AT_ONCE = 16
"""Scores of so many questions and rows, 256 kB, stay in the processor's cache from their making to their maximum."""

SCORES_AT_ONCE = 1 << 25
"""Most scores of words and pairs held at a time, 128 MB: for sets of very many words, blocks of fewer rows."""

COSMUL_EPSILON = 1e-6
"""Keeps 3CosMul's quotient finite; gensim's value."""


@dataclass(frozen=True)
class Method:
    """A way to score answers from their cosines with a, b and c.

    Parameters
    ----------
    prepare : callable
        Made of the cosines of every word, in place.
    pair : callable
        Scores of a pair from what was prepared of a and of b.
    combine : ufunc
        A pair's scores and what was prepared of c become the score.
    """

    prepare: Callable[[Floats], Floats]
    pair: Callable[[Floats, Floats], Floats]
    combine: np.ufunc


def _shift(cosines: Floats) -> Floats:
    """From -1 ... 1 to 0 ... 1."""
    cosines += 1
    cosines /= 2
    return cosines


METHODS = {
    # The cosine with b + c - a but for that sum's length, which is the same for every answer to a question.
    "3cosadd": Method(lambda cosines: cosines, lambda a, b: np.asarray(b - a), np.add),
    "3cosmul": Method(_shift, lambda a, b: np.asarray(b / (a + np.float32(COSMUL_EPSILON))), np.multiply),
}
"""3CosAdd (Mikolov et al. 2013) and 3CosMul (Levy & Goldberg 2014, equation 4 and its footnote on the shift)."""


def find_method(name: str) -> Method:
    """A method by its name; UsageError if there is none."""
    if name not in METHODS:
        raise UsageError(f"there is no analogy method {name!r}: give {' or '.join(METHODS)}")
    return METHODS[name]


@dataclass(frozen=True)
class Masked:
    """Rows that cannot be the answer to a question.

    Parameters
    ----------
    question, row : (k,) int64
        Questions ascending.
    """

    question: Integers
    row: Integers


def best_rows(
    table: Answers, asked: Integers, masked: Masked, rows: int, method: Method, tie: float
) -> tuple[Floats, Integers]:
    """The best row for each question.

    Parameters
    ----------
    table : Answers
    asked : (q, 3) int64
        Rows of a, b and c.
    masked : Masked
    rows : int
        How many first rows can be answers.
    method : Method
    tie : float
        Scores that differ by less are equal, and the first row of equal ones is best.

    Returns
    -------
    scores : (q,) float32
    rows : (q,) int64
        -1, and a score of minus infinity, where all rows are masked.
    """
    best = _Best(len(asked), tie)
    words, places = np.unique(asked, return_inverse=True)
    places = places.reshape(asked.shape)
    pairs, pair = np.unique(places[:, :2], axis=0, return_inverse=True)
    units = table.units(words)  # (w, d)
    for block in blocks(rows, max(1, min(ROWS_AT_ONCE, SCORES_AT_ONCE // (len(words) + len(pairs) + 1)))):
        prepared = method.prepare(units @ table.units(block).T)  # (w, b)
        of_pairs = method.pair(prepared[pairs[:, 0]], prepared[pairs[:, 1]])  # (p, b)
        inside = (masked.row >= block.start) & (masked.row < block.stop)
        here = Masked(masked.question[inside], masked.row[inside] - block.start)
        _scan(method.combine, (of_pairs, pair.ravel()), (prepared, places[:, 2]), here, best, block.start)
    return best.scores, best.rows


class _Best:
    """The best score and row of each question so far."""

    def __init__(self, questions: int, tie: float) -> None:
        self.scores: Floats = np.full(questions, -np.inf, dtype=np.float32)
        self.rows: Integers = np.full(questions, -1, dtype=np.int64)
        self._tie = np.float32(tie)

    def add(self, scores: Floats, part: slice, first_row: int) -> None:
        """Take in scores (k, b) of the questions of `part` and the rows from `first_row` on."""
        highest = scores.max(axis=1)
        for line in np.flatnonzero(highest > self.scores[part] + self._tie).tolist():
            question = part.start + line
            # The first of equal ones; the scores before this block's were lower by more than a tie.
            place = int((scores[line] >= highest[line] - self._tie).argmax())
            self.scores[question], self.rows[question] = scores[line, place], first_row + place


def _scan(
    combine: np.ufunc,
    left: tuple[Floats, Integers],
    right: tuple[Floats, Integers],
    masked: Masked,
    best: _Best,
    first_row: int,
) -> None:
    """Combine rows of `left` and `right`, each (scores, which row a question takes), and keep the best of each."""
    of_pairs, of_words = list(left[0]), list(right[0])
    pair, word = left[1].tolist(), right[1].tolist()
    sums = np.empty((QUESTIONS_AT_ONCE, left[0].shape[1]), dtype=np.float32)
    edges = np.searchsorted(masked.question, np.arange(0, len(pair) + QUESTIONS_AT_ONCE, QUESTIONS_AT_ONCE)).tolist()
    for part, start, stop in zip(blocks(len(pair), QUESTIONS_AT_ONCE), edges, edges[1:], strict=False):
        for line, first, second in zip(sums, pair[part], word[part], strict=False):
            combine(of_pairs[first], of_words[second], out=line)
        sums[masked.question[start:stop] - part.start, masked.row[start:stop]] = -np.inf
        best.add(sums[: part.stop - part.start], part, first_row)
