"""Whether words keep their nearest neighbours."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from embcompress.arrays import Integers, blocks, directions
from embcompress.segment import Segment
from embcompress.table import Table
from embcompress.topk import TopK

SAMPLE = 1000
NEIGHBOURS = 10
ROWS_AT_ONCE = 4096
"""Rows scored at a time: with a thousand queries, 16 MB of scores."""


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
    """

    both_coded: float
    exact_query: float
    k: int
    words: int

    def to_dict(self) -> dict[str, float | int]:
        """The figures by name."""
        return asdict(self)


def neighbour_overlap(
    table: Table, segment: Segment, *, k: int = NEIGHBOURS, sample: int = SAMPLE, seed: int = 0
) -> NeighbourOverlap:
    """Compare nearest neighbours, all rows exactly scored, a word never its own neighbour.

    Parameters
    ----------
    table : Table
        The original, n rows.
    segment : Segment
        The same rows, coded.
    k, sample, seed : int
        Neighbours of each word, words drawn, and what draws them.

    Returns
    -------
    NeighbourOverlap
        A table of one word has no neighbours: everything is kept.
    """
    k, sample = min(k, len(table) - 1), min(sample, len(table))
    if k < 1:
        return NeighbourOverlap(1.0, 1.0, 0, sample)
    chosen = np.sort(np.random.default_rng(seed).choice(len(table), sample, replace=False))
    exact, coded = directions(table.rows(chosen)), segment.directions(chosen)
    originals, both_coded, exact_query = (TopK(sample, k + 1) for _ in range(3))
    for rows in blocks(len(table), ROWS_AT_ONCE):
        units = segment.directions(rows)
        originals.add(exact @ directions(table.rows(rows)).T, rows.start)
        both_coded.add(coded @ units.T, rows.start)
        exact_query.add(exact @ units.T, rows.start)
    truth = _without_self(originals, chosen)
    return NeighbourOverlap(
        _shared(truth, _without_self(both_coded, chosen)), _shared(truth, _without_self(exact_query, chosen)), k, sample
    )


def _without_self(found: TopK, chosen: Integers) -> list[list[int]]:
    rows = found.result()[1]
    return [[row for row in line if row != own][: rows.shape[1] - 1] for line, own in zip(rows, chosen, strict=True)]


def _shared(truth: list[list[int]], found: list[list[int]]) -> float:
    kept = sum(len(set(right) & set(got)) for right, got in zip(truth, found, strict=True))
    return kept / sum(map(len, truth))
