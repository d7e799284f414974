"""What a compressed table changed: which words' neighbours, where the error sits, and which words became one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from embcompress.arrays import Integers
from embcompress.errors import UnknownWordError, UsageError
from embcompress.evaluation._answers import answers, coded_rows
from embcompress.evaluation._common_words import CommonWords, common_words
from embcompress.evaluation.equal_codes import EqualCodes, equal_codes
from embcompress.evaluation.error_by_column import CodingError, coding_error
from embcompress.evaluation.frequency_bands import Band, cut_into_bands, draw_evenly, measure_band
from embcompress.evaluation.neighbour_changes import NeighbourChanges, Neighbourhood
from embcompress.evaluation.neighbours import NEIGHBOURS

COUNT = 20
SAMPLE = 2000


@dataclass(frozen=True)
class WordsCompared:
    """How many words the two tables have, and have in common: everything but equal codes is measured on those."""

    original: int
    compressed: int
    common: int


@dataclass(frozen=True)
class NeighboursKept:
    """How words kept their neighbours, both words and neighbours coded: what ``most_similar(word)`` gives.

    Means over a sample of as many words from each frequency band, each band weighted with the words it has, so that
    they estimate the means over all words.

    Parameters
    ----------
    k, sampled : int
        Neighbours of each word, and words whose neighbours were looked for.
    overlap : float
        Mean share of the `k` nearest that are the same.
    kept_all, kept_none : float
        Share of words that kept all, or none.
    """

    k: int
    sampled: int
    overlap: float
    kept_all: float
    kept_none: float


@dataclass(frozen=True)
class Diff:
    """What changed.

    Parameters
    ----------
    words : WordsCompared
    neighbours : NeighboursKept
    bands : tuple of Band
        The same by frequency, most frequent first.
    error : CodingError
        Dimensions and columns that carry most of the squared error.
    changed : tuple of Neighbourhood
        The sampled words whose neighbours changed most; words that lost none are never among them.
    equal_codes : EqualCodes
        Words of the compressed table that cannot be told apart.
    asked : tuple of Neighbourhood
        The words that were asked for.
    """

    words: WordsCompared
    neighbours: NeighboursKept
    bands: tuple[Band, ...]
    error: CodingError
    changed: tuple[Neighbourhood, ...]
    equal_codes: EqualCodes
    asked: tuple[Neighbourhood, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain dicts, lists and numbers."""
        return asdict(self)


def diff(
    original: Any,
    compressed: Any,
    *,
    words: Sequence[str] | None = None,
    count: int = COUNT,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Diff:
    """Compare a compressed table with the one it was made from, or with another that shares words with it.

    Every neighbour is found by scoring all rows. Errors, cosines and equal codes are those of all words, neighbours
    those of a sample.

    Parameters
    ----------
    original : Table, CompressedVectors or gensim KeyedVectors
        Most frequent words first.
    compressed : CompressedVectors
    words : sequence of str, optional
        Words whose neighbours are wanted side by side.
    count : int
        Changed words, groups, dimensions and columns to name.
    sample : int
        Words whose neighbours are looked for, drawn evenly from the frequency bands.
    seed : int
        What draws them.

    Returns
    -------
    Diff

    Raises
    ------
    UsageError
        If `compressed` is not compressed, the tables share fewer than two words or differ in dimensions, or a number
        is too small.
    UnknownWordError
        If one of `words` is not in both tables.
    """
    rows = coded_rows(compressed)
    if rows is None:
        raise UsageError(f"{type(compressed).__name__} has no codes: give what embcompress.open or shrink returns")
    whole, coded = answers(original), answers(compressed)
    common = common_words(whole, coded)
    asked = _rows_of(words or (), common, compressed)
    cut = cut_into_bands(common.original_rows + 1)
    _check(len(common), count, sample, len(cut))
    sampled = draw_evenly(cut, sample, seed)
    changes = NeighbourChanges(common, np.concatenate([sampled, asked]), min(NEIGHBOURS, len(common) - 1))
    error, cosines = coding_error(common, rows, count)
    measured = tuple(measure_band(band, sampled, changes.kept[: len(sampled)], cosines) for band in cut)
    return Diff(
        WordsCompared(len(whole), len(coded), len(common)),
        _over_all_words(measured, changes.kept.shape[1]),
        measured,
        error,
        tuple(changes.neighbourhood(place, cosines) for place in changes.most_changed(count, len(sampled)).tolist()),
        equal_codes(whole, coded.words, rows, count),
        tuple(changes.neighbourhood(len(sampled) + place, cosines) for place in range(len(asked))),
    )


def _check(words: int, count: int, sample: int, bands: int) -> None:
    if words < 2:
        raise UsageError("the tables have one word in common, and neighbours need two: give the table it was made from")
    if count < 1:
        raise UsageError(f"count is {count}: ask for at least 1")
    if sample < bands:
        raise UsageError(f"sample is {sample}: at least {bands} are needed, a word from each band of frequency")


def _rows_of(words: Sequence[str], common: CommonWords, compressed: Any) -> Integers:
    rows = [common.original.find(word) for word in words]
    unknown = [word for word, row in zip(words, rows, strict=True) if row is None]
    if unknown:
        near = [word for word in compressed.index_to_key.near(unknown[0]) if common.original.find(word) is not None]
        raise UnknownWordError(unknown, near)
    return np.array(rows, dtype=np.int64)


def _over_all_words(bands: Sequence[Band], k: int) -> NeighboursKept:
    weights = [band.words for band in bands]

    def mean(figures: Iterable[float]) -> float:
        return float(np.average(list(figures), weights=weights))

    return NeighboursKept(
        k=k,
        sampled=sum(band.sampled for band in bands),
        overlap=mean(band.overlap for band in bands),
        kept_all=mean(band.kept_all for band in bands),
        kept_none=mean(band.kept_none for band in bands),
    )
