"""A spec for a size or a quality."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from embcompress.choice.families import Candidate, families
from embcompress.choice.file_size import FileSize
from embcompress.choice.goal import Goal
from embcompress.choice.measures import ALL
from embcompress.choice.reaching import smallest_keeping
from embcompress.choice.run_time import within_profile
from embcompress.choice.trials import Trial
from embcompress.choice.within import SHAPES, best_within, largest, smallest_file
from embcompress.cores import reproducible
from embcompress.encode import Progress, no_progress, sample_directions
from embcompress.errors import EmbcompressError, UsageError
from embcompress.spec import Spec
from embcompress.table import Table
from embcompress.vocabulary import Vocabulary


class NotReachedError(EmbcompressError):
    """Nothing keeps what was asked for; the text says what the best keeps."""


@dataclass(frozen=True)
class Choice:
    """What was chosen, and out of what.

    Parameters
    ----------
    chosen : Trial
    trials : list of Trial
        All that were made, the chosen one last.
    most_bytes : int or None
        What the file may take.
    """

    chosen: Trial
    trials: list[Trial]
    most_bytes: int | None

    @property
    def spec(self) -> Spec:
        """The encoding."""
        return self.chosen.candidate.spec


def choose(
    table: Table,
    *,
    size: int | str | None = None,
    ratio: float | None = None,
    bits: float | None = None,
    keep: float | None = None,
    device_profile: str | None = None,
    measure: str = ALL,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Spec:
    """Choose an encoding by what its file may take, or by what it has to keep.

    Parameters
    ----------
    table : Table
    size : int or str, optional
        Bytes of the whole file, or a text such as ``20MB``, ``512kB`` or ``1.5GiB``: the encoding that keeps most in
        them.
    ratio : float, optional
        The same, as float32 rows and words over the whole file.
    bits : float, optional
        The same, as bits of the codes for a dimension, the rest of the file not counted.
    keep : float, optional
        Above 0, at most 1: the encoding of the smallest file that keeps so much.
    device_profile : {"lambda", "browser", "phone"}, optional
        The encoding that keeps most in the file size, memory and query time of such a place
        (`embcompress.choice.profiles`).
    measure : {"all", "neighbours", "similarity", "analogies"}
        What is to be kept: neighbours between coded words, similarity, analogies, or the geometric mean of all.
    seed : int
        Decides samples, random rotations, and where k-means starts.
    progress : callable
        Called with what is being done, how much is done, and how much there is.

    Returns
    -------
    Spec
        What `shrink` makes of it with the same seed takes no more bytes than are allowed.

    Raises
    ------
    UsageError
        If not exactly one of size, ratio, bits, keep and device_profile is given, one is outside of what is allowed, or
        the table has no rows.
    NotReachedError
        If nothing keeps so much.
    """
    return decide(table, Goal(size, ratio, bits, keep, device_profile, measure), seed=seed, progress=progress).spec


@reproducible()
def decide(
    table: Table,
    goal: Goal,
    *,
    ngrams: int | None = None,
    dropped: Table | None = None,
    spare: int = 0,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Choice:
    """Choose as `choose` does, and tell out of what.

    Parameters
    ----------
    table : Table
    goal : Goal
    ngrams : int, optional
    dropped : Table, optional
        As for `shrink`.
    spare : int
        Bytes to leave free in the file.
    seed : int
    progress : callable

    Returns
    -------
    Choice

    Raises
    ------
    UsageError
        If the table has no rows, or no code is so small.
    NotReachedError
        If nothing keeps so much.
    """
    if not len(table):
        raise UsageError("the table has no rows: there is nothing to choose for")
    size = _file_size(table, ngrams, dropped, spare)
    if goal.keep is not None:
        trials = smallest_keeping(table, families(table.dims), goal.keep, size, goal.measure, seed, progress)
        best = trials[-1]
        if best.quality < goal.keep:
            raise NotReachedError(_best_reached(best, goal))
        return Choice(best, trials, None)
    most_bytes = goal.most_bytes(table.float32_bytes)
    candidates = (
        _within_bits(table, goal.bits or 0) if most_bytes is None else _within(table, goal, most_bytes, size, seed)
    )
    trials = best_within(table, candidates, most_bytes, size, goal.measure, seed, progress)
    if not trials:
        raise UsageError("no encoding of that size suits this table: ask for more")
    return Choice(trials[-1], trials, most_bytes)


def _file_size(table: Table, ngrams: int | None, dropped: Table | None, spare: int) -> FileSize:
    words = table.words
    if dropped is not None:
        every = chain(words.every_word(), dropped.words.every_word())
        words = Vocabulary.from_words(every, np.zeros(len(dropped), dtype=np.int64))
    rows = 0 if table.ngrams is None else int(table.ngrams.vectors.shape[0])
    return FileSize(words, rows if ngrams is None else min(rows, ngrams), spare)


def _within_bits(table: Table, bits: float) -> list[Candidate]:
    code_size = int(bits * table.dims / 8)
    found = [
        Candidate(family, min(code_size, family.most)) for family in families(table.dims) if family.least <= code_size
    ]
    if not found:
        raise UsageError(
            f"{bits:g} bits for each of {table.dims} dimensions are not a byte: give at least {8 / table.dims:.2g}"
        )
    return found


def _within(table: Table, goal: Goal, most_bytes: int, size: FileSize, seed: int) -> list[Candidate]:
    """Of each family the largest code whose file takes no more bytes, and that a device profile has room for."""
    sample = sample_directions(table.vectors, SHAPES, seed)
    allowed = families(table.dims)
    if goal.profile is not None:
        allowed = within_profile(allowed, goal.profile, len(table), sample, seed)
        if not allowed:
            raise UsageError(
                f"{len(table):,} rows do not fit {goal.device_profile} ({goal.profile}): keep fewer words with --vocab"
            )
    found = [largest(family, most_bytes, size, sample, seed) for family in allowed]
    fitting = [candidate for candidate in found if candidate is not None]
    if not fitting:
        least = smallest_file(allowed, size, sample, seed)
        raise UsageError(
            f"{most_bytes:,} bytes are too few: words, lengths and metadata take {size.without_codes:,}, with the "
            f"smallest code {least:,}: give at least that"
        )
    return fitting


def _best_reached(best: Trial, goal: Goal) -> str:
    return (
        f"nothing keeps {goal.keep:g} (measure: {goal.measure}): the best, {best.candidate.spec}, keeps "
        f"{best.quality:.4f}: ask for less"
    )
