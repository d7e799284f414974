"""What a file says of how its encoding was chosen."""

from __future__ import annotations

from typing import Any

from embcompress.choice.goal import Goal
from embcompress.choice.trials import Trial
from embcompress.comparison.front import pareto_front

MOST_TRIALS = 12
"""Of the front, those on most rows first: with it a record takes at most `file_size.CHOICE` bytes."""

DIGITS = 4


def record(goal: Goal, trials: list[Trial]) -> dict[str, Any]:
    """The goal as it was asked, and the trials that no other one on the same rows beats in both size and quality.

    Parameters
    ----------
    goal : Goal
    trials : list of Trial

    Returns
    -------
    dict
        Plain numbers, lists and texts: ``goal``, and ``front`` with ``spec``, ``bytes``, ``quality`` and the number of
        first ``rows`` it was measured on.
    """
    front: list[Trial] = []
    for rows in sorted({trial.rows for trial in trials}, reverse=True):
        same = [trial for trial in trials if trial.rows == rows]
        front += [same[index] for index in pareto_front([(trial.bytes, trial.quality) for trial in same])]
    return {
        "goal": goal.asked,
        "front": [
            {
                "spec": str(trial.candidate.spec),
                "bytes": trial.bytes,
                "quality": round(trial.quality, DIGITS),
                "rows": trial.rows,
            }
            for trial in front[:MOST_TRIALS]
        ],
    }
