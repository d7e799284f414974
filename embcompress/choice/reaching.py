"""The smallest encoding that keeps enough."""

from __future__ import annotations

import math

from embcompress.choice.families import Candidate, Family
from embcompress.choice.file_size import FileSize
from embcompress.choice.rungs import rungs
from embcompress.choice.trials import Bench, Trial
from embcompress.choice.within import SHAPES, fitting, largest
from embcompress.encode import Progress, sample_directions
from embcompress.table import Table

NEAR = 32
"""A code size is found to a 32nd of itself: less changes what is kept no more than another draw of words does."""

TRIALS = 4
"""More are made of a family on the same rows only while none of them keeps enough."""

GROWTH = 0.75
"""To lose a part of what is lost takes a code larger by this power: for half of it 1.7 times the bytes. Measured were
0.6 to 1.1, on word2vec vectors of 300 dimensions."""

LEAST_LOSS = 1e-6
"""Who wants everything kept is searched for as if this much could be lost."""


def smallest_keeping(
    table: Table, families: list[Family], least: float, size: FileSize, measure: str, seed: int, progress: Progress
) -> list[Trial]:
    """Trials on the way to the smallest file that keeps a share.

    The first family is searched; each other one is tried at the size of the smallest file so far that keeps enough,
    and followed to smaller codes only if it keeps enough there. On more rows those are tried that should need the
    smallest files, and others while none of them keeps enough.

    Parameters
    ----------
    table : Table
    families : list of Family
        Those fitted fastest first: slow ones begin near the goal.
    least : float
        What has to be kept, of `measure`.
    size : FileSize
    measure : str
    seed : int
    progress : callable

    Returns
    -------
    list of Trial
        The one chosen last; if it keeps too little, nothing keeps enough.
    """
    sample = sample_directions(table.vectors, SHAPES, seed)
    starts = [Candidate(family, (family.least + family.most) // 2) for family in families]
    count = len(starts)
    seen: list[Trial] = []
    best: Trial | None = None
    for bench, going_on, doing in rungs(table, size, measure, seed):
        trials: list[Trial] = []
        best = None
        for done, start in enumerate(starts):
            if done >= count and best is not None:
                break
            progress(doing, done, max(count, done + 1))
            most_bytes: int | None = None if best is None else best.bytes
            begin = start if most_bytes is None else largest(start.family, most_bytes, size, sample, seed)
            trials += [] if begin is None else _search(bench, begin, least, most_bytes, size)
            best = min((each for each in trials if each.quality >= least), key=_size_first, default=None)
        progress(doing, count, count)
        seen += trials
        most = min(trials, key=lambda each: each.rank)
        starts = _going_on(starts, trials, least, size.rows) or [most.candidate]
        count = going_on
        best = best or most
    return [trial for trial in seen if trial is not best] + ([best] if best else [])


def _going_on(starts: list[Candidate], trials: list[Trial], least: float, rows: int) -> list[Candidate]:
    """Each family where it should keep just enough, smallest files first.

    Families that were not tried come last; those whose largest code keeps too little are left out.
    """
    expected: list[tuple[float, int, Candidate]] = []
    for place, start in enumerate(starts):
        tried = [each for each in trials if each.candidate.family == start.family]
        if not tried:
            expected.append((float("inf"), place, start))
            continue
        if all(each.quality < least for each in tried) and start.family.most in [each.code_size for each in tried]:
            continue
        nearest = min(tried, key=lambda each: abs(each.quality - least))
        wanted = _enough(nearest, least)
        candidate = Candidate(start.family, min(max(wanted, start.family.least), start.family.most))
        expected.append((nearest.bytes + (wanted - nearest.code_size) * rows, place, candidate))
    return [candidate for _, _, candidate in sorted(expected, key=lambda each: each[:2])]


def _size_first(trial: Trial) -> tuple[float, float]:
    """Smaller is better: the file's bytes to three digits, of equally large ones what is kept."""
    return float(f"{trial.bytes:.3g}"), -trial.quality


def _enough(trial: Trial, least: float) -> int:
    """The code size that should keep just enough."""
    return round(trial.code_size * math.pow((1 - trial.quality) / max(1 - least, LEAST_LOSS), GROWTH))


def _search(bench: Bench, start: Candidate, least: float, most_bytes: int | None, size: FileSize) -> list[Trial]:
    """Trials of a family around its smallest code that keeps enough.

    Parameters
    ----------
    bench : Bench
    start : Candidate
    least : float
    most_bytes : int or None
        Of a file that keeps enough already: a larger one is not looked for.
    size : FileSize
    """
    family, code_size = start.family, start.code_size
    below: Trial | None = None
    enough: Trial | None = None
    trials: list[Trial] = []
    while enough is None or len(trials) < TRIALS:
        trial = fitting(bench, Candidate(family, code_size), most_bytes, size)
        if trial is None:
            break
        trials.append(trial)
        below, enough = (below, trial) if trial.quality >= least else (trial, enough)
        if enough is None and most_bytes is not None:
            break
        low = family.least - 1 if below is None else below.code_size
        high = family.most + 1 if enough is None else enough.code_size
        step = max(1, trial.code_size // NEAR)
        if high - low <= step:
            break
        if below is None or enough is None:
            wanted = _enough(trial, least)
        else:
            wanted = low + round((least - below.quality) / (enough.quality - below.quality) * (high - low))
        code_size = min(
            max(wanted, low + 1 if below is None else low + step), high - 1 if enough is None else high - step
        )
    return trials
