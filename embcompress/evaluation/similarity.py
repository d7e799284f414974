"""Word similarity: how well cosines rank word pairs, against the judgements of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from embcompress.arrays import Doubles, Floats, Mask, blocks
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, answers
from embcompress.evaluation._bootstrap import Paired, paired_interval
from embcompress.evaluation._protocol import Protocol, named_protocol
from embcompress.evaluation._rank_correlation import Ranks, spearman
from embcompress.evaluation.pairs import Pairs


@dataclass(frozen=True, eq=False)
class Similarity:
    """Agreement of cosines with a set of scored pairs.

    Parameters
    ----------
    test_set : Pairs
        Its n pairs.
    cosines : (n,) float32
        0 where a word is unknown.
    known : (n,) bool
        Pairs of which both words are known; only these count.
    spearman, pearson : float or None
        None where a correlation does not exist; `note` says why.
    note : str
        Empty if there is nothing to say.
    """

    test_set: Pairs
    cosines: Floats
    known: Mask
    spearman: float | None
    pearson: float | None
    note: str

    @property
    def used(self) -> int:
        """Pairs that count."""
        return int(self.known.sum())

    @property
    def coverage(self) -> float:
        """Share of the pairs that count."""
        return self.used / len(self.known)

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "name": self.test_set.name,
            "spearman": self.spearman,
            "pearson": self.pearson,
            "pairs": self.used,
            "total": len(self.known),
            "coverage": self.coverage,
            "note": self.note,
        }


def word_similarity(vectors: Any, pairs: Pairs, *, protocol: str = "plain", restrict: int | None = None) -> Similarity:
    """Correlate cosines with scores, over the pairs whose words are both known.

    Parameters
    ----------
    vectors : Table, CompressedVectors or gensim KeyedVectors
    pairs : Pairs
    protocol : {"plain", "gensim"}
        plain: exact case, the whole vocabulary. gensim: upper case, the first of a word's case variants, the first
        300,000 rows.
    restrict : int, optional
        Look at so many first rows instead.

    Raises
    ------
    UsageError
        If there is no such protocol, or the restriction is below 1.
    """
    table = answers(vectors)
    cosines, known = pair_cosines(table, named_protocol(protocol, restrict), pairs.words)
    scores, measured = pairs.scores[known], cosines[known]
    note = _obstacle(scores, measured)
    if note:
        return Similarity(pairs, cosines, known, None, None, note)
    return Similarity(
        pairs,
        cosines,
        known,
        float(spearman(Ranks(scores), Ranks(measured), np.ones((1, len(scores))))[0]),
        float(np.corrcoef(scores, measured.astype(np.float64))[0, 1]),
        "",
    )


def _obstacle(scores: Doubles, cosines: Floats) -> str:
    """Why there is no correlation, or an empty text."""
    if not len(scores):
        return "no pair is in the vocabulary"
    if len(scores) == 1:
        return "only one pair is in the vocabulary"
    if np.ptp(scores) == 0:
        return "all scores are equal"
    return "all cosines are equal" if np.ptp(cosines) == 0 else ""


def pair_cosines(table: Answers, chosen: Protocol, words: tuple[tuple[str, str], ...]) -> tuple[Floats, Mask]:
    """Cosine of each pair, 0 where a word is unknown, and where both are known."""
    keys = [(chosen.key(first), chosen.key(second)) for first, second in words]
    rows = chosen.find(table, (key for pair in keys for key in pair))
    known = np.array([first in rows and second in rows for first, second in keys], dtype=np.bool_)
    found = np.array([(rows[first][0], rows[second][0]) for first, second in keys if first in rows and second in rows])
    cosines = np.zeros(len(keys), dtype=np.float32)
    places = np.flatnonzero(known)
    for part in blocks(len(places)):
        cosines[places[part]] = np.vecdot(table.units(found[part, 0]), table.units(found[part, 1]))
    return cosines, known


def paired_similarity(measured: Similarity, original: Similarity, *, seed: int = 0) -> Paired | None:
    """Spearman of two tables on the pairs that both know, with an interval of the difference.

    Each resample is ranked anew.

    Returns
    -------
    Paired or None
        None where fewer than two pairs are known to both, or all their scores or cosines are equal.

    Raises
    ------
    UsageError
        If the two were measured on different pairs.
    """
    if measured.test_set.words != original.test_set.words:
        raise UsageError(f"{measured.test_set.name} and {original.test_set.name} are not the same pairs")
    both = measured.known & original.known
    scores, cosines, originals = measured.test_set.scores[both], measured.cosines[both], original.cosines[both]
    if _obstacle(scores, cosines) or _obstacle(scores, originals):
        return None
    gold, ours, theirs = Ranks(scores), Ranks(cosines), Ranks(originals)
    items = len(scores)
    low, high = paired_interval(
        lambda counts: spearman(gold, ours, counts) - spearman(gold, theirs, counts), items, seed=seed
    )
    once = np.ones((1, items))
    return Paired(float(spearman(gold, ours, once)[0]), float(spearman(gold, theirs, once)[0]), low, high, items)
