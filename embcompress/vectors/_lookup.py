"""Vectors of words: decoded row by row, made from n-grams, or the whole table at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, directions
from embcompress.errors import UsageError
from embcompress.segment import CodedRows, Segment
from embcompress.subwords import Subwords
from embcompress.vectors._arguments import Vector, as_list, as_vector
from embcompress.vectors._keys import KEY_TYPES, Key, Keys
from embcompress.vocabulary import Vocabulary


class Lookup(Keys):
    """Words and their decoded vectors.

    Parameters
    ----------
    words : Vocabulary
    coded_rows : CodedRows
        A row a word.
    subwords : Subwords, optional
        Rows of n-grams, from which words outside the vocabulary get vectors.
    """

    def __init__(self, words: Vocabulary, coded_rows: CodedRows, subwords: Subwords | None = None) -> None:
        super().__init__(words)
        self.coded_rows = coded_rows
        self._subwords = subwords

    @overload
    def __getitem__(self, key_or_keys: Key) -> Floats: ...
    @overload
    def __getitem__(self, key_or_keys: Sequence[Key] | Vector | slice) -> Floats: ...
    def __getitem__(self, key_or_keys: Key | Sequence[Key] | Vector | slice) -> Floats:
        """Vector of a word (d,), or of a list of words or a slice of rows (k, d), float32.

        Raises
        ------
        UnknownWordError
            If no vector can be made of a word; all such words are named.
        UsageError
            If the list is empty, or holds something that is no key.
        """
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(key_or_keys)
        if isinstance(key_or_keys, slice):
            return self.coded_rows.vectors(key_or_keys)
        keys = as_list(key_or_keys)
        if not keys:
            raise UsageError("the list of words is empty: give at least one")
        return self._vectors(keys, self._rows(keys))

    @property
    def vector_size(self) -> int:
        """Length d of a vector."""
        return self.coded_rows.dims

    @property
    def segment(self) -> Segment:
        """The segment that holds all rows.

        Raises
        ------
        UsageError
            If there are several, as ``head`` makes them.
        """
        if len(self.coded_rows.parts) > 1:
            raise UsageError(f"the rows are in {len(self.coded_rows.parts)} segments: ask coded_rows.parts for them")
        return self.coded_rows.parts[0]

    @property
    def ngrams(self) -> int:
        """Rows of n-grams that vectors of unseen words are made from."""
        return 0 if self._subwords is None else len(self._subwords.segment)

    @property
    def vectors(self) -> Floats:
        """All vectors decoded, (n, d) float32, read-only: 4 d bytes a word, made anew at each use."""
        decoded = self._every_row(self.coded_rows.vectors)
        decoded.setflags(write=False)  # a change of this copy would change no answer
        return decoded

    @property
    def norms(self) -> Floats:
        """Length of each vector, (n,) float32."""
        return self.coded_rows.norms

    def get_normed_vectors(self) -> Floats:
        """All vectors decoded and scaled to length one, (n, d) float32, made anew; zero rows stay zero."""
        return self._every_row(self.coded_rows.directions)

    def _every_row(self, decode: Callable[[slice], Floats]) -> Floats:
        """All rows (n, d), decoded in blocks."""
        decoded = np.empty((len(self), self.vector_size), dtype=np.float32)
        for rows in blocks(len(self)):
            decoded[rows] = decode(rows)
        return decoded

    def has_vector(self, word: object) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""
        return word in self or self._from_subwords(word) is not None

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Decoded vector of a word.

        Parameters
        ----------
        key : str or int
            A word or a row number.
        norm : bool
            Scale it to length one.

        Returns
        -------
        (d,) float32
            The caller's own copy.

        Raises
        ------
        UnknownWordError
            If there is no such row, and no vector can be made from n-grams.
        WrongKeyError
            If the key is neither a word nor a number.
        """
        row = self._find(key)
        if row is None:  # then it is made from n-grams, or this raises
            return np.asarray(self._resolve([key], unit=norm)[1][0])
        return self.coded_rows.direction(row) if norm else self.coded_rows.vector(row)

    def _vectors(self, keys: Sequence[Key], rows: Integers, *, unit: bool = False) -> Floats:
        """Vectors of keys, (k, d), at `rows`, where -1 stands for none: that vector is made from n-grams."""
        if len(rows) == 1 and rows[0] >= 0:  # the commonest case, in half of the time
            row = int(rows[0])
            return (self.coded_rows.direction(row) if unit else self.coded_rows.vector(row))[None]
        decode = self.coded_rows.directions if unit else self.coded_rows.vectors
        places = np.flatnonzero(rows < 0).tolist()
        if not places:
            return decode(rows)
        made = {place: self._from_subwords(keys[place]) for place in places}
        if any(vector is None for vector in made.values()):
            raise self._unknown(keys[place] for place, vector in made.items() if vector is None)
        vectors = np.empty((len(keys), self.vector_size), dtype=np.float32)
        vectors[rows >= 0] = decode(rows[rows >= 0])
        for place, vector in made.items():
            vectors[place] = vector
        if unit:
            vectors[places] = directions(vectors[places])
        return vectors

    def _resolve(self, items: Sequence[Key | Vector], *, unit: bool = True) -> tuple[Integers, Floats]:
        """Rows (k,), -1 for none, and vectors (k, d): `unit` scales those of keys, others stay as they are given."""
        keys = [item for item in items if not isinstance(item, np.ndarray)]
        rows = self._rows(keys)
        of_keys = self._vectors(keys, rows, unit=unit)
        if len(keys) == len(items):
            return rows, of_keys
        is_key = np.array([not isinstance(item, np.ndarray) for item in items])
        all_rows = np.full(len(items), -1, dtype=np.int64)
        vectors = np.empty((len(items), self.vector_size), dtype=np.float32)
        all_rows[is_key], vectors[is_key] = rows, of_keys
        for place in np.flatnonzero(~is_key).tolist():
            vectors[place] = as_vector(items[place], self.vector_size)
        return all_rows, vectors

    def _from_subwords(self, key: object) -> Floats | None:
        return self._subwords.vector(key) if self._subwords is not None and isinstance(key, str) else None
