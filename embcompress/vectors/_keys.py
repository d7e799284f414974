"""From keys to rows: what may name a row, and what is raised where there is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from embcompress.arrays import Integers
from embcompress.errors import UnknownWordError, WrongKeyError
from embcompress.vectors._key_to_index import KeyToIndex
from embcompress.vectors._words import Words

Key = str | int | np.integer[Any]

KEY_TYPES = (str, int, np.integer)
"""A word, or the number of a row."""


class Keys:
    """The words of a table and their rows.

    Parameters
    ----------
    words : Words
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._assigned: Mapping[Any, int] | None = None

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not None

    @property
    def key_to_index(self) -> Mapping[Any, int]:
        """The rows by word.

        Another mapping may be assigned for a while, as gensim's evaluation functions do to leave out words or their
        case; look-ups of words then go through it.
        """
        return KeyToIndex(self._words) if self._assigned is None else self._assigned

    @key_to_index.setter
    def key_to_index(self, rows: Mapping[Any, int]) -> None:
        self._assigned = None if isinstance(rows, KeyToIndex) else rows

    def is_mapped(self, word: str) -> bool:
        """Whether a word was dropped when the table was made, and answers with the row of its nearest neighbour."""
        return self._words.is_mapped(word)

    def has_index_for(self, key: object) -> bool:
        """Whether a key has a row: a word of the vocabulary, or a row number of the table.

        Raises
        ------
        WrongKeyError
            If the key cannot be hashed.
        """
        return key in self

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Row of a word; of a row number, itself.

        Parameters
        ----------
        key : str or int
        default : int, optional
            Returned where there is no such row; without it, an error is raised.

        Returns
        -------
        int

        Raises
        ------
        UnknownWordError
            If there is no such row.
        WrongKeyError
            If the key is neither a word nor a number.
        """
        row = self._find(key)
        if row is not None:
            return row
        if default is not None:
            return default
        raise self._unknown([key])

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """An attribute of a word; compressed tables keep none.

        Raises
        ------
        UnknownWordError
            If there is no such word.
        WrongKeyError
            If there is.
        """
        self.get_index(key)
        raise WrongKeyError(f"no attribute {attr!r}: compressed tables keep no attributes of words, only their order")

    def _find(self, key: object) -> int | None:
        """Row of a key, None if there is none."""
        if self._assigned is not None and isinstance(key, Hashable):
            row = self._assigned.get(key)
        else:
            row = self._words.find(key) if isinstance(key, str) else None
        if row is not None:
            return row
        if isinstance(key, int | np.integer):
            return int(key) if 0 <= key < len(self) else None
        if not isinstance(key, Hashable):
            raise _wrong(key)
        return None

    def _rows(self, keys: Sequence[object]) -> Integers:
        """Row of each key, (k,) int64; -1 where there is none."""
        if len(keys) > 1 and self._assigned is None:
            if set(map(type, keys)) == {str}:
                return self._words.find_all(keys)  # type: ignore[arg-type]  # the line above has seen that all are words
            is_word = np.array([isinstance(key, str) for key in keys])
            words = [str(key) for key in keys if isinstance(key, str)]
            rows = np.empty(len(keys), dtype=np.int64)
            rows[is_word] = self._words.find_all(words)
            rows[~is_word] = [self._row(key) for key in keys if not isinstance(key, str)]
            return rows
        return np.array([self._row(key) for key in keys], dtype=np.int64)

    def _row(self, key: object) -> int:
        row = self._find(key)
        return -1 if row is None else row

    def _unknown(self, keys: Iterable[object]) -> UnknownWordError | WrongKeyError:
        """What to raise for keys that have no row."""
        listed = list(keys)
        for key in listed:
            if not isinstance(key, KEY_TYPES):
                return _wrong(key)
        words = list(dict.fromkeys(map(str, listed)))
        return UnknownWordError(words, self._words.near(words[0]))


def _wrong(key: object) -> WrongKeyError:
    return WrongKeyError(f"a key is a word or a row number, not {type(key).__name__}")
