"""The smallest encoding that keeps enough."""

from __future__ import annotations

from embcompress.choice.families import Candidate, Family
from embcompress.choice.file_size import FileSize
from embcompress.choice.rungs import rungs
from embcompress.choice.trials import Bench, Trial
from embcompress.choice.within import fitting
from embcompress.encode import Progress
from embcompress.table import Table

FIRST_STEP = 32
"""From a start the search goes a 32nd of the code's size up or down, then twice as far, until it has passed by."""

COARSE = 10
"""On few rows a code size is found to a tenth of itself."""


def smallest_keeping(
    table: Table, families: list[Family], least: float, size: FileSize, measure: str, seed: int, progress: Progress
) -> list[Trial]:
    """Trials on the way to the smallest file that keeps a share.

    On few rows the smallest code is searched for in every family, on more rows in the better families from there on,
    and in the others while none of those keeps enough. A family is given up where its file would be larger than that
    of another one.

    Parameters
    ----------
    table : Table
    families : list of Family
    least : float
        What has to be kept, of `measure`.
    size : FileSize
    measure : str
    seed : int
    progress : callable

    Returns
    -------
    list of Trial
        Of all rows, the one chosen last; if it keeps too little, nothing keeps enough.
    """
    starts = [Candidate(family, (family.least + family.most) // 2) for family in families]
    count = len(starts)
    seen: list[Trial] = []
    ends: list[Trial] = []
    for bench, going_on, doing in rungs(table, size, measure, seed):
        ends = []
        for done, start in enumerate(starts):
            reached = [end.bytes for end in ends if end.quality >= least]
            if done >= count and reached:
                break
            progress(doing, done, max(count, done + 1))
            trials = _search(bench, start, least, min(reached, default=None), size, exact=bench.rows == len(table))
            seen += trials
            ends += sorted(trials, key=lambda trial: _rank(trial, least))[:1]
        progress(doing, count, count)
        ends.sort(key=lambda trial: _rank(trial, least))
        tried = [end.candidate for end in ends]
        starts = tried + [start for start in starts if start.family not in [each.family for each in tried]]
        count = going_on
    return [trial for trial in seen if trial not in ends[:1]] + ends[:1]


def _rank(trial: Trial, least: float) -> tuple[bool, float, float]:
    """Smaller is better: enough is kept in the fewest bytes, else the most is kept."""
    enough = trial.quality >= least
    return not enough, trial.bytes if enough else -trial.quality, -trial.quality


def _search(
    bench: Bench, start: Candidate, least: float, most_bytes: int | None, size: FileSize, *, exact: bool
) -> list[Trial]:
    """Trials of a family around its smallest code that keeps enough, of files that take no more bytes."""
    family, code_size = start.family, start.code_size
    step = max(1, code_size // FIRST_STEP)
    near = 1 if exact else max(1, code_size // COARSE)
    below: Trial | None = None
    enough: Trial | None = None
    trials: list[Trial] = []
    while True:
        trial = fitting(bench, Candidate(family, code_size), most_bytes, size)
        if trial is None:
            return trials
        trials.append(trial)
        if trial.candidate.code_size < code_size and trial.quality < least:
            return trials  # it would take a larger file than another family
        below, enough = (below, trial) if trial.quality >= least else (trial, enough)
        low = family.least - 1 if below is None else below.candidate.code_size
        high = family.most + 1 if enough is None else enough.candidate.code_size
        if high - low <= (near if below and enough else 1):
            return trials
        if below is not None and enough is not None:
            share = (least - below.quality) / (enough.quality - below.quality)
            code_size = low + round(share * (high - low))
        else:
            code_size = low + step if enough is None else high - step
            step *= 2
        code_size = min(max(code_size, low + 1), high - 1)
