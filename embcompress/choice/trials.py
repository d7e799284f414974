"""Candidates tried out: what the file would take, and what it would keep."""

from __future__ import annotations

from dataclasses import dataclass

from embcompress.choice.families import Candidate
from embcompress.choice.file_size import FileSize
from embcompress.choice.measures import ALL, SHARES
from embcompress.choice.run_time import RunTime
from embcompress.codec import Codec
from embcompress.comparison.measure import Original
from embcompress.comparison.results import mean_share
from embcompress.encode import encode, fit
from embcompress.errors import SpecError
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.test_set_figures import OnTestSet, OnTestSets
from embcompress.table import Table
from embcompress.vectors import CompressedVectors

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
        What the choice is made by: one of the shares, or the mean of all.
    run_time : RunTime
        What the whole table should take while it is used.
    """

    candidate: Candidate
    rows: int
    bytes: int
    kept: dict[str, float | None]
    quality: float
    run_time: RunTime

    @property
    def code_size(self) -> int:
        """Bytes of a row's code."""
        return self.candidate.code_size

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
        run_time = RunTime.of(codec, self._size.rows)
        return Trial(candidate, len(table), size, kept, quality(kept, self._measure), run_time)

    def _kept(self, vectors: CompressedVectors) -> dict[str, float | None]:
        original = self._original
        return {
            "neighbours": neighbour_overlap(original.table, vectors, seed=original.seed).both_coded,
            "similarity": original.similarity_of(vectors).kept,
            "analogies": original.analogies_of(vectors).kept,
        }


def quality(kept: dict[str, float | None], measure: str) -> float:
    """One share, or the mean of those that could be measured; see `mean_share`."""
    return mean_share(kept[name] for name in (SHARES if measure == ALL else (measure,)))
