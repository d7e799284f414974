"""Requests about one table of a service, cut into what it takes at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.client._connection import Connection
from embcompress.errors import UnknownWordError
from embcompress.vectors.reading import Found

DIGITS = 26
"""Bytes that a number of a vector has in JSON, at most."""


class RemoteTable:
    """One table of a service.

    Parameters
    ----------
    connection : Connection
    name : str
        The table's.
    service : dict
        What the service says of its limits.
    """

    def __init__(self, connection: Connection, name: str, service: dict[str, Any]) -> None:
        self.name = name
        self._connection = connection
        self._service = service
        self._path = f"/v1/{quote(name)}"
        self.facts: dict[str, Any] = connection.get(f"{self._path}/info")

    @property
    def dims(self) -> int:
        """Length d of a vector."""
        return int(self.facts["dims"])

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def rows(self, words: Sequence[str]) -> Integers:
        """The row that each word answers with, (m,) int64; -1 for none."""
        found = self._each("words", "words", words, {})["rows"]
        return np.array([-1 if row is None else row for row in found], dtype=np.int64)

    def words(self, rows: Sequence[int]) -> list[Any]:
        """The words of rows."""
        return self._each("words", "rows", rows, {})["words"]

    def vectors(self, kind: str, items: Sequence[Any]) -> Floats:
        """Vectors of items, ``words`` or ``rows``, (m, d), NaN where there is none."""
        parts = [
            self._connection.numbers(f"{self._path}/vectors", {kind: list(items[part])})
            for part in self._parts(len(items))
        ]
        return np.concatenate(parts).reshape(len(items), -1) if parts else np.zeros((0, self.dims), dtype=np.float32)

    def norms(self) -> Floats:
        """The length of each row's vector, (n,)."""
        return self._connection.numbers(f"{self._path}/norms")

    def scores(self, question: dict[str, Any]) -> Floats:
        """The score of each row to choose from, (rows,)."""
        return self._connection.numbers(f"{self._path}/scores", question)

    def best(self, question: dict[str, Any]) -> Found:
        """The best words of a sum."""
        return _found(self._connection.post(f"{self._path}/analogy", question)["neighbours"])

    def neighbours(self, kind: str, items: Sequence[Any], options: dict[str, Any]) -> list[Found | None]:
        """Neighbours of items, ``words`` or ``vectors``, None for words without a vector."""
        found = self._each("neighbours", kind, items, options)["neighbours"]
        return [None if each is None else _found(each) for each in found]

    def search(self, queries: Floats, options: dict[str, Any]) -> tuple[Floats, Integers]:
        """Scores and rows, (m, k), of the rows nearest to queries (m, d)."""
        found = self._each("search", "vectors", queries.tolist(), options)
        return np.array(found["scores"], dtype=np.float32), np.array(found["rows"], dtype=np.int64)

    def near(self, word: str) -> list[str]:
        """Words spelt nearly like one that has no vector."""
        try:
            self.best({"positive": [word], "k": 1})
        except UnknownWordError as error:
            return error.suggestions
        return []

    def complete(self, prefix: str, limit: int) -> list[str]:
        """The first words, at most `limit`, that begin with `prefix`."""
        text = quote(prefix, safe="", errors="surrogateescape")
        answer = self._connection.get(f"{self._path}/complete?prefix={text}&limit={limit}")
        return [each["word"] for each in answer["words"]]

    def _each(self, route: str, kind: str, items: Sequence[Any], options: dict[str, Any]) -> dict[str, list[Any]]:
        """What a route answers to items, ``words``, ``rows`` or ``vectors``: of each part, one list after the other."""
        found: dict[str, list[Any]] = defaultdict(list)
        for part in self._parts(len(items), options.get("k", 1)):
            answer = self._connection.post(f"{self._path}/{route}", {kind: list(items[part]), **options})
            for name, each in answer.items():
                found[name] += each
        return found

    def _parts(self, count: int, k: int = 1) -> Iterator[slice]:
        """Cut so many words, rows or vectors into what the service takes at a time."""
        service = self._service
        by_body = service["max_body"] // (DIGITS * self.dims)
        return blocks(count, max(1, min(service["max_batch"], service["max_neighbours"] // k, by_body)))


def _found(neighbours: list[dict[str, Any]]) -> Found:
    return [(each["word"], each["similarity"]) for each in neighbours]
