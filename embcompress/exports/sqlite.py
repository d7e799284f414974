"""Tables of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from embcompress.arrays import blocks
from embcompress.errors import UsageError
from embcompress.exports._format import Kind, library
from embcompress.table import Table
from embcompress.text import is_utf8

READER = "SQLite, with sqlite-vec for its table nearest"
KINDS = {
    "plain": Kind("SQLite table words (row, word, vector)", (".sqlite", ".db")),
    "vec": Kind("the same, and a virtual table nearest of sqlite-vec", (".vec.sqlite",)),
}

holds = is_utf8


def write(table: Table, path: Path, kind: str) -> None:
    """A table ``words`` (row, word, vector as little-endian float32), and with vec a virtual one ``nearest`` to search.

    Raises
    ------
    UsageError
        If this Python's SQLite loads no extensions, which vec needs.
    """
    try:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA journal_mode = OFF")  # what fails is thrown away anyway
            database.execute("CREATE TABLE words (row INTEGER PRIMARY KEY, word TEXT NOT NULL, vector BLOB NOT NULL)")
            database.executemany("INSERT INTO words VALUES (?, ?, ?)", _records(table))
            database.execute("CREATE UNIQUE INDEX row_of_word ON words (word)")
            if kind == "vec":
                _load_extension(database)
                database.execute(
                    "CREATE VIRTUAL TABLE nearest USING vec0"
                    f"(row INTEGER PRIMARY KEY, vector float[{table.dims}] distance_metric=cosine)"
                )
                database.execute("INSERT INTO nearest (row, vector) SELECT row, vector FROM words")
    except sqlite3.Error as error:
        raise OSError(f"SQLite: {error}") from None


def _records(table: Table) -> Iterator[tuple[int, str, bytes]]:
    for rows in blocks(len(table)):
        vectors = table.rows(rows).astype("<f4")
        for row, word, vector in zip(range(rows.start, rows.stop), table.words[rows], vectors, strict=True):
            yield row, word, vector.tobytes()


def _load_extension(database: sqlite3.Connection) -> None:
    sqlite_vec = library("sqlite_vec", "export")
    if not hasattr(database, "enable_load_extension"):
        raise UsageError(
            "sqlite:vec needs an SQLite that loads extensions, and this Python's does not: take sqlite:plain"
        )
    database.enable_load_extension(True)
    sqlite_vec.load(database)
    database.enable_load_extension(False)
