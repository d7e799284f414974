"""What a contender of ``peers.py`` is: how it writes a table, opens what it wrote, and is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embcompress import Table
from embcompress.arrays import Floats

TOP = 10
ASKED = TOP + 1
"""Queries are rows of the table, and the word itself is among the answers."""


@dataclass(frozen=True)
class Opened:
    """A contender's files, opened.

    Parameters
    ----------
    look_up : callable
        The vector of a word, (d,), decoded; fewer numbers where the contender keeps fewer axes.
    nearest : callable or None
        The `ASKED` words nearest to a vector (d,) of length one, best first, by the contender's own search; None where
        it has none.
    """

    look_up: Callable[[str], Floats]
    nearest: Callable[[Floats], list[str]] | None


@dataclass(frozen=True)
class Contender:
    """A way of storing a table.

    Parameters
    ----------
    modules : tuple of str
        What opening and asking it imports, its own first: imported beforehand, so that it does not count as opening.
    stores : str
        What is in its files, words aside.
    has_words : bool
        Whether its files hold the words too. If not, they are kept beside it and do not count.
    write : callable
        Writes a table to a folder.
    open : callable
        Opens the folder.
    """

    modules: tuple[str, ...]
    stores: str
    has_words: bool
    write: Callable[[Table, Path], None]
    open: Callable[[Path], Opened]


def all_rows(table: Table) -> Floats:
    """A table's vectors, (n, d) float32."""
    return table.rows(slice(0, len(table)))
