"""Everything that is measured of a table, and of the one it was made from, in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from embcompress import formats
from embcompress.arrays import Doubles
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, answers, file_bytes, file_of
from embcompress.evaluation._bootstrap import Paired, paired_means
from embcompress.evaluation._common_words import CommonWords, common_words
from embcompress.evaluation._protocol import named_protocol
from embcompress.evaluation.geometry import Geometry, geometry
from embcompress.evaluation.neighbours import NeighbourOverlap, neighbour_overlap
from embcompress.evaluation.probe import Probe, read_labelled
from embcompress.evaluation.probe import probe as classify
from embcompress.evaluation.speed import Speed, speed
from embcompress.evaluation.summary import summary
from embcompress.evaluation.test_set_figures import (
    OnTestSets,
    PathLike,
    analogies_on,
    pair_sets,
    question_sets,
    similarity_on,
)
from embcompress.table import float32_bytes

Figure = TypeVar("Figure")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Compared:
    """What can be measured beside the original only.

    Parameters
    ----------
    neighbours : NeighbourOverlap
    both_coded, exact_query : Paired
        Shares of neighbours kept, held against all of them.
    geometry : Geometry
    speed : Speed or None
        None if the tables have no frequent word in common.
    """

    neighbours: NeighbourOverlap
    both_coded: Paired | None
    exact_query: Paired | None
    geometry: Geometry
    speed: Speed | None


@dataclass(frozen=True)
class Evaluation:
    """What was measured of a table.

    Parameters
    ----------
    words, original_words : int, int or None
        Words of the table, and of the original.
    common : int
        Words that both have: everything is measured on these alone.
    spearman, analogies : OnTestSets
    probe : Probe
    probe_paired : Paired or None
        Its accuracy and the original's.
    compared : Compared or None
        None without an original.
    ratio : float or None
        Bytes of words and float32 rows over those of the file; None of a table without a file.
    """

    words: int
    original_words: int | None
    common: int
    spearman: OnTestSets
    analogies: OnTestSets
    probe: Probe
    probe_paired: Paired | None
    compared: Compared | None
    ratio: float | None

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain dicts, lists and numbers; what needs an original is None without one."""
        compared = self.compared
        return {
            "words": {"compressed": self.words, "original": self.original_words, "common": self.common},
            "neighbours": None if compared is None else _neighbours(compared),
            "spearman": self.spearman.to_dict(),
            "analogies": self.analogies.to_dict(),
            "geometry": None if compared is None else compared.geometry.to_dict(),
            "probe": {**self.probe.to_dict(), "paired": _optional(self.probe_paired)},
            "ratio": self.ratio,
            "speed": None if compared is None else _optional(compared.speed),
        }

    def __str__(self) -> str:
        """The table that a person reads in ten seconds."""
        return summary(self.to_dict())


def evaluate(
    vectors: Any,
    against: Any = None,
    *,
    pairs: Iterable[PathLike] = (),
    analogies: Iterable[PathLike] = (),
    protocol: str = "plain",
    restrict_vocab: int | None = None,
    probe: PathLike | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure a table, and what it kept of the one it was made from.

    SimLex-999, WordSim-353 and the Google analogies, which come with gensim, are always among the test sets.

    Parameters
    ----------
    vectors : CompressedVectors, Table or gensim KeyedVectors
    against : the same, or path-like, optional
        The original, or the file it is in. Every figure is then paired with the original's on the same items, those of
        the words that both have, with the bootstrap's 95 % interval of the difference.
    pairs : iterable of path-like
        More word pairs, see `read_pairs`.
    analogies : iterable of path-like
        More analogy questions, see `read_questions`.
    protocol : {"plain", "gensim"}
        How words of the test sets are found, see `word_similarity` and `analogies`.
    restrict_vocab : int, optional
        Test sets see so many first rows only.
    probe : path-like, optional
        Labelled texts, see `read_labelled`; by default 200 film reviews.
    seed : int
        Draws words, rows, pairs, resamples and folds.
    progress : callable, optional
        Called with what is being done, how much is done, and how much there is.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        If something cannot be measured, the protocol or the restriction is wrong, or the tables have no word in
        common, or vectors of different lengths.
    FileAccessError
        If a file cannot be read.
    FormatError
        If a file is damaged, or a test set is none.
    """
    how, held = (protocol, restrict_vocab), answers(vectors)
    named_protocol(*how)
    similar, asked = pair_sets(pairs), question_sets(analogies)
    if probe is not None:
        read_labelled(probe)  # what is wrong with it is said before anything is measured
    original_path = against if isinstance(against, str | os.PathLike) else None
    original = against if original_path is None else formats.load(original_path, progress=progress)
    common = None if original is None else common_words(answers(original), held)
    table, before = (held, None) if common is None else (common.compressed, common.original)
    step = partial(_step, progress)
    spearman = step("similarity", lambda: similarity_on(similar, table, before, *how, seed))
    answered = step("analogies", lambda: analogies_on(asked, table, before, *how, seed))
    classified, paired = step("classification", lambda: _classified(table, before, probe, seed))
    size = file_bytes(vectors)
    return Evaluation(
        words=len(held),
        original_words=None if original is None else len(answers(original)),
        common=len(table),
        spearman=spearman,
        analogies=answered,
        probe=classified,
        probe_paired=paired,
        compared=None if common is None else _compare(common, vectors, (original, original_path), seed, step),
        ratio=float32_bytes(held.words, held.dims) / size if size else None,
    )


def _step(progress: Progress | None, doing: str, job: Callable[[], Figure]) -> Figure:
    """Do a job, and tell that it is being done."""
    tell = progress or (lambda *_: None)
    tell(f"measuring {doing}", 0, 1)
    figure = job()
    tell(f"measuring {doing}", 1, 1)
    return figure


def _classified(
    table: Answers, original: Answers | None, path: PathLike | None, seed: int
) -> tuple[Probe, Paired | None]:
    measured = classify(table, path, seed=seed)
    if original is None:
        return measured, None
    both = (each.correct.astype(np.float64) for each in (measured, classify(original, path, seed=seed)))
    return measured, paired_means(*both, seed=seed)


def _compare(
    common: CommonWords,
    vectors: Any,
    original: tuple[Any, PathLike | None],
    seed: int,
    step: Callable[[str, Callable[[], Any]], Any],
) -> Compared:
    coded = common.coded(vectors)
    kept = step("neighbours", lambda: neighbour_overlap(common.original, coded, seed=seed))
    return Compared(
        kept,
        _of_all(kept.each_both_coded, seed),
        _of_all(kept.each_exact_query, seed),
        step("geometry", lambda: geometry(common.original, coded, seed=seed)),
        step("speed", lambda: _speed(vectors, *original, seed)),
    )


def _of_all(shares: Doubles, seed: int) -> Paired | None:
    """Shares of neighbours kept, beside the original's, which are all."""
    return paired_means(shares, np.ones(len(shares)), seed=seed)


def _speed(vectors: Any, original: Any, original_path: PathLike | None, seed: int) -> Speed | None:
    with suppress(UsageError):  # no frequent word in common to ask for
        return speed(vectors, original, path=file_of(vectors), original_path=original_path, seed=seed)
    return None


def _neighbours(compared: Compared) -> dict[str, Any]:
    paired = {"both_coded": _optional(compared.both_coded), "exact_query": _optional(compared.exact_query)}
    return {**compared.neighbours.to_dict(), "paired": paired}


def _optional(figure: Paired | Speed | None) -> dict[str, Any] | None:
    return None if figure is None else figure.to_dict()
