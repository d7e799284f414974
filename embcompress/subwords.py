"""Vectors of words that are in no vocabulary, made from coded rows of character n-grams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.ngrams import kept_places, ngram_buckets
from embcompress.segment import Segment


@dataclass(frozen=True)
class Subwords:
    """Coded rows of hashed character n-grams (Bojanowski et al. 2017).

    Parameters
    ----------
    minn, maxn : int
        Shortest and longest n-gram, in characters.
    buckets : int
        Numbers that n-grams are hashed to.
    segment : Segment
        A row for each bucket that is kept.
    kept : (k,) int32 or None
        The bucket of each row, ascending; None: row i is bucket i.
    """

    minn: int
    maxn: int
    buckets: int
    segment: Segment
    kept: Integers | None = None

    def vector(self, word: str) -> Floats | None:
        """Mean of the rows of a word's n-grams that are kept, (d,) float32; None if none is."""
        rows = self._rows(word)
        return np.asarray(self.segment.vectors(rows).mean(axis=0)) if len(rows) else None

    def _rows(self, word: str) -> Integers:
        found = np.array(ngram_buckets(word, self.minn, self.maxn, self.buckets), dtype=np.int64)
        if self.kept is None:
            return found
        places, there = kept_places(self.kept, found)
        return places[there]
