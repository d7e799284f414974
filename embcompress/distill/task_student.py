"""The student of a task: one matrix that maps vectors, and the gradients of its numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from array_api_compat import array_namespace

from embcompress.arrays import Floats, Integers, directions
from embcompress.distill.batches import Batches, chosen_words
from embcompress.distill.devices import Array, Arrays, Device
from embcompress.distill.hard_loss import hard_loss
from embcompress.distill.mapped_table import mapped_table
from embcompress.distill.objective import Losses, soft_losses
from embcompress.distill.recipe import MOST_WORDS, SHARPENING, Recipe
from embcompress.distill.state import State
from embcompress.distill.task import Task
from embcompress.evaluation._answers import answers
from embcompress.table import Table


class Parts(NamedTuple):
    """A task's items, by what they are for; (k,) int64 each."""

    learned: Integers
    watched: Integers
    test: Integers


class TaskStudent:
    """A matrix that learns a task and a teacher's similarities, beginning as the identity.

    Parameters
    ----------
    student : Table
        What is mapped.
    teacher : Table
        Of the same words in the same rows.
    task : Task
    parts : Parts
        Of the task's items.
    recipe : Recipe
    alpha : float
        Of the task's loss; the teacher's has the rest.
    """

    def __init__(self, student: Table, teacher: Table, task: Task, parts: Parts, recipe: Recipe, alpha: float) -> None:
        self._student = student
        self._task = task
        self._parts = parts
        self._recipe = recipe
        self._alpha = alpha
        self._device = Device(recipe.device)
        self._batches: Batches | None = None
        if alpha < 1:
            known = answers(teacher)
            trained = chosen_words(known, np.arange(min(len(known), MOST_WORDS)))
            self._batches = Batches(trained, np.zeros(len(trained), dtype=bool), self._device, seed=recipe.seed)

    def start(self) -> Arrays:
        """The identity."""
        numbers = {
            "A": np.eye(self._student.dims, dtype=np.float32),
            "a": np.zeros(self._student.dims, dtype=np.float32),
            "sharpness": np.zeros(2, dtype=np.float32),
        }
        return {name: self._device.put(array) for name, array in numbers.items()}

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are."""
        size = self._student.dims**-0.5
        sizes = {"A": size, "a": size, "sharpness": SHARPENING}
        return {name: self._device.put(np.array(size, dtype=np.float32)) for name, size in sizes.items()}

    def learn(self, state: State) -> tuple[Losses, Arrays]:
        """Losses of a step, and the gradients of their weighted sum."""
        gradients = {name: 0 * array for name, array in state.parameters.items()}
        losses: Losses = {}
        if self._alpha > 0:
            generator = np.random.default_rng([self._recipe.seed, state.step])
            words, pairs = self._task.draw(self._parts.learned, generator)
            x = self._directions(words)
            hard = hard_loss(self._mapped(state.parameters, x), type(pairs)(*map(self._device.put, pairs)))
            losses["hard"] = hard.value
            _add(gradients, self._alpha * hard.gradient, x)
        if self._batches is not None:
            batch = self._batches.draw(state.step)
            x = self._directions(batch.places)
            rows = self._mapped(state.parameters, x)
            sharpness = state.parameters["sharpness"]
            soft = soft_losses(rows, batch, self._recipe.temperature, sharpness, exact=False)
            losses |= soft.values
            _add(gradients, (1 - self._alpha) * soft.gradient, x)
            gradients["sharpness"] = (1 - self._alpha) * soft.sharpness
        return losses, gradients

    def value(self, parameters: Arrays, items: Integers) -> float:
        """How well the task's items do."""

        def units(rows: Integers) -> Floats:
            return directions(self._device.get(self._mapped(parameters, self._directions(rows))))

        return self._task.value(units, self._parts.learned, items)

    def table(self, parameters: Arrays) -> Table:
        """The student, mapped; rows keep their lengths."""

        def through(x: Floats) -> Floats:
            return np.array(self._device.get(self._mapped(parameters, self._device.put(x))))

        return mapped_table(self._student, self._student.dims, through)

    def _directions(self, rows: Integers) -> Array:
        return self._device.put(directions(self._student.rows(rows)))

    @staticmethod
    def _mapped(parameters: Arrays, x: Array) -> Array:
        return x @ parameters["A"].T + parameters["a"]


def _add(gradients: Arrays, rows: Array, x: Array) -> None:
    """Add the gradients of the map from those of mapped rows."""
    gradients["A"] = gradients["A"] + rows.T @ x
    gradients["a"] = gradients["a"] + array_namespace(rows).sum(rows, axis=0)
