"""What the neighbours of a word were, and what they became."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, blocks
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._common_words import CommonWords
from embcompress.evaluation._nearest import nearest_rows

WORDS_AT_ONCE = 256
"""Words whose neighbours' vectors are held at a time: 3 MB of float32 at ten neighbours of 300 dimensions."""

FALL_DECIMALS = 2
"""Falls of similarity that agree to this many decimals are equal: a person sees no difference."""


@dataclass(frozen=True)
class Neighbour:
    """A neighbour of a word in one of the tables.

    Parameters
    ----------
    word : str
    original, compressed : float
        Its cosine with the word in either table.
    kept : bool
        Whether it is among the nearest in the other table too.
    """

    word: str
    original: float
    compressed: float
    kept: bool


@dataclass(frozen=True)
class Neighbourhood:
    """A word's nearest neighbours in both tables.

    Parameters
    ----------
    word : str
    rank : int
        Its place in the original's order of frequency, from 1.
    cosine : float
        Of its compressed vector with its original one.
    kept : int
        Neighbours that are the same.
    before, after : tuple of Neighbour
        In the original and in the compressed table, nearest first.
    """

    word: str
    rank: int
    cosine: float
    kept: int
    before: tuple[Neighbour, ...]
    after: tuple[Neighbour, ...]

    @property
    def lost(self) -> tuple[Neighbour, ...]:
        """Original neighbours that are no longer among the nearest."""
        return tuple(neighbour for neighbour in self.before if not neighbour.kept)

    @property
    def gained(self) -> tuple[Neighbour, ...]:
        """Compressed neighbours that were not among the nearest."""
        return tuple(neighbour for neighbour in self.after if not neighbour.kept)


class NeighbourChanges:
    """The `k` nearest neighbours of chosen words in two tables; a word is never its own neighbour.

    Parameters
    ----------
    common : CommonWords
    rows : (m,) int64
        The words, as rows of `common`.
    k : int
        Less than the number of words in common.
    """

    def __init__(self, common: CommonWords, rows: Integers, k: int) -> None:
        self._common = common
        self._rows = rows
        self._before_scores, self._before = nearest_rows(common.original, common.original.units(rows), k, rows)
        self._after_scores, self._after = nearest_rows(common.compressed, common.compressed.units(rows), k, rows)

    @cached_property
    def kept(self) -> Mask:
        """Which of the original neighbours are still among the nearest, (m, k)."""
        return _among(self._before, self._after)

    @cached_property
    def falls(self) -> Floats:
        """How much farther than the lost neighbours the gained ones were, (m,) float32; 0 where none is lost.

        The difference of their mean cosines with the word, all in the original table, so that it is not moved by a
        code that shrinks every cosine alike.
        """
        given_up = np.where(self.kept, 0, self._before_scores).sum(axis=1)
        taken = _cosines(self._common.original, self._rows, self._after)  # (m, k)
        taken_up = np.where(_among(self._after, self._before), 0, taken).sum(axis=1)
        return np.asarray((given_up - taken_up) / np.maximum((~self.kept).sum(axis=1), 1))

    def most_changed(self, count: int, among: int) -> Integers:
        """Places of at most `count` words that changed most, out of the first `among`.

        Fewest neighbours kept, then farthest fall, then most frequent.
        """
        kept = self.kept[:among].sum(axis=1)
        order = np.lexsort((self._rows[:among], -self.falls[:among].round(FALL_DECIMALS), kept))
        return np.asarray(order[kept[order] < self.kept.shape[1]][:count])

    def neighbourhood(self, place: int, cosines: Floats) -> Neighbourhood:
        """Both lists of the word at a place; `cosines` (c,) are those of all common words with their originals."""
        common, chosen = self._common, slice(place, place + 1)
        row, before, after = int(self._rows[place]), self._before[chosen], self._after[chosen]
        fallen = _cosines(common.compressed, self._rows[chosen], before)
        risen_from = _cosines(common.original, self._rows[chosen], after)
        kept = self.kept[place]
        return Neighbourhood(
            word=common.original.words[row],
            rank=int(common.original_rows[row]) + 1,
            cosine=float(cosines[row]),
            kept=int(kept.sum()),
            before=self._listed(before[0], self._before_scores[place], fallen[0], kept),
            after=self._listed(after[0], risen_from[0], self._after_scores[place], _among(after, before)[0]),
        )

    def _listed(self, rows: Integers, original: Floats, compressed: Floats, kept: Mask) -> tuple[Neighbour, ...]:
        words = self._common.original.words
        facts = zip(rows.tolist(), original.tolist(), compressed.tolist(), kept.tolist(), strict=True)
        return tuple(Neighbour(words[row], *rest) for row, *rest in facts)


def _among(rows: Integers, others: Integers) -> Mask:
    """Which rows are in the same line of `others`; both (m, k)."""
    return np.asarray((rows[:, :, None] == others[:, None, :]).any(axis=2))


def _cosines(table: Answers, rows: Integers, others: Integers) -> Floats:
    """Cosine of each row (m,) with each of its others (m, k), (m, k) float32."""
    cosines = np.empty(others.shape, dtype=np.float32)
    for part in blocks(len(rows), WORDS_AT_ONCE):
        there = table.units(others[part].ravel()).reshape(*others[part].shape, table.dims)
        cosines[part] = np.vecdot(there, table.units(rows[part])[:, None, :])
    return cosines
