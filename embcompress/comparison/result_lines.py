"""Results in a file of JSON lines: each on the disk as soon as it is known, and not measured again."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from embcompress.comparison.results import Result
from embcompress.disk import access_error
from embcompress.errors import FormatError
from embcompress.evaluation._rows import draw_rows
from embcompress.table import Table

DIGEST_ROWS = 1000
"""Rows that a table's digest sees, drawn at random: a table that differs, differs in more than a few."""

BEGINNING = b'{"table": "'
"""What every line begins with: a file that does not is somebody else's, and is not touched."""


def table_digest(table: Table) -> str:
    """SHA-256, in hexadecimal, over a table's shape, its words and a sample of its rows."""
    digest = hashlib.sha256(f"{len(table)} {table.dims} ".encode())
    for word in table.words.every_word():
        digest.update(b"%d %b" % (len(word), word))
    digest.update(table.rows(draw_rows(len(table), DIGEST_ROWS, seed=0)).astype("<f4").tobytes())
    return digest.hexdigest()


class ResultLines:
    """A file that results are added to, and those it holds of a table under a seed and this version.

    A last line that was cut off in writing is dropped from the file. Results of other tables stay where they are.

    Parameters
    ----------
    path : path-like
        Need not exist.
    table : Table
    seed : int

    Raises
    ------
    FileAccessError
        If the file cannot be read or written.
    FormatError
        If it is damaged, but at its end, or holds something else; the text says where.
    """

    def __init__(self, path: str | os.PathLike[str], table: Table, seed: int) -> None:
        self.path = Path(path)
        self._key = {"table": table_digest(table), "seed": seed, "version": version("embcompress")}
        self.found: dict[str, Result] = {}
        """Results by spec."""
        try:
            with self.path.open("a+b") as file:  # made here, so that what cannot be written is known before work begins
                file.seek(0)
                lines = file.readlines()
                file.truncate(sum(map(len, lines[: self._read(lines)])))
        except OSError as error:
            raise access_error("write", self.path, error) from None

    def add(self, result: Result) -> None:
        """Write a result; it is on the disk when this returns.

        Raises
        ------
        FileAccessError
            If it cannot be written.
        """
        line = json.dumps(self._key | result.to_dict(), allow_nan=False).encode() + b"\n"
        try:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise access_error("write", self.path, error) from None
        self.found[result.spec] = result

    def _read(self, lines: list[bytes]) -> int:
        """Take in the results of the lines; returns how many lines are sound."""
        for number, line in enumerate(lines, start=1):
            facts = _facts(line)
            if facts is None:
                if number == len(lines) and line.startswith(BEGINNING[: len(line)]):
                    return number - 1
                raise FormatError(
                    f"{self.path}, line {number}: is no result of a comparison: mend the line, or give another file"
                )
            if {name: facts.get(name) for name in self._key} == self._key:
                self._take(facts, number)
        return len(lines)

    def _take(self, facts: dict[str, Any], number: int) -> None:
        try:
            result = Result.from_dict({name: value for name, value in facts.items() if name not in self._key})
        except (TypeError, KeyError, AttributeError):
            raise FormatError(
                f"{self.path}, line {number}: the figures of {facts.get('spec')!r} are damaged: remove the line"
            ) from None
        self.found[result.spec] = result


def _facts(line: bytes) -> dict[str, Any] | None:
    """A whole line's content; None if it is no JSON object."""
    if not (line.startswith(BEGINNING) and line.endswith(b"\n")):
        return None
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None
