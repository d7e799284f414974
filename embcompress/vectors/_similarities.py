"""How similar words are: cosines of decoded vectors, one pair or one word with all."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from embcompress.arrays import Floats, blocks, directions
from embcompress.errors import UsageError
from embcompress.topk import SCORE_DECIMALS
from embcompress.vectors._arguments import Vector, as_finite, as_list, as_numbers, as_vector
from embcompress.vectors._keys import KEY_TYPES, Key
from embcompress.vectors._means import Means


class Similarities(Means):
    """Similarities of words."""

    def similarity(self, w1: Key, w2: Key) -> np.float32:
        """Cosine of two words' vectors.

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        """
        first, second = self._resolve([w1, w2])[1]
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
        if isinstance(word_or_vector, KEY_TYPES):
            query = self._resolve([word_or_vector])[1]
        else:
            query = directions(as_vector(word_or_vector, self.vector_size)[None])
        others = as_list(other_words)
        if others:
            return np.asarray(1 - self._resolve(others)[1] @ query[0])
        return np.asarray(1 - self._cosines(query, range(len(self)))[0])

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
        own, other = self.get_index(key1), self.get_index(key2)
        scores = self._cosines(self.coded_rows.directions(slice(own, own + 1)), range(len(self)))[0]
        closer = np.flatnonzero(scores > scores[other] + 10.0**-SCORE_DECIMALS)
        return [self._words[row] for row in closer.tolist() if row != own]

    def words_closer_than(self, word1: Key, word2: Key) -> list[str]:
        """Old name of `closer_than`."""
        warnings.warn("words_closer_than is an old name: use closer_than", DeprecationWarning, stacklevel=2)
        return self.closer_than(word1, word2)

    def rank(self, key1: Key, key2: Key) -> int:
        """Place of `key2` among the words nearest to `key1`, from 1 on; see `closer_than`."""
        return len(self.closer_than(key1, key2)) + 1

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
        units = self._resolve([key1, *keys])[1]
        chosen: Key = keys[int(np.argmax(units[1:] @ units[0]))]
        return chosen

    def _cosines(self, queries: Floats, within: range) -> Floats:
        """Cosine of queries (m, d) of length one with consecutive rows, (m, len(within)) float32, block by block."""
        scores = np.empty((len(queries), len(within)), dtype=np.float32)
        for rows in blocks(len(within)):
            chosen = slice(within.start + rows.start, within.start + rows.stop)
            scores[:, rows] = self.coded_rows.scores(queries, chosen)
        return scores
