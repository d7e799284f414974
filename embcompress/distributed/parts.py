"""The shards of a table before they are coded."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embcompress.arrays import Integers
from embcompress.errors import FileAccessError, UsageError
from embcompress.formats import load
from embcompress.selection import subset
from embcompress.table import Table


@dataclass(frozen=True)
class Part:
    """A shard: where it is, and which rows of the whole table it holds.

    Parameters
    ----------
    path : str
        The same on every machine.
    number : int
        Its place among the shards.
    rows : range
        Of the whole table.
    sha256 : str
        Of the file.
    modified : int
        When it was changed last, in nanoseconds.
    left_out : str, optional
        File of the shard's own rows whose words an earlier shard has, (k,) int64.
    strict : bool
        As of `load`.
    """

    path: str
    number: int
    rows: range
    sha256: str
    modified: int
    left_out: str | None
    strict: bool

    def table(self) -> Table:
        """The shard's rows, without those left out; raises as `load`, and if the file was changed meanwhile."""
        loaded = load(self.path, strict=self.strict)
        if Path(self.path).stat().st_mtime_ns != self.modified:
            raise FileAccessError(f"{self.path} changed while it was read: run the command again")
        if self.left_out is None:
            return loaded
        return subset(loaded, np.delete(np.arange(len(loaded)), self.rows_left_out()))

    def rows_left_out(self) -> Integers:
        """The shard's own rows that are left out, (k,) int64."""
        return np.zeros(0, dtype=np.int64) if self.left_out is None else np.load(self.left_out)


def paths_of(patterns: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """The files that patterns such as ``shards/*.parquet`` stand for, pattern by pattern and sorted by name.

    Raises
    ------
    UsageError
        If a pattern stands for no file, or two for the same one.
    """
    found: list[str] = []
    for pattern in [patterns] if isinstance(patterns, str | os.PathLike) else patterns:
        text = os.fspath(pattern)
        # pathlib's own takes no absolute patterns
        files = [text] if Path(text).exists() else sorted(glob.glob(text, recursive=True))  # noqa: PTH207
        if not files:
            raise UsageError(f"{text}: no such file: give the shards' files, or a pattern such as 'shards/*.parquet'")
        found += [str(Path(file).absolute()) for file in files]
    twice = next((file for file in found if found.count(file) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is given twice")
    return found
