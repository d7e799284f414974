"""Questions to one table of a service, cut into what it takes at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from embcompress.arrays import Floats, blocks
from embcompress.client._connection import Connection
from embcompress.errors import UnknownWordError, UsageError

Found = list[tuple[str, float]]
Item = str | np.ndarray[Any, Any]
Items = Item | Sequence[Item] | None

DIGITS = 26
"""Bytes that a number of a vector has in JSON, at most."""


class Questions:
    """Questions to one table.

    Parameters
    ----------
    connection : Connection
    name : str
        The table's.
    service : dict
        What the service says of its limits.
    """

    def __init__(self, connection: Connection, name: str, service: dict[str, Any]) -> None:
        self._connection = connection
        self._path = f"/v1/{quote(name)}"
        self._service = service
        self.name = name
        self.metadata: dict[str, Any] = connection.get(f"{self._path}/info")

    @property
    def vector_size(self) -> int:
        """Length d of a vector."""
        return int(self.metadata["dims"])

    @property
    def spec(self) -> str:
        """The spec the table was encoded with."""
        return str(self.metadata["spec"])

    def _row(self, word: str) -> int | None:
        row = self._connection.post(f"{self._path}/vectors", {"words": [word]})["rows"][0]
        return None if row is None else int(row)

    def _vectors(self, words: list[str]) -> Floats:
        vectors = np.concatenate([self._asked_for(words[part]) for part in self._parts(len(words))])
        missing = np.flatnonzero(np.isnan(vectors[:, 0])).tolist()
        if missing:
            raise self._unknown([words[place] for place in missing])
        return vectors

    def _asked_for(self, words: list[str]) -> Floats:
        """Vectors (m, d), NaN where a word has none."""
        content = self._connection.post_for_bytes(f"{self._path}/vectors", {"words": words})
        return np.frombuffer(content, dtype="<f4").reshape(len(words), -1).astype(np.float32)

    def _neighbours(self, items: list[Any], topn: int, options: dict[str, Any]) -> list[Found]:
        kind = "words" if all(isinstance(item, str) for item in items) else "vectors"
        answers: list[Any] = []
        unknown: list[str] = []
        for part in self._parts(len(items), topn):
            answer = self._connection.post(f"{self._path}/neighbours", {kind: items[part], "k": topn, **options})
            answers += answer["neighbours"]
            unknown += answer["unknown"]
        if unknown:
            raise self._unknown(unknown)
        return [_found(each) for each in answers]

    def _analogy(
        self, above: list[Any], below: list[Any], topn: int, restrict_vocab: int | None, options: dict[str, Any]
    ) -> Found:
        if topn < 1:
            return []
        question = {"positive": above, "negative": below, "k": topn, "restrict_vocab": restrict_vocab or None}
        return _found(self._connection.post(f"{self._path}/analogy", question | options)["neighbours"])

    def _parts(self, count: int, topn: int = 1) -> Iterator[slice]:
        """Cut so many words or vectors into what the service takes at a time."""
        service = self._service
        by_body = service["max_body"] // (DIGITS * self.vector_size)
        return blocks(count, max(1, min(service["max_batch"], service["max_neighbours"] // topn, by_body)))

    def _unknown(self, words: list[str]) -> UnknownWordError:
        """What to raise for words without a vector; the service knows near spellings of the first."""
        named = list(dict.fromkeys(words))
        try:
            self._connection.post(f"{self._path}/analogy", {"positive": named[:1]})
        except UnknownWordError as error:
            return UnknownWordError(named, error.suggestions)
        return UnknownWordError(named, [])


def as_json(items: Items) -> list[Any]:
    """Words, and vectors as lists of numbers."""
    if items is None:
        return []
    listed = [items] if isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim < 2) else list(items)
    return [_one_as_json(item) for item in listed]


def _one_as_json(item: Any) -> Any:
    if isinstance(item, str):
        return item
    if isinstance(item, np.ndarray) and item.ndim == 1 and np.isfinite(item).all():
        return item.tolist()
    raise UsageError(f"a service is asked about words and vectors (d,) of finite numbers, not {item!r:.60}")


def _found(neighbours: list[dict[str, Any]]) -> Found:
    return [(each["word"], each["similarity"]) for each in neighbours]
