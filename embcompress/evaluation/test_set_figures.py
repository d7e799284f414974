"""Figures on test sets, of a table alone or beside the original's, and the share of them that was kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from statistics import fmean
from typing import Any

from embcompress.evaluation._answers import Answers
from embcompress.evaluation._bootstrap import Paired
from embcompress.evaluation._test_sets import ANALOGIES, PAIRS, default_paths
from embcompress.evaluation.analogies import Analogies, analogies, paired_analogies
from embcompress.evaluation.pairs import Pairs, read_pairs
from embcompress.evaluation.questions import Questions, read_questions
from embcompress.evaluation.similarity import Similarity, paired_similarity, word_similarity

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class OnTestSet:
    """A table's figures on one test set.

    Parameters
    ----------
    measured : Similarity or Analogies
    original : the same, or None
        Of the table that is compared with.
    paired : Paired or None
        Both with an interval; None if that was not asked for, there is no other table, or `note` says why.
    """

    measured: Similarity | Analogies
    original: Similarity | Analogies | None = None
    paired: Paired | None = None

    @property
    def name(self) -> str:
        """The test set's."""
        return (self.measured.test_set if isinstance(self.measured, Similarity) else self.measured.questions).name

    @property
    def value(self) -> float | None:
        """Spearman's correlation, or the accuracy."""
        return _figure(self.measured)

    @property
    def original_value(self) -> float | None:
        """The original's."""
        return None if self.original is None else _figure(self.original)

    @property
    def items(self) -> int:
        """Pairs or questions that count: both tables have the same words, so that they are the same in both."""
        return self.measured.used if isinstance(self.measured, Similarity) else self.measured.total.total

    @property
    def note(self) -> str:
        """Why there is no figure, or an empty text."""
        return self.measured.note or ("" if self.original is None else self.original.note)

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            **self.measured.to_dict(),
            "note": self.note,
            "paired": None if self.paired is None else self.paired.to_dict(),
        }


@dataclass(frozen=True)
class OnTestSets:
    """A table's figures on all test sets of a kind.

    Parameters
    ----------
    sets : tuple of OnTestSet
    """

    sets: tuple[OnTestSet, ...]

    @property
    def value(self) -> float | None:
        """Mean over the sets that have a figure; None if none has."""
        return _mean(each.value for each in self._counted)

    @property
    def original(self) -> float | None:
        """The original's mean over the same sets; None without an original."""
        return _mean(each.original_value for each in self._counted)

    @property
    def kept(self) -> float | None:
        """`value` over `original`, see `kept_share`; None without an original."""
        return kept_share(self.value, self.original)

    @property
    def items(self) -> int:
        """Pairs or questions that count, of all sets."""
        return sum(each.items for each in self._counted)

    @property
    def note(self) -> str:
        """Why nothing is known of what was kept, or an empty text."""
        notes = [f"{each.name}: {each.note}" for each in self.sets if each.note]
        if self.value is None:
            return "; ".join(notes) or "there is no test set"
        return "the original's own figure is not above zero" if self.original is not None and self.kept is None else ""

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "kept": self.kept,
            "value": self.value,
            "original": self.original,
            "items": self.items,
            "note": self.note,
            "sets": [each.to_dict() for each in self.sets],
        }

    @property
    def _counted(self) -> list[OnTestSet]:
        """The sets that have a figure, and if there is an original one of it too."""
        return [
            each
            for each in self.sets
            if each.value is not None and (each.original is None or each.original_value is not None)
        ]


def kept_share(value: float | None, original: float | None) -> float | None:
    """A figure over the original's, 1.0 where they are equal; None where that is no share of anything."""
    if value is None or original is None:
        return None
    if value == original:
        return 1.0
    return value / original if original > 0 else None


def pair_sets(more: Iterable[PathLike] = ()) -> list[Pairs]:
    """SimLex-999, WordSim-353, and sets by path."""
    return [*_bundled_pairs(), *map(read_pairs, more)]


def question_sets(more: Iterable[PathLike] = ()) -> list[Questions]:
    """The Google analogies, and sets by path."""
    return [*_bundled_questions(), *map(read_questions, more)]


@cache
def _bundled_pairs() -> tuple[Pairs, ...]:
    return tuple(read_pairs(path, name) for name, path in default_paths(PAIRS).items())


@cache
def _bundled_questions() -> tuple[Questions, ...]:
    return tuple(read_questions(path, name) for name, path in default_paths(ANALOGIES).items())


def similarity_on(
    sets: Iterable[Pairs],
    table: Answers,
    original: Answers | None,
    protocol: str,
    restrict: int | None,
    seed: int | None,
) -> OnTestSets:
    """Word similarity on each set, paired with the original's if there is one; with a seed, with intervals."""
    measure = partial(word_similarity, protocol=protocol, restrict=restrict)
    return _on_sets(sets, table, original, measure, None if seed is None else partial(paired_similarity, seed=seed))


def analogies_on(
    sets: Iterable[Questions],
    table: Answers,
    original: Answers | None,
    protocol: str,
    restrict: int | None,
    seed: int | None,
) -> OnTestSets:
    """3CosAdd on each set, paired with the original's if there is one; with a seed, with intervals."""
    measure = partial(analogies, protocol=protocol, restrict=restrict)
    return _on_sets(sets, table, original, measure, None if seed is None else partial(paired_analogies, seed=seed))


def _on_sets(
    sets: Iterable[Any],
    table: Answers,
    original: Answers | None,
    measure: Callable[[Answers, Any], Any],
    pair: Callable[[Any, Any], Paired | None] | None,
) -> OnTestSets:
    figures = []
    for each in sets:
        measured = measure(table, each)
        before = None if original is None else measure(original, each)
        figures.append(OnTestSet(measured, before, None if before is None or pair is None else pair(measured, before)))
    return OnTestSets(tuple(figures))


def _figure(measured: Similarity | Analogies) -> float | None:
    return measured.spearman if isinstance(measured, Similarity) else measured.total.share


def _mean(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return fmean(known) if known else None
