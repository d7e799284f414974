"""Means of words' vectors, and how near words are to the mean of several."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np

from embcompress.arrays import Doubles, Floats, directions
from embcompress.errors import EmptyError, UsageError
from embcompress.vectors._arguments import Vector, as_finite, as_list, as_numbers
from embcompress.vectors._keys import Key
from embcompress.vectors._lookup import Lookup

logger = logging.getLogger(__name__)


class Means(Lookup):
    """Means of words' vectors."""

    def get_mean_vector(
        self,
        keys: Sequence[Key | Vector],
        weights: Sequence[float] | np.ndarray[Any, Any] | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """Weighted mean of words' vectors and of vectors: ``sum(w v) / sum(|w|)``.

        Parameters
        ----------
        keys : list of word, row number or vector
        weights : (len(keys),) numbers, optional
            By default all are 1.
        pre_normalize : bool
            Scale words' vectors to length one first; vectors count as they are given.
        post_normalize : bool
            Scale the mean to length one.
        ignore_missing : bool
            Leave out words that have no vector, instead of raising UnknownWordError.

        Returns
        -------
        (d,) float32
            Zero if every word was left out.

        Raises
        ------
        UnknownWordError
            If a word has no vector, and they are not to be left out.
        UsageError
            If no key is given, weights are not as many, or a vector has a wrong length or is not finite.
        """
        items = as_list(keys)
        if not items:
            raise EmptyError("a mean needs at least one word or vector")
        factors = np.ones(len(items)) if weights is None else as_numbers(weights, "weights")
        if factors.shape != (len(items),):
            raise UsageError(f"weights of shape {factors.shape} were given for {len(items)} words: give as many")
        vectors, known = self._resolved(items, unit=pre_normalize)
        if ignore_missing:
            vectors, factors = vectors[known], factors[known]
        else:
            self._all_known(items, known)
        mean = weighted_mean(vectors, factors)
        return np.asarray(directions(mean[None])[0]) if post_normalize else mean

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> np.float32:
        """Cosine of the means of two lists of words, not normalized first; unknown words are left out.

        Raises
        ------
        EmptyError
            If a list is empty; it is a ZeroDivisionError.
        """
        means = np.stack([self.get_mean_vector(words, pre_normalize=False) for words in (ws1, ws2)])
        first, second = directions(means)
        return np.float32(first @ second)

    def rank_by_centrality(self, words: Sequence[Key], use_norm: bool = True) -> list[tuple[np.float32, Key]]:
        """Words by their similarity to the mean of them all; unknown words are left out.

        Parameters
        ----------
        words : list of str
        use_norm : bool
            Scale the words' vectors to length one first.

        Returns
        -------
        list of (similarity, word)
            The most central first.

        Raises
        ------
        UsageError
            If no word is known.
        """
        listed = as_list(words)
        found, known = self._looked_up(listed, unit=use_norm)
        if not known.all():
            logger.warning("words without a vector are left out: %s", list(compress(listed, ~known)))
        if not known.any():
            raise UsageError("no word of the list has a vector: give at least one that has")
        vectors = found[known]
        centre = directions(vectors.mean(axis=0, keepdims=True))[0]
        return sorted(zip(vectors @ centre, compress(listed, known), strict=True), reverse=True)

    def doesnt_match(self, words: Sequence[Key]) -> Key:
        """The word of a list that is least similar to the mean of them all; see `rank_by_centrality`."""
        return self.rank_by_centrality(words)[-1][1]


def weighted_mean(vectors: Floats, weights: Doubles) -> Floats:
    """``sum(w v) / sum(|w|)``, (d,) float32, of vectors (k, d) with weights (k,); zero where all weights are.

    Raises
    ------
    UsageError
        If a weight is not finite.
    """
    finite = as_finite(weights).astype(np.float64)
    total = np.abs(finite).sum()
    return as_finite(finite @ vectors / (total if total > 0 else 1.0))
