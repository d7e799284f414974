"""Whether words keep their nearest neighbours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from embcompress.arrays import Doubles, Integers
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._nearest import nearest_rows
from embcompress.evaluation._rows import draw_rows, same_rows
from embcompress.evaluation.frequency_bands import BandRows, cut_into_bands
from embcompress.evaluation.hubness import Hubness, hubness

SAMPLE = 1000
NEIGHBOURS = 10

BAND_SHARE = 10
"""Every band is measured on a tenth of the sample at least, however few of its rows are in the sample."""


@dataclass(frozen=True)
class NearestKept:
    """How often the nearest neighbour in the original table is found in the compressed one.

    Parameters
    ----------
    first : float
        Share of words whose nearest neighbour is still the first.
    among_k : float
        Share of words whose nearest neighbour is among the first k.
    """

    first: float
    among_k: float


@dataclass(frozen=True)
class BandOverlap:
    """Overlap for the words of a band of frequency.

    Parameters
    ----------
    first, last : int
        Ranks in the table's order, from 1, both within.
    words : int
        How many of them were asked.
    both_coded, exact_query : float
        As in `NeighbourOverlap`.
    """

    first: int
    last: int
    words: int
    both_coded: float
    exact_query: float


@dataclass(frozen=True)
class NeighbourOverlap:
    """Share of the `k` nearest neighbours in the original table that are among the k nearest in the compressed one.

    Parameters
    ----------
    both_coded : float
        Queries are coded rows too: what ``most_similar(word)`` gives.
    exact_query : float
        Queries are the original vectors: what a vector from outside gives, and what papers print.
    k : int
    words : int
        Words in the sample, drawn at random.
    nearest_both_coded, nearest_exact_query : NearestKept
        Recall of the one nearest neighbour.
    bands : tuple of BandOverlap
        By frequency.
    hubness : Hubness
        Of the original's and the compressed table's own neighbours.
    rows : (words,) int64
        The sample, ascending.
    each_both_coded, each_exact_query : (words,) float64
        Overlap of each word of the sample.
    """

    both_coded: float
    exact_query: float
    k: int
    words: int
    nearest_both_coded: NearestKept
    nearest_exact_query: NearestKept
    bands: tuple[BandOverlap, ...]
    hubness: Hubness
    rows: Integers = field(compare=False, repr=False)
    each_both_coded: Doubles = field(compare=False, repr=False)
    each_exact_query: Doubles = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, those of single words left out."""
        figures = {name: value for name, value in asdict(self).items() if not isinstance(value, np.ndarray)}
        return figures | {"bands": list(figures["bands"])}


def neighbour_overlap(
    original: Any, coded: Any, *, k: int = NEIGHBOURS, sample: int = SAMPLE, seed: int = 0
) -> NeighbourOverlap:
    """Compare nearest neighbours, all rows exactly scored, a word never its own neighbour.

    Parameters
    ----------
    original : Table, CompressedVectors, gensim KeyedVectors or Answers
        n rows, most frequent first.
    coded : the same, or CodedRows
        The same rows, coded.
    k, sample, seed : int
        Neighbours of each word, words drawn, and what draws them.

    Returns
    -------
    NeighbourOverlap
        A table of at most one word has no neighbours: everything is kept.

    Raises
    ------
    UsageError
        If the tables differ in rows or dimensions, or `k` or `sample` is below 1.
    """
    before, after = same_rows(original, coded)
    if k < 1 or sample < 1:
        raise UsageError(f"k = {k}, sample = {sample}: both are at least 1")
    k = max(0, min(k, len(before) - 1))
    drawn = draw_rows(len(before), sample, seed)
    cut = cut_into_bands(np.arange(1, len(before) + 1)) if len(before) else []
    in_bands = [_rows_of_band(band, drawn, sample // BAND_SHARE, seed) for band in cut]
    asked: Integers = np.unique(np.concatenate([drawn, *in_bands]))
    truth, both_coded, exact_query = _nearest(before, after, asked, k)
    overlap_both, overlap_exact = _shared(truth, both_coded), _shared(truth, exact_query)
    places = np.searchsorted(asked, drawn)
    return NeighbourOverlap(
        _mean(overlap_both[places]),
        _mean(overlap_exact[places]),
        k,
        len(drawn),
        _nearest_kept(truth[places], both_coded[places]),
        _nearest_kept(truth[places], exact_query[places]),
        tuple(
            BandOverlap(band.first, band.last, len(rows), _mean(overlap_both[at]), _mean(overlap_exact[at]))
            for band, rows in zip(cut, in_bands, strict=True)
            for at in [np.searchsorted(asked, rows)]
        ),
        hubness(truth[places], both_coded[places], len(before)),
        drawn,
        overlap_both[places],
        overlap_exact[places],
    )


def _rows_of_band(band: BandRows, drawn: Integers, least: int, seed: int) -> Integers:
    """The drawn rows of a band; if they are fewer than `least`, as many drawn from the band."""
    inside: Integers = drawn[(drawn >= band.rows.start) & (drawn < band.rows.stop)]
    if len(inside) >= min(least, len(band)):
        return inside
    return np.asarray(band.rows.start + draw_rows(len(band), least, seed))


def _nearest(before: Answers, after: Answers, asked: Integers, k: int) -> tuple[Integers, Integers, Integers]:
    """Neighbours (m, k) of the rows asked: among originals, among coded rows, and among coded rows for originals."""
    if not k:
        none = np.zeros((len(asked), 0), dtype=np.int64)
        return none, none, none
    exact, coded = before.units(asked), after.units(asked)
    truth = nearest_rows(before, exact, k, asked)[1]
    # Both kinds of queries at once, so that the rows are decoded once.
    both_coded, exact_query = np.split(nearest_rows(after, np.vstack([coded, exact]), k, np.tile(asked, 2))[1], 2)
    return truth, both_coded, exact_query


def _shared(truth: Integers, found: Integers) -> Doubles:
    """Share of each line of `truth` (m, t) that is in the same line of `found` (m, k); 1 where there is nothing."""
    if not truth.size:
        return np.ones(len(truth))
    return np.asarray((truth[:, :, None] == found[:, None, :]).any(axis=2).mean(axis=1))


def _nearest_kept(truth: Integers, found: Integers) -> NearestKept:
    return NearestKept(_mean(_shared(truth[:, :1], found[:, :1])), _mean(_shared(truth[:, :1], found)))


def _mean(shares: Doubles) -> float:
    return float(shares.mean()) if len(shares) else 1.0
