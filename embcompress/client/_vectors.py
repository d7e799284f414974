"""The reading methods of a table that a service holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from embcompress.arrays import Floats, directions
from embcompress.client._questions import Found, Item, Items, Questions, as_json
from embcompress.errors import UsageError


class RemoteVectors(Questions):
    """A table of a service, with reading methods of `CompressedVectors`: the same arguments, results and exceptions.

    Made by `connect`. Words are names: rows' numbers are not taken for them. Any number of threads may ask at once;
    requests of many words are cut into what the service takes at a time. Use it in a ``with`` statement, or `close` it.
    """

    def __enter__(self) -> RemoteVectors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def __repr__(self) -> str:
        return f"<RemoteVectors: {len(self)} words x {self.vector_size} dimensions, {self.spec}>"

    def __len__(self) -> int:
        return int(self.metadata["words"])

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._row(word) is not None

    def __getitem__(self, key_or_keys: str | Sequence[str]) -> Floats:
        """Vector of a word (d,), or of a list of words (k, d), float32.

        Raises
        ------
        UnknownWordError
            If words have no vector; all of them are named.
        UsageError
            If the list is empty, or holds something else than words.
        """
        if isinstance(key_or_keys, str):
            return self.get_vector(key_or_keys)
        words = list(key_or_keys)
        if not words or not all(isinstance(word, str) for word in words):
            raise UsageError("give a word, or a list of at least one word")
        return self._vectors(words)

    def has_vector(self, word: str) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""
        return not np.isnan(self._asked_for([word])[0, 0])

    def get_index(self, word: str) -> int:
        """Row of a word.

        Raises
        ------
        UnknownWordError
            If there is no such word.
        """
        row = self._row(word)
        if row is None:
            raise self._unknown([word])
        return row

    def get_vector(self, word: str, norm: bool = False) -> Floats:
        """Vector of a word (d,) float32, scaled to length one if `norm`; see ``[]``."""
        vector = self._vectors([word])
        return np.asarray((directions(vector) if norm else vector)[0])

    def similarity(self, w1: str, w2: str) -> np.float32:
        """Cosine of two words' vectors.

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        """
        answer = self._connection.post(f"{self._path}/similarity", {"pairs": [[w1, w2]]})
        if answer["unknown"]:
            raise self._unknown(answer["unknown"])
        return np.float32(answer["similarities"][0])

    def distance(self, w1: str, w2: str) -> np.float32:
        """One less the cosine of two words' vectors."""
        return np.float32(1 - self.similarity(w1, w2))

    def most_similar(
        self,
        positive: Items = None,
        negative: Items = None,
        topn: int = 10,
        restrict_vocab: int | None = None,
        *,
        exact: bool = False,
    ) -> Found:
        """Words nearest to the mean of words and vectors; see `CompressedVectors.most_similar`.

        Raises
        ------
        UnknownWordError
            If words have no vector; all of them are named.
        UsageError
            If nothing is given, a vector has a wrong length or is not finite, or the service gives fewer at a time.
        """
        above, below = as_json(positive), as_json(negative)
        if len(above) == 1 and not below and topn > 0:  # which the service gathers with others' questions
            return self._neighbours(above, topn, {"exact": exact, "restrict_vocab": restrict_vocab or None})[0]
        return self._analogy(above, below, topn, restrict_vocab, {"exact": exact})

    def most_similar_cosmul(
        self, positive: Items = None, negative: Items = None, topn: int = 10, restrict_vocab: int | None = None
    ) -> Found:
        """Words by 3CosMul; see `CompressedVectors.most_similar_cosmul`, and `most_similar` for what is raised."""
        return self._analogy(as_json(positive), as_json(negative), topn, restrict_vocab, {"method": "3cosmul"})

    def most_similar_batch(
        self, queries: Sequence[Item] | np.ndarray[Any, Any], topn: int = 10, *, exact: bool = False
    ) -> list[Found]:
        """The words nearest to each of many words, or of many vectors (m, d).

        Raises
        ------
        UnknownWordError
            If words have no vector; all of them are named.
        UsageError
            If `queries` is no list of words and no list of vectors, or a vector has a wrong length or is not finite.
        """
        if isinstance(queries, str):
            raise UsageError("queries are a list; for one word there is most_similar")
        items = as_json(list(queries))
        if topn < 1:
            return [[] for _ in items]
        return self._neighbours(items, topn, {"exact": exact})

    def complete(self, prefix: str, limit: int = 10) -> list[str]:
        """Words that begin with `prefix`, the most frequent first, at most `limit`."""
        if limit < 1:
            return []
        text = quote(prefix, safe="", errors="surrogateescape")
        answer = self._connection.get(f"{self._path}/complete?prefix={text}&limit={limit}")
        return [each["word"] for each in answer["words"]]
