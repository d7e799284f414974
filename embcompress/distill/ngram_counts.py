"""Words as counts of their n-grams: what vectors of words are predicted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.errors import UsageError
from embcompress.ngrams import kept_places, ngrams_of_words

SHORTEST, LONGEST = 3, 6
"""Characters of an n-gram, as in fastText's published models."""

LEAST_TIMES = 2
"""N-grams seen once say nothing of another word."""


@dataclass(frozen=True)
class KnownNgrams:
    """The n-grams that words are told by.

    Parameters
    ----------
    buckets : int
        Numbers that n-grams are hashed to.
    kept : (k,) int64, ascending
        The buckets in use.
    counts : (k,) int64
        How often each was seen.
    ends : (k,) float32
        1/2 for each end of a word that an n-gram stands at, if it is of the shortest: a word's n-grams hold 1 in sum,
        whatever its length.
    """

    buckets: int
    kept: Integers
    counts: Integers
    ends: Floats

    def __len__(self) -> int:
        return len(self.kept)

    def of(self, words: Sequence[bytes]) -> Any:
        """How often words have each n-gram: a sparse matrix (n, k), float32 in rows (``scipy.sparse.csr_array``)."""
        from scipy.sparse import csr_array

        found, sizes = ngrams_of_words(words, SHORTEST, LONGEST, self.buckets)
        places, there = kept_places(self.kept, found)
        rows = np.repeat(np.arange(len(words)), sizes)[there]
        ones = np.ones(len(rows), dtype=np.float32)
        return csr_array((ones, (rows, places[there])), shape=(len(words), len(self)))


def known_ngrams(words: Sequence[bytes], buckets: int, most: int) -> KnownNgrams:
    """The n-grams that are seen more than once, the most frequent ones if there are too many.

    Parameters
    ----------
    words : sequence of bytes
    buckets : int
        Numbers that n-grams are hashed to.
    most : int
        How many to keep at most.

    Returns
    -------
    KnownNgrams

    Raises
    ------
    UsageError
        If there is none.
    """
    found, _ = ngrams_of_words(words, SHORTEST, LONGEST, buckets)
    seen, counts = np.unique(found, return_counts=True)
    chosen = np.sort(np.argsort(-counts, kind="stable")[:most])
    chosen = chosen[counts[chosen] >= LEAST_TIMES]
    if not len(chosen):
        raise UsageError(f"no n-gram occurs twice in {len(words)} words: nothing can be learned of unseen ones")
    kept = seen[chosen]
    shortest, sizes = ngrams_of_words(words, SHORTEST, SHORTEST, buckets)
    last = np.cumsum(sizes)[sizes > 0] - 1
    first = last - sizes[sizes > 0] + 1
    ends = np.zeros(len(kept), dtype=np.float32)
    for places in (first, last):
        ends += np.float32(0.5) * np.isin(kept, shortest[places])
    return KnownNgrams(buckets, kept, counts[chosen], ends)
