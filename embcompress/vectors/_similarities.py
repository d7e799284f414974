"""How similar words are: cosines of decoded vectors, one pair or one word with all."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from embcompress.arrays import Floats, Integers, directions
from embcompress.errors import UsageError
from embcompress.topk import SCORE_DECIMALS
from embcompress.vectors._arguments import Vector, as_finite, as_list, as_numbers, as_vector
from embcompress.vectors._keys import KEY_TYPES, Key
from embcompress.vectors._means import Means
from embcompress.vectors._sums import Sum


class Similarities(Means):
    """Similarities of words."""

    @abstractmethod
    def _scores(self, asked: Sum) -> Floats:
        """The score of each of the rows to choose from, (rows,) float32."""

    @abstractmethod
    def _words_of(self, rows: Integers) -> list[str]:
        """The words of rows (k,)."""

    def similarity(self, w1: Key, w2: Key) -> np.float32:
        """Cosine of two words' vectors.

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        """
        first, second = self._resolve([w1, w2])
        return np.float32(first @ second)

    def distance(self, w1: Key, w2: Key) -> np.float32:
        """One less the cosine of two words' vectors."""
        return np.float32(1 - self.similarity(w1, w2))

    def distances(self, word_or_vector: Key | Vector, other_words: Sequence[Key] = ()) -> Floats:
        """One less the cosine of a word or vector with each of several words.

        Parameters
        ----------
        word_or_vector : word, row number, or vector (d,)
        other_words : list of str
            By default all words of the vocabulary.

        Returns
        -------
        (len(other_words),) or (n,) float32

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        UsageError
            If the vector has a wrong length or is not finite.
        """
        is_key = isinstance(word_or_vector, KEY_TYPES)
        item = word_or_vector if is_key else as_vector(word_or_vector, self.vector_size)
        others = as_list(other_words)
        if not others:
            return np.asarray(1 - self._scores(Sum([(item, 1.0)], range(len(self)))))
        vectors = self._resolve([item, *others])
        return np.asarray(1 - vectors[1:] @ directions(vectors[:1])[0])

    @staticmethod
    def cosine_similarities(vector_1: Vector, vectors_all: Vector) -> Floats:
        """Cosine of a vector (d,) with each of several, (k, d).

        Returns
        -------
        (k,) float32
            0 where either is zero.

        Raises
        ------
        UsageError
            If they do not fit together or are not finite.
        """
        rows = as_finite(as_numbers(vectors_all, "vectors"))
        if rows.ndim != 2:
            raise UsageError(f"vectors of shape {rows.shape} were given: give an array of shape (k, d)")
        return np.asarray(directions(rows) @ directions(as_vector(vector_1, rows.shape[1])[None])[0])

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """Words nearer to `key1` than `key2` is, in row order; cosines that agree to 6 decimals are equally near.

        Raises
        ------
        UnknownWordError
            If either has no row.
        """
        return self._words_of(self._closer_rows(key1, key2))

    def words_closer_than(self, word1: Key, word2: Key) -> list[str]:
        """Old name of `closer_than`."""
        warnings.warn("words_closer_than is an old name: use closer_than", DeprecationWarning, stacklevel=2)
        return self.closer_than(word1, word2)

    def rank(self, key1: Key, key2: Key) -> int:
        """Place of `key2` among the words nearest to `key1`, from 1 on; see `closer_than`."""
        return len(self._closer_rows(key1, key2)) + 1

    def _closer_rows(self, key1: Key, key2: Key) -> Integers:
        """Rows of the words that `closer_than` gives."""
        rows = self._rows([key1, key2])
        self._all_known([key1, key2], rows >= 0)
        own, other = rows.tolist()
        scores = self._scores(Sum([(key1, 1.0)], range(len(self))))
        closer = np.flatnonzero(scores > scores[other] + 10.0**-SCORE_DECIMALS)
        return np.asarray(closer[closer != own])

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """The word of a list that is most similar to `key1`, the first one if several are.

        Raises
        ------
        UsageError
            If the list is empty.
        UnknownWordError
            If a word has no vector.
        """
        keys = as_list(keys_list)
        if not keys:
            raise UsageError("the list of words is empty: give at least one to choose from")
        units = self._resolve([key1, *keys])
        chosen: Key = keys[int(np.argmax(units[1:] @ units[0]))]
        return chosen
