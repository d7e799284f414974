"""Candidates tried out: what the file would take, and what it would keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from embcompress.choice.families import Candidate
from embcompress.choice.file_size import FileSize
from embcompress.codec import Codec
from embcompress.comparison.measure import Original
from embcompress.encode import encode, fit
from embcompress.errors import SpecError
from embcompress.evaluation.analogies import analogies
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.similarity import word_similarity
from embcompress.evaluation.test_set_figures import OnTestSet, OnTestSets
from embcompress.table import Table
from embcompress.vectors import CompressedVectors

ALL = "all"
SHARES = ("neighbours", "similarity", "analogies")
MEASURES = (*SHARES, ALL)
"""What a choice can be made by: one share that is kept, or the geometric mean of all."""

SAME = 3
"""Shares that are equal to so many decimals are a tie."""


@dataclass(frozen=True)
class Trial:
    """A candidate and how it did.

    Parameters
    ----------
    candidate : Candidate
    rows : int
        First rows of the table that it was fitted to and measured on.
    bytes : int
        The file of the whole table takes at most so many.
    kept : dict of str to float or None
        Of each of `SHARES`; None if it cannot be measured.
    quality : float
        What the choice is made by: one of the shares or, of all, the geometric mean as in `comparison.results`.
    """

    candidate: Candidate
    rows: int
    bytes: int
    kept: dict[str, float | None]
    quality: float

    @property
    def rank(self) -> tuple[float, int]:
        """Smaller is better: quality first, among equal ones the smaller file."""
        return -round(self.quality, SAME), self.bytes


class Bench:
    """Where candidates are tried: a table, or its first rows.

    Parameters
    ----------
    table : Table
    size : FileSize
        Of the whole table's file.
    measure : str
        One of `MEASURES`.
    seed : int
    """

    def __init__(self, table: Table, size: FileSize, measure: str, seed: int) -> None:
        self._original = Original(table, seed)
        self._size = size
        self._measure = measure

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return len(self._original.table)

    def reason_against(self) -> str:
        """Why the measure means nothing on this table, or an empty text."""
        original = self._original
        if self._measure == "similarity":
            sets = OnTestSets(tuple(OnTestSet(each, each) for each in original.similarities))
        elif self._measure == "analogies":
            sets = OnTestSets(tuple(OnTestSet(each, each) for each in original.analogies))
        else:
            return ""
        if sets.original is None:
            return sets.note
        return "" if sets.original > 0 else f"the original's own figure is {sets.original:.3f}"

    def fit(self, candidate: Candidate) -> tuple[Codec, int] | None:
        """The codec of a candidate, and the bytes of its file; None if it does not suit the table."""
        try:
            codec = fit(candidate.spec, self._original.sample, seed=self._original.seed)
        except SpecError:
            return None
        return codec, self._size.of(codec)

    def measure(self, candidate: Candidate, codec: Codec, size: int) -> Trial:
        """What a fitted candidate keeps, its file taking so many bytes."""
        table = self._original.table
        vectors = CompressedVectors(table.words, encode(table.vectors, codec), {})
        kept = self._kept(vectors)
        return Trial(candidate, len(table), size, kept, quality(kept, self._measure))

    def _kept(self, vectors: CompressedVectors) -> dict[str, float | None]:
        original = self._original
        similar = [OnTestSet(word_similarity(vectors, each.test_set), each) for each in original.similarities]
        answered = [OnTestSet(analogies(vectors, each.questions), each) for each in original.analogies]
        return {
            "neighbours": neighbour_overlap(original.table, vectors, seed=original.seed).both_coded,
            "similarity": OnTestSets(tuple(similar)).kept,
            "analogies": OnTestSets(tuple(answered)).kept,
        }


def quality(kept: dict[str, float | None], measure: str) -> float:
    """One share, or the geometric mean of those that could be measured; each at least 0 and at most 1."""
    asked = SHARES if measure == ALL else (measure,)
    shares = [min(max(share, 0.0), 1.0) for name in asked if (share := kept[name]) is not None]
    return math.prod(shares) ** (1 / len(shares))
