"""The loop: batches, losses, steps; watched words decide which step is kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from embcompress.distill.batches import Batch, Batches
from embcompress.distill.checkpoint import Checkpoint
from embcompress.distill.devices import Arrays, Device
from embcompress.distill.objective import Losses
from embcompress.distill.optimiser import Adam
from embcompress.distill.recipe import Recipe
from embcompress.distill.state import Look, State
from embcompress.distill.watched import Kept
from embcompress.encode import Progress, no_progress
from embcompress.errors import EmbcompressError

LOOKS = 5
"""How often the watched words are looked at, after the start."""

DECAY = 0.9
"""Of the running means of losses that are shown."""


class DivergedError(EmbcompressError):
    """A loss became infinite or no number; the text says at which step, and what to lower."""


class Student(Protocol):
    """What can be trained."""

    @property
    def name(self) -> str:
        """Tells runs of different students apart."""
        ...

    def start(self) -> Arrays:
        """Parameters to begin with."""
        ...

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are, in shapes that broadcast to theirs."""
        ...

    def learn(self, parameters: Arrays, batch: Batch) -> tuple[Losses, Arrays]:
        """Losses of a batch, and the gradients of their weighted sum."""
        ...

    def kept(self, parameters: Arrays) -> Kept:
        """What watched words keep of their neighbours."""
        ...


def train(
    student: Student,
    batches: Batches,
    device: Device,
    recipe: Recipe,
    *,
    progress: Progress = no_progress,
    watch: Callable[[Look], None] | None = None,
) -> State:
    """Train a student.

    Parameters
    ----------
    student : Student
    batches : Batches
    device : Device
        Of the student's parameters.
    recipe : Recipe
    progress : callable
    watch : callable, optional
        Called with each look at the watched words.

    Returns
    -------
    State
        At the end; its ``best`` are the parameters of the step at which the watched words kept most, those of the start
        if no step was better. Bit for bit the same whether or not the run was interrupted and resumed.

    Raises
    ------
    DivergedError
        If a loss is no finite number. The checkpoint, if there is one, holds the last look before.
    UsageError
        If the checkpoint is of another run.
    """
    rates = {name: recipe.rate * scale for name, scale in student.scales().items()}
    adam = Adam(rates, recipe.steps)
    checkpoint = Checkpoint(recipe.checkpoint, device, {"student": student.name, **recipe.facts()})
    state = checkpoint.load()
    if state is None:
        state = State.at(student.start())
        _look(student, state, watch)
    while state.step < recipe.steps:
        values = step(lambda at: student.learn(at.parameters, batches.draw(at.step)), adam, state, recipe)
        state.losses = {name: _running(state.losses, name, value) for name, value in values.items()}
        progress("training", state.step, recipe.steps)
        if state.step % max(1, recipe.steps // LOOKS) == 0 or state.step == recipe.steps:
            _look(student, state, watch)
            checkpoint.save(state)
    checkpoint.remove()
    return state


def step(learn: Callable[[State], tuple[Losses, Arrays]], adam: Adam, state: State, recipe: Recipe) -> dict[str, float]:
    """Move a state's parameters by what it learns; returns the losses.

    Raises
    ------
    DivergedError
        If one is no finite number. The state is then as it was.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is checked here, once for all of it
        losses, gradients = learn(state)
        values = {name: float(value) for name, value in losses.items()}
        if not all(map(math.isfinite, values.values())):
            raise DivergedError(_diverged(values, state, recipe))
        adam.step(state, gradients)
    return values


def _look(student: Student, state: State, watch: Callable[[Look], None] | None) -> None:
    """Look at the watched words, and keep the parameters if they are the best so far."""
    look = Look(state.step, dict(state.losses), student.kept(state.parameters))
    state.looks.append(look)
    if state.best_look is look:
        state.best = state.parameters
    if watch is not None:
        watch(look)


def _running(means: dict[str, float], name: str, value: float) -> float:
    return DECAY * means.get(name, value) + (1 - DECAY) * value


def _diverged(values: dict[str, float], state: State, recipe: Recipe) -> str:
    name, value = next((name, value) for name, value in values.items() if not math.isfinite(value))
    text = f"the {name} loss is {value:g} at step {state.step + 1} of {recipe.steps}: lower --rate, now {recipe.rate:g}"
    if not state.looks or recipe.checkpoint is None or not recipe.checkpoint.exists():
        return text
    return f"{text}; the last good state is step {state.looks[-1].step}, in {recipe.checkpoint}"
