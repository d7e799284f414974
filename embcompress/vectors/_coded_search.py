"""Nearest words where the codes are: FAISS nominates rows, or every row is scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, directions, row_norms
from embcompress.cluster_search import ClusterSearch
from embcompress.errors import UsageError
from embcompress.search import Search
from embcompress.topk import TopK
from embcompress.vectors._arguments import Vector
from embcompress.vectors._coded_lookup import CodedLookup
from embcompress.vectors._keys import Key
from embcompress.vectors._means import weighted_mean
from embcompress.vectors._neighbours import Found
from embcompress.vectors._sums import Sum

SMALLEST_DIVISOR = 1e-6
"""Added to 3CosMul's denominator (Levy & Goldberg 2014, equation 4)."""


class CodedSearch(CodedLookup):
    """Nearest words of a table whose codes are here."""

    _search: Search | ClusterSearch

    def _scores(self, asked: Sum) -> Floats:
        vectors = self._resolve(asked.items)
        scores = [self._scored(asked, vectors, rows) for rows in _parts(asked.within)]
        return np.concatenate(scores) if scores else np.zeros(0, dtype=np.float32)

    def _best(self, asked: Sum, wanted: int) -> Found:
        rows, items = self._with_rows(asked.items)
        given = {row for row in rows if row >= 0}
        vectors = self._resolve(items)
        most = wanted + len(given)
        if asked.multiply:
            best = TopK(1, min(most, len(asked.within)))
            for part in _parts(asked.within):
                best.add(self._scored(asked, vectors, part)[None], part.start)
            scores, found = best.result()
        else:
            query = _direction(asked, vectors)
            scores, found = self._search.nearest(query, most, within=asked.within, exact=asked.exact)
        return self._named(scores[0], found[0], given, wanted)

    def _best_of_each(self, items: list[Key | Vector], wanted: int, within: range, exact: bool) -> list[Found]:
        rows, items = self._with_rows(items)
        scores, found = self._nearest(directions(self._resolve(items)), wanted + 1, within, exact)
        answers = zip(scores, found, rows, strict=True)
        return [self._named(near, words, {own}, wanted) for near, words, own in answers]

    def _nearest(self, queries: Floats, k: int, within: range, exact: bool) -> tuple[Floats, Integers]:
        return self._search.nearest(queries, k, within=within, exact=exact)

    def _words_of(self, rows: Integers) -> list[str]:
        return [self._words[row] for row in rows.tolist()]

    def _with_rows(self, items: Sequence[Key | Vector]) -> tuple[list[int], list[Key | Vector]]:
        """Each item's row, -1 for none, and the items with these instead of words, so that each is found once."""
        found = iter(self._rows([item for item in items if not isinstance(item, np.ndarray)]).tolist())
        rows = [-1 if isinstance(item, np.ndarray) else next(found) for item in items]
        return rows, [item if row < 0 else row for item, row in zip(items, rows, strict=True)]

    def _scored(self, asked: Sum, vectors: Floats, rows: slice) -> Floats:
        """Scores of the terms, whose vectors are given (m, d), with consecutive rows, (k,) float32."""
        if not asked.multiply:
            return np.asarray(self.coded_rows.scores(_direction(asked, vectors), rows)[0])
        cosines = self.coded_rows.scores(directions(vectors), rows)
        similarities = (1 + cosines * row_norms(vectors)[:, None]) / 2  # (m, k)
        is_above = np.array([weight > 0 for _, weight in asked.terms])
        above, below = similarities[is_above].prod(axis=0), similarities[~is_above].prod(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = np.asarray(above / (below + SMALLEST_DIVISOR), dtype=np.float32)
        if not np.isfinite(scores).all():
            raise UsageError("3CosMul of vectors so long is not finite (in float32): give shorter ones")
        return scores

    def _named(self, scores: Floats, rows: Integers, given: set[int], wanted: int) -> Found:
        """The best `wanted` rows' words and scores, `given` rows left out."""
        kept = [pair for pair in zip(rows.tolist(), scores.tolist(), strict=True) if pair[0] not in given]
        return [(self._words[row], score) for row, score in kept[:wanted]]


def _direction(asked: Sum, vectors: Floats) -> Floats:
    """The direction (1, d) of the weighted mean of vectors (m, d)."""
    weights = [weight for _, weight in asked.terms]
    if len(weights) > 1 or not 0 < weights[0] < np.inf:  # of one vector, the mean has the same direction
        vectors = weighted_mean(vectors, np.array(weights))[None]
    return directions(vectors)


def _parts(within: range) -> Iterator[slice]:
    """Consecutive rows in blocks."""
    return (slice(within.start + part.start, within.start + part.stop) for part in blocks(len(within)))
