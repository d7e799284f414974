"""Analogies: a is to b as c is to which word?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from embcompress.arrays import Mask
from embcompress.errors import UsageError
from embcompress.evaluation._analogy_scan import find_method
from embcompress.evaluation._answering import answer
from embcompress.evaluation._answers import answers
from embcompress.evaluation._bootstrap import Paired, paired_means
from embcompress.evaluation._protocol import named_protocol
from embcompress.evaluation.questions import Questions

SYNTACTIC = "gram"
"""What names of sections about grammar begin with; the others are about meaning."""


@dataclass(frozen=True)
class Accuracy:
    """Right answers among questions that count.

    Parameters
    ----------
    correct, total : int
    """

    correct: int
    total: int

    @property
    def share(self) -> float | None:
        """The accuracy; None without questions."""
        return self.correct / self.total if self.total else None

    def to_dict(self) -> dict[str, float | int | None]:
        """The figures by name."""
        return {"accuracy": self.share, "correct": self.correct, "total": self.total}


@dataclass(frozen=True, eq=False)
class Analogies:
    """Answers to a set of analogy questions.

    Parameters
    ----------
    questions : Questions
        Its q questions.
    protocol, method : str
    known : (q,) bool
        Questions of which all four words are known.
    counted : (q,) bool
        Questions that count: the known ones, or with ``dummy4unknown`` all.
    correct : (q,) bool
    """

    questions: Questions
    protocol: str
    method: str
    known: Mask
    counted: Mask
    correct: Mask

    @property
    def coverage(self) -> float:
        """Share of the questions of which all four words are known."""
        return float(self.known.mean())

    @property
    def total(self) -> Accuracy:
        """Over all questions."""
        return self._within(np.ones(len(self.known), dtype=np.bool_))

    @property
    def semantic(self) -> Accuracy:
        """Over the sections about meaning."""
        return self._within(~self._syntactic)

    @property
    def syntactic(self) -> Accuracy:
        """Over the sections about grammar."""
        return self._within(self._syntactic)

    @property
    def sections(self) -> list[tuple[str, Accuracy]]:
        """Each section by itself."""
        numbers = self.questions.section
        return [(name, self._within(numbers == number)) for number, name in enumerate(self.questions.sections)]

    @property
    def note(self) -> str:
        """What keeps the figures from meaning much; empty if nothing does."""
        return "" if self.known.any() else "no question is in the vocabulary"

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "name": self.questions.name,
            "protocol": self.protocol,
            "method": self.method,
            "total": self.total.to_dict(),
            "semantic": self.semantic.to_dict(),
            "syntactic": self.syntactic.to_dict(),
            "sections": [{"name": name, **accuracy.to_dict()} for name, accuracy in self.sections],
            "answered": int(self.known.sum()),
            "asked": len(self.known),
            "coverage": self.coverage,
            "skipped_lines": len(self.questions.skipped),
            "note": self.note,
        }

    @property
    def _syntactic(self) -> Mask:
        return np.array([name.startswith(SYNTACTIC) for name in self.questions.sections])[self.questions.section]

    def _within(self, chosen: Mask) -> Accuracy:
        return Accuracy(int((self.correct & chosen).sum()), int((self.counted & chosen).sum()))


def analogies(
    vectors: Any,
    questions: Questions,
    *,
    protocol: str = "plain",
    method: str = "3cosadd",
    restrict: int | None = None,
    dummy4unknown: bool = False,
) -> Analogies:
    """Answer analogy questions.

    Parameters
    ----------
    vectors : Table, CompressedVectors or gensim KeyedVectors
    questions : Questions
    protocol : {"plain", "gensim"}
        plain, as GloVe's evaluation: exact case, the whole vocabulary, the best row but for the three given, scores
        equal to 1e-6 in row order. gensim: upper case, the first 300,000 rows, case variants of the words given
        passed over among the best five.
    method : {"3cosadd", "3cosmul"}
        3CosAdd (Mikolov et al. 2013) or 3CosMul (Levy & Goldberg 2014).
    restrict : int, optional
        Look at so many first rows instead.
    dummy4unknown : bool
        Questions with an unknown word count as wrong instead of being left out.

    Raises
    ------
    UsageError
        If there is no such protocol or method, or the restriction is below 1.
    """
    chosen = named_protocol(protocol, restrict)
    known, correct = answer(answers(vectors), questions.words, chosen, find_method(method))
    return Analogies(questions, protocol, method, known, known | dummy4unknown, correct)


def paired_analogies(measured: Analogies, original: Analogies, *, seed: int = 0) -> Paired | None:
    """Accuracies of two tables on the questions that both know, with an interval of the difference.

    Returns
    -------
    Paired or None
        None where no question is known to both.

    Raises
    ------
    UsageError
        If the two were asked different questions.
    """
    if measured.questions.words != original.questions.words:
        raise UsageError(f"{measured.questions.name} and {original.questions.name} are not the same questions")
    both = measured.known & original.known
    return paired_means(measured.correct[both].astype(np.float64), original.correct[both].astype(np.float64), seed=seed)
