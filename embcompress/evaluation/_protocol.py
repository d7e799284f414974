"""How the words of a test set are found in a table: the two protocols in use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers
from embcompress.topk import SCORE_DECIMALS

GENSIM_RESTRICTION = 300_000
"""Rows that gensim's evaluations look at unless told otherwise."""


@dataclass(frozen=True)
class Protocol:
    """Which rows take part, and which of them a test word stands for.

    Parameters
    ----------
    case_insensitive : bool
        A word stands for the first row whose upper-case form is its own. Otherwise the exact word is looked up, and
        one that was dropped and answers with another's row counts as known.
    restrict : int, optional
        Only so many first rows take part; None: all. A negative number leaves out rows at the end.
    tie : float
        Scores that differ by less are equal, and equal scores are in row order.
    """

    case_insensitive: bool
    restrict: int | None
    tie: float = 0.0

    def key(self, word: str) -> str:
        """What words are compared by."""
        return word.upper() if self.case_insensitive else word

    def rows(self, table: Answers) -> int:
        """How many first rows take part."""
        return len(range(len(table))[: self.restrict])

    def find(self, table: Answers, keys: Iterable[str]) -> dict[str, list[int]]:
        """Rows of each key that has any, ascending; it stands for the first."""
        wanted, rows = set(keys), self.rows(table)
        if not self.case_insensitive:
            exact = ((key, table.find(key)) for key in wanted)
            return {key: [row] for key, row in exact if row is not None and row < rows}
        found: dict[str, list[int]] = {}
        for row, word in enumerate(islice(table.words, rows)):
            key = self.key(word)
            if key in wanted:
                found.setdefault(key, []).append(row)
        return found


def named_protocol(name: str, restrict: int | None = None) -> Protocol:
    """A protocol by its name.

    Parameters
    ----------
    name : {"plain", "gensim"}
        plain: exact case, the whole vocabulary, as GloVe's evaluation does. gensim: upper case, the first 300,000
        rows.
    restrict : int, optional
        Look at so many first rows instead.

    Raises
    ------
    UsageError
        If there is no such protocol, or the restriction is below 1.
    """
    if restrict is not None and restrict < 1:
        raise UsageError(f"a restriction to {restrict} words was given: give 1 or more, or none for all words")
    if name == "plain":
        return Protocol(case_insensitive=False, restrict=restrict, tie=10.0**-SCORE_DECIMALS)
    if name == "gensim":
        return Protocol(case_insensitive=True, restrict=GENSIM_RESTRICTION if restrict is None else restrict)
    raise UsageError(f"there is no protocol {name!r}: give plain or gensim")
