"""Pairs of words with scores, or named synonyms and antonyms, as a task."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embcompress.arrays import Doubles, Floats, Integers
from embcompress.distill.hard_loss import LabelledPairs
from embcompress.errors import FormatError
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._rank_correlation import Ranks, spearman
from embcompress.evaluation._test_sets import read_lines
from embcompress.evaluation.pairs import Pairs

NAMES = {"synonym": 1.0, "antonym": 0.0}
"""Scores of pairs that are named instead."""

PAIRS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class PairTask:
    """Scored pairs of words.

    Parameters
    ----------
    rows : (p, 2) int64
        Of the words in a table.
    scores : (p,) float64
    """

    rows: Integers
    scores: Doubles
    items = "pairs"
    measure = "Spearman correlation"

    @classmethod
    def known(cls, pairs: Pairs, table: Answers) -> PairTask:
        """The pairs of which a table has both words."""
        found = [(table.find(first), table.find(second)) for first, second in pairs.words]
        kept = [place for place, rows in enumerate(found) if None not in rows]
        rows = np.array([found[place] for place in kept], dtype=np.int64).reshape(-1, 2)
        return cls(rows, pairs.scores[kept])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def varies(self) -> bool:
        """Whether scores differ."""
        return len(self) > 0 and bool(np.ptp(self.scores) > 0)

    def draw(self, items: Integers, generator: np.random.Generator) -> tuple[Integers, LabelledPairs]:
        """Rows of the words of some pairs, and these pairs among them."""
        chosen = generator.choice(items, min(PAIRS_AT_ONCE, len(items)), replace=False)
        words, places = np.unique(self.rows[chosen], return_inverse=True)
        left, right = np.eye(len(words), dtype=np.float32)[places.reshape(-1, 2).T]
        return words, LabelledPairs(left, right, self.scores[chosen].astype(np.float32))

    def value(self, units: Callable[[Integers], Floats], _learned: Integers, items: Integers, /) -> float:
        """Spearman's correlation of cosines with scores; 0 where either does not vary."""
        first, second = (units(rows) for rows in self.rows[items].T)
        ranks = Ranks(np.vecdot(first, second)), Ranks(self.scores[items])
        return float(np.nan_to_num(spearman(*ranks, np.ones((1, len(items))))[0]))


def read_named_pairs(path: str | os.PathLike[str]) -> Pairs | None:
    """Read ``word1 word2 synonym`` and ``word1 word2 antonym`` lines; None if the first line is no such line.

    Blank lines and those that begin with ``#`` are left out.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If a later line is not like that.
    """
    words: list[tuple[str, str]] = []
    scores = []
    for number, line in enumerate(read_lines(path), start=1):
        fields = line.replace("\t", " ").replace(",", " ").split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) != 3 or fields[2].lower() not in NAMES:
            if not words:
                return None
            raise FormatError(f"{os.fspath(path)}, line {number}: two words and synonym or antonym are wanted")
        words.append((fields[0], fields[1]))
        scores.append(NAMES[fields[2].lower()])
    return Pairs(Path(path).stem, tuple(words), np.array(scores)) if words else None
