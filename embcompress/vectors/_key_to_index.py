"""Rows by word as a mapping that is never built: each look-up is the vocabulary's bisection."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from itertools import chain

from embcompress.vectors._words import Words
from embcompress.vocabulary import to_text


class KeyToIndex(Mapping[str, int]):
    """The row that each word answers with, read-only.

    Parameters
    ----------
    words : Words
        Words that were dropped and answer with another's row come after those with a row of their own.
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    def __getitem__(self, word: str) -> int:
        row = self._words.find(word) if isinstance(word, str) else None
        if row is None:
            raise KeyError(word)
        return row

    def __iter__(self) -> Iterator[str]:
        return map(to_text, self._words.every_word())

    def __len__(self) -> int:
        return len(self._words) + len(self._words.mapped)

    def __repr__(self) -> str:
        return f"<KeyToIndex: {len(self)} words>"

    def items(self) -> ItemsView[str, int]:
        """Words with their rows, in one pass over the words instead of a look-up for each."""
        return _Items(self, self._words)


class _Items(ItemsView[str, int]):
    def __init__(self, mapping: KeyToIndex, words: Words) -> None:
        super().__init__(mapping)
        self._words = words

    def __iter__(self) -> Iterator[tuple[str, int]]:
        rows = chain(range(len(self._words)), self._words.mapped.tolist())
        return zip(map(to_text, self._words.every_word()), rows, strict=True)
