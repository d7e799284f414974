"""Vectors of words: one, several, or the whole table at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import overload

import numpy as np

from embcompress.arrays import Floats, Mask, blocks
from embcompress.errors import UsageError
from embcompress.vectors._arguments import Vector, as_list, as_vector
from embcompress.vectors._keys import KEY_TYPES, Key, Keys


class Lookup(Keys, ABC):
    """Words and their vectors."""

    @property
    @abstractmethod
    def vector_size(self) -> int:
        """Length d of a vector."""

    @property
    @abstractmethod
    def norms(self) -> Floats:
        """Length of each vector, (n,) float32."""

    @property
    @abstractmethod
    def ngrams(self) -> int:
        """Rows of n-grams that vectors of unseen words are made from."""

    @abstractmethod
    def has_vector(self, word: object) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""

    @abstractmethod
    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Vector of a word.

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

    @abstractmethod
    def _looked_up(self, keys: Sequence[Key], *, unit: bool) -> tuple[Floats, Mask]:
        """Vectors of keys, (k, d), scaled to length one if `unit`, and which of them could be had, (k,)."""

    @abstractmethod
    def _of_rows(self, rows: slice, *, unit: bool) -> Floats:
        """Vectors of rows, (k, d), scaled to length one if `unit`."""

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
            return self._of_rows(key_or_keys, unit=False)
        keys = as_list(key_or_keys)
        if not keys:
            raise UsageError("the list of words is empty: give at least one")
        return self._vectors(keys, unit=False)

    @property
    def vectors(self) -> Floats:
        """All vectors, (n, d) float32, read-only: 4 d bytes a word, made anew at each use."""
        made = self._every_row(unit=False)
        made.setflags(write=False)  # a change of this copy would change no answer
        return made

    def get_normed_vectors(self) -> Floats:
        """All vectors scaled to length one, (n, d) float32, made anew; zero rows stay zero."""
        return self._every_row(unit=True)

    def _every_row(self, *, unit: bool) -> Floats:
        """All rows (n, d), a block at a time."""
        made = np.empty((len(self), self.vector_size), dtype=np.float32)
        for rows in blocks(len(self)):
            made[rows] = self._of_rows(rows, unit=unit)
        return made

    def _vectors(self, keys: Sequence[Key], *, unit: bool) -> Floats:
        """Vectors of keys, (k, d); raises as `__getitem__`."""
        vectors, known = self._looked_up(keys, unit=unit)
        self._all_known(keys, known)
        return vectors

    def _resolve(self, items: Sequence[Key | Vector]) -> Floats:
        """Vectors of keys and vectors, (k, d): those of keys scaled to length one, others as they are given."""
        vectors, known = self._resolved(items, unit=True)
        self._all_known(items, known)
        return vectors

    def _resolved(self, items: Sequence[Key | Vector], *, unit: bool) -> tuple[Floats, Mask]:
        """Vectors of keys and vectors, as `_looked_up` gives them."""
        keys = [item for item in items if not isinstance(item, np.ndarray)]
        if len(keys) == len(items):
            return self._looked_up(keys, unit=unit)
        is_key = np.array([not isinstance(item, np.ndarray) for item in items])
        known = np.ones(len(items), dtype=bool)
        vectors = np.empty((len(items), self.vector_size), dtype=np.float32)
        for place in np.flatnonzero(~is_key).tolist():
            vectors[place] = as_vector(items[place], self.vector_size)
        if keys:
            vectors[is_key], known[is_key] = self._looked_up(keys, unit=unit)
        return vectors, known

    def _all_known(self, keys: Iterable[object], known: Mask) -> None:
        """Raise UnknownWordError, or WrongKeyError, if not all are."""
        if not known.all():
            raise self._unknown(compress(keys, ~known))
