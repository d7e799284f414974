"""How fast a table answers, against another one in the same run."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from embcompress import formats, manifest
from embcompress.arrays import Floats, Integers, blocks
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, answers, coded_rows
from embcompress.evaluation._rows import draw_rows
from embcompress.search import Search
from embcompress.table import Table

MOST_ROWS = 100_000
"""The first rows of a table that are asked: 120 MB as float32 at 300 dimensions."""

NEIGHBOURS = 10
BATCH = 256
"""Queries of a batch, and words looked up a round: one alone is not timed well by any clock."""

QUERIES_AT_ONCE = 32
"""Queries of a batch that numpy is given at a time: faster than all of them, whose scores would leave the caches."""

SECONDS = 0.5
MOST_ROUNDS = 200
"""A job is timed for so long, and no more than so often."""


@dataclass(frozen=True)
class Timing:
    """Seconds a job took: the best round, and the median one."""

    best: float
    median: float


@dataclass(frozen=True)
class Comparison:
    """The same job on two tables, which took turns.

    Parameters
    ----------
    table, original : Timing
        Of the table that is measured, and of the one it is held against.
    """

    table: Timing
    original: Timing

    def to_dict(self) -> dict[str, Any]:
        """Seconds, and how many times faster than the original the table is."""
        return {
            "seconds": {"best": self.table.best, "median": self.table.median},
            "original_seconds": {"best": self.original.best, "median": self.original.median},
            "times_faster": {
                "best": self.original.best / self.table.best,
                "median": self.original.median / self.table.median,
            },
        }


@dataclass(frozen=True)
class Speed:
    """What questions cost.

    Parameters
    ----------
    look_up : Comparison
        The vector of one word.
    query : Comparison
        The ten nearest rows of one vector.
    batch : Comparison
        The ten nearest rows of 256 vectors.
    open : Comparison or None
        Opening the file, and reading the original's first `rows` rows; None without two files.
    rows : int
        Rows asked: the first ones of both tables.
    """

    look_up: Comparison
    query: Comparison
    batch: Comparison
    open: Comparison | None
    rows: int

    def to_dict(self) -> dict[str, Any]:
        """The figures by name; times in seconds."""
        return {
            "look_up": self.look_up.to_dict(),
            "query": self.query.to_dict(),
            "batch": self.batch.to_dict(),
            "open": None if self.open is None else self.open.to_dict(),
            "rows": self.rows,
        }


@dataclass(frozen=True)
class _Contender:
    """What is timed: the vector of a word, and the nearest rows of queries (m, d)."""

    look_up: Callable[[str], Any]
    nearest: Callable[[Floats], Any]


def speed(
    vectors: Any,
    original: Any,
    *,
    path: str | os.PathLike[str] | None = None,
    original_path: str | os.PathLike[str] | None = None,
    seed: int = 0,
) -> Speed:
    """Time look-ups, queries and opening of a table and of the one it was made from, contenders taking turns.

    Codes are searched as they are; a gensim ``KeyedVectors`` by its own methods, which take one query at a time; any
    other table as a float32 matrix in memory, by a product and ``argpartition``.

    Parameters
    ----------
    vectors, original : Table, CompressedVectors, gensim KeyedVectors or Answers
        With the same first words; only the first 100,000 rows are asked.
    path, original_path : path-like, optional
        The ``.embc`` file, and the file `load` reads the original from.
    seed : int
        Draws the words asked.

    Returns
    -------
    Speed

    Raises
    ------
    UsageError
        If the tables share no word among the rows asked.
    """
    held, seen = answers(vectors), answers(original)
    rows = min(len(held), len(seen), MOST_ROWS)
    drawn = draw_rows(rows, BATCH, seed)
    words = [word for word in (seen.words[row] for row in drawn.tolist()) if _among(held, word, rows)]
    if not words:
        raise UsageError("the tables have no frequent word in common: give the table that the file was made from")
    queries = np.resize(seen.units(drawn), (BATCH, seen.dims))
    contenders = [_contender(each, rows) for each in (vectors, original)]
    opened = None
    if path is not None and original_path is not None:
        opened = _compare([partial(manifest.read, path), partial(_read_rows, original_path, rows)])
    return Speed(
        _compare([partial(_look_up_all, each, words) for each in contenders], len(words)),
        _compare([partial(each.nearest, queries[:1]) for each in contenders]),
        _compare([partial(each.nearest, queries) for each in contenders]),
        opened,
        rows,
    )


def _compare(jobs: Sequence[Callable[[], object]], repeated: int = 1) -> Comparison:
    """Time two jobs by turns; each does its work `repeated` times."""
    seconds: list[list[float]] = [[], []]
    for job in jobs:  # the first time builds indexes and reads pages
        job()
    deadline = time.perf_counter() + SECONDS
    while not seconds[0] or (len(seconds[0]) < MOST_ROUNDS and time.perf_counter() < deadline):
        for taken, job in zip(seconds, jobs, strict=True):
            start = time.perf_counter()
            job()
            taken.append((time.perf_counter() - start) / repeated)
    return Comparison(*(Timing(min(taken), statistics.median(taken)) for taken in seconds))


def _contender(vectors: Any, rows: int) -> _Contender:
    coded = coded_rows(vectors)
    if coded is not None:
        return _Contender(vectors.__getitem__, partial(Search(coded.chosen(slice(rows))).nearest, k=NEIGHBOURS))
    if isinstance(vectors, Table | Answers):
        return _in_memory(answers(vectors), rows)
    return _Contender(
        vectors.__getitem__,
        lambda queries: [vectors.similar_by_vector(each, NEIGHBOURS, restrict_vocab=rows) for each in queries],
    )


def _in_memory(table: Answers, rows: int) -> _Contender:
    """The first rows as a float32 matrix, and their words in a dict."""
    matrix = np.empty((rows, table.dims), dtype=np.float32)
    for part in blocks(rows):
        matrix[part] = table.units(part)
    places = {word: row for row, word in zip(range(rows), table.words, strict=False)}
    return _Contender(lambda word: matrix[places[word]], partial(_nearest, matrix))


def _nearest(matrix: Floats, queries: Floats) -> list[Integers]:
    """Rows of largest product with each query, best first: numpy's fastest way."""
    found = []
    for part in blocks(len(queries), QUERIES_AT_ONCE):
        scores = queries[part] @ matrix.T
        best = np.argpartition(scores, -min(NEIGHBOURS, len(matrix)), axis=1)[:, -NEIGHBOURS:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        found.append(np.take_along_axis(best, order, axis=1))
    return found


def _among(table: Answers, word: str, rows: int) -> bool:
    """Whether a word is one of the first rows."""
    row = table.find(word)
    return row is not None and row < rows


def _look_up_all(contender: _Contender, words: Sequence[str]) -> None:
    for word in words:
        contender.look_up(word)


def _read_rows(path: str | os.PathLike[str], rows: int) -> None:
    """Read a table as one has to before it answers: every row asked."""
    table = formats.load(path, limit=rows)
    for part in blocks(rows):
        table.rows(part)
