"""The second stage: vectors that learned from a teacher are fine-tuned on a task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embcompress.cores import reproducible
from embcompress.distill.optimiser import Adam
from embcompress.distill.recipe import Recipe
from embcompress.distill.state import State
from embcompress.distill.task import Task
from embcompress.distill.task_student import Parts, TaskStudent
from embcompress.distill.training import step
from embcompress.encode import Progress, no_progress
from embcompress.errors import UsageError
from embcompress.table import Table

LEARNED, WATCHED = 0.6, 0.2
"""Shares of a task's items: those that are learned, and those that tell when to stop. The rest is the test."""

ALPHA = 0.5
"""Of the task's loss; the teacher's has the rest."""

LOOKS = 10
"""How often the watched items are looked at: they are few, and looked at in no time."""

PATIENCE = 5
"""Looks without a gain after which training stops: few watched items gain nothing for a while, then much."""


@dataclass(frozen=True)
class TaskReport:
    """What fine-tuning came to.

    Parameters
    ----------
    measure : str
        What the figures are.
    learned, watched, test : int
        Items of each part.
    before, after : float
        On the test.
    best_step : int
        The step that was kept, 0 if none was better than the start: that at which the watched items did best.
    steps : int
        Steps done.
    """

    measure: str
    learned: int
    watched: int
    test: int
    before: float
    after: float
    best_step: int
    steps: int


@reproducible()
def fine_tune(
    student: Table,
    teacher: Table,
    task: Task,
    recipe: Recipe | None = None,
    *,
    alpha: float = ALPHA,
    progress: Progress = no_progress,
) -> tuple[Table, TaskReport]:
    """Fine-tune a table on a task, by one matrix that begins as the identity.

    The loss is ``alpha * hard + (1 - alpha) * soft`` (Hinton et al. 2015): the task's, and that of similarities to the
    teacher's.

    Parameters
    ----------
    student : Table
    teacher : Table
        Of the same words in the same rows; the student itself, where it has no other.
    task : Task
        Its rows are those of the student.
    recipe : Recipe, optional
        Its steps are the most that are done; its checkpoint is not used.
    alpha : float
        0 to 1.
    progress : callable

    Returns
    -------
    Table, TaskReport
        The same words.

    Raises
    ------
    UsageError
        If `alpha` is not 0 to 1.
    DivergedError
        If a loss is no finite number.
    """
    asked = Recipe() if recipe is None else recipe
    if not 0 <= alpha <= 1:
        raise UsageError(f"alpha = {alpha:g}: give 0 (the teacher alone) to 1 (the task alone)")
    parts = _split(len(task), asked.seed)
    tuning = TaskStudent(student, teacher, task, parts, asked, alpha)
    state = State.at(tuning.start())
    adam = Adam({name: asked.rate * scale for name, scale in tuning.scales().items()}, asked.steps)
    best, best_step = tuning.value(state.best, parts.watched), 0
    every = max(1, asked.steps // LOOKS)
    while state.step < asked.steps and state.step < best_step + PATIENCE * every:
        step(tuning.learn, adam, state, asked)
        progress("fine-tuning", state.step, asked.steps)
        if state.step % every == 0 or state.step == asked.steps:
            found = tuning.value(state.parameters, parts.watched)
            if found > best:
                best, best_step, state.best = found, state.step, state.parameters
    report = TaskReport(
        task.measure,
        learned=len(parts.learned),
        watched=len(parts.watched),
        test=len(parts.test),
        before=tuning.value(tuning.start(), parts.test),
        after=tuning.value(state.best, parts.test),
        best_step=best_step,
        steps=state.step,
    )
    return (tuning.table(state.best) if best_step else student), report


def _split(items: int, seed: int) -> Parts:
    """A task's items, dealt at random."""
    order = np.random.default_rng(seed).permutation(items)
    return Parts(*np.split(order, [round(LEARNED * items), round((LEARNED + WATCHED) * items)]))
