"""The best encoding within a size."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from embcompress.arrays import Floats
from embcompress.choice.families import Candidate, Family
from embcompress.choice.file_size import FileSize
from embcompress.choice.rungs import rungs
from embcompress.choice.trials import Bench, Trial
from embcompress.encode import Progress, fit
from embcompress.errors import SpecError
from embcompress.table import Table

SHAPES = 1000
"""Rows that are enough to see which arrays a codec has."""


def best_within(
    table: Table,
    candidates: Iterable[Candidate],
    most_bytes: int | None,
    size: FileSize,
    measure: str,
    seed: int,
    progress: Progress,
) -> list[Trial]:
    """Trials of candidates, on more and more rows, the chosen one last.

    Parameters
    ----------
    table : Table
    candidates : iterable of Candidate
        Of equally good and large ones the first is taken.
    most_bytes : int or None
        What the file may take: a candidate that turns out to take more on all rows is tried with smaller codes.
    size : FileSize
    measure : str
    seed : int
    progress : callable

    Returns
    -------
    list of Trial
        Empty if none suits the table.
    """
    running = list(candidates)
    seen: list[Trial] = []
    for bench, going_on, doing in rungs(table, size, measure, seed):
        trials = []
        for done, candidate in enumerate(running):
            progress(doing, done, len(running))
            on_all = bench.rows == len(table)  # fitted to fewer rows, the same code may have more arrays beside it
            trial = fitting(bench, candidate, most_bytes if on_all else None, size)
            trials += [trial] if trial is not None else []
        progress(doing, len(running), len(running))
        best = sorted(trials, key=lambda trial: trial.rank)[:going_on]
        running = [trial.candidate for trial in best]
        seen += [trial for trial in trials if trial not in best[:1]] + best[:1]
    return seen


def largest(family: Family, most_bytes: int, size: FileSize, sample: Floats, seed: int) -> Candidate | None:
    """The largest code of a family whose file takes no more bytes; None if there is none.

    Parameters
    ----------
    family : Family
    most_bytes : int
    size : FileSize
    sample : (k, d) float32
        Directions; the first ones are fitted to.
    seed : int
    """
    low, high = family.least - 1, family.most
    code_size = min(high, max(family.least, (most_bytes - size.without_codes) // max(1, size.rows)))
    while low < high:
        try:
            codec = fit(Candidate(family, code_size).spec, sample[:SHAPES], seed=seed)
        except SpecError:
            return None
        taken = size.of(codec)
        if taken <= most_bytes:
            low = code_size
        else:
            high = code_size - 1
        guess = code_size + (most_bytes - taken) // size.growth(codec, taken)
        code_size = min(max(guess, low + 1), high)
    return Candidate(family, low) if low >= family.least else None


def smallest_file(families: Iterable[Family], size: FileSize, sample: Floats, seed: int) -> int:
    """Bytes of the smallest file there is, for directions (k, d) float32 to fit to."""
    taken = [size.without_codes]
    for family in families:
        with suppress(SpecError):
            taken.append(size.of(fit(Candidate(family, family.least).spec, sample[:SHAPES], seed=seed)))
    return min(taken[1:], default=taken[0])


def fitting(bench: Bench, candidate: Candidate, most_bytes: int | None, size: FileSize) -> Trial | None:
    """A trial of a candidate, or of the next smaller code whose file takes no more bytes; None if there is none.

    Parameters
    ----------
    bench : Bench
    candidate : Candidate
    most_bytes : int or None
    size : FileSize
    """
    while candidate.code_size >= candidate.family.least:
        fitted = bench.fit(candidate)
        if fitted is None:
            return None
        codec, taken = fitted
        if most_bytes is None or taken <= most_bytes:
            return bench.measure(candidate, codec, taken)
        too_many = max(1, (taken - most_bytes) // size.growth(codec, taken))
        candidate = Candidate(candidate.family, candidate.code_size - too_many)
    return None
