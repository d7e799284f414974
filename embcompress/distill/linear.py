"""The linear student: one matrix, trained so that short vectors have the similarities of long ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from array_api_compat import array_namespace

from embcompress.arrays import Floats, directions
from embcompress.cores import reproducible
from embcompress.distill.batches import Batch, Batches, chosen_words
from embcompress.distill.devices import Arrays, Device
from embcompress.distill.losses import feature_loss
from embcompress.distill.mapped_table import mapped_table
from embcompress.distill.objective import Losses, soft_losses
from embcompress.distill.recipe import FEATURE_WEIGHT, FEWEST_WORDS, MOST_WORDS, SHARPENING, Recipe
from embcompress.distill.state import Look
from embcompress.distill.training import train
from embcompress.distill.watched import Kept, Watched
from embcompress.encode import Progress, no_progress, sample_directions
from embcompress.encodings import pca
from embcompress.errors import UsageError
from embcompress.evaluation._answers import answers
from embcompress.table import Table

FASTER = 5.0
"""How much faster than a codec's numbers those of the matrix move: nothing is rounded here, and more is to learn."""

SAMPLE_ROWS = 200_000
"""Rows that the principal axes are fitted to."""


@reproducible()
def distill(
    teacher: Table,
    dims: int,
    recipe: Recipe | None = None,
    *,
    progress: Progress = no_progress,
    watch: Callable[[Look], None] | None = None,
) -> Table:
    """A table of shorter vectors that learned from a table.

    A row is ``A x + a`` of the teacher's direction x, given the teacher's length. The matrix starts at the principal
    axes, and learns similarities among the vectors it makes, and to restore x from them.

    Parameters
    ----------
    teacher : Table
    dims : int
        Length of the student's vectors, below the teacher's.
    recipe : Recipe, optional
    progress : callable
    watch : callable, optional
        Called with each look at the held-out words, the first at the principal axes.

    Returns
    -------
    Table
        The same words. Rows of n-grams are left out.

    Raises
    ------
    UsageError
        If the vectors would not be shorter, or there are too few words.
    DivergedError
        If a loss is no finite number.
    """
    asked = Recipe() if recipe is None else recipe
    if not 1 <= dims < teacher.dims:
        raise UsageError(f"dims = {dims} is not between 1 and {teacher.dims - 1}, below the teacher's {teacher.dims}")
    if len(teacher) < FEWEST_WORDS:
        raise UsageError(f"the teacher has {len(teacher)} words: at least {FEWEST_WORDS} are needed to train on")
    device = Device(asked.device)
    known = answers(teacher)
    trained = chosen_words(known, np.arange(min(len(known), MOST_WORDS)))
    watched = Watched(trained, seed=asked.seed)
    progress("finding neighbours", 0, 1)
    batches = Batches(trained, watched.held_out, device, seed=asked.seed)
    progress("finding neighbours", 1, 1)
    student = _Linear(sample_directions(teacher.vectors, SAMPLE_ROWS, asked.seed), dims, watched, device, asked)
    state = train(student, batches, device, asked, progress=progress, watch=watch)
    return mapped_table(teacher, dims, partial(student.map, state.best), progress)


class _Linear:
    """A matrix that learns similarities.

    Parameters
    ----------
    sample : (n, d) float32
        Directions, whose principal axes the matrix starts at.
    dims : int
    watched : Watched
    device : Device
    recipe : Recipe
    """

    def __init__(self, sample: Floats, dims: int, watched: Watched, device: Device, recipe: Recipe) -> None:
        self._start = pca.fit(sample, dims)
        self._watched = watched
        self._device = device
        self._temperature = recipe.temperature

    @property
    def name(self) -> str:
        """Tells matrices of different shapes apart."""
        return f"a matrix from {self._start.dims} to {self._start.components} numbers"

    def start(self) -> Arrays:
        """The principal axes of rows as they are, and the way back that adds what the axes miss of the mean."""
        axes, mean = self._start.A, self._start.b
        assert axes is not None
        assert mean is not None
        numbers = {
            "A": axes,
            "a": np.zeros(len(axes), dtype=np.float32),
            "Bt": axes.copy(),
            "b": mean - (axes @ mean) @ axes,
            "sharpness": np.zeros(2, dtype=np.float32),
        }
        return {name: self._device.put(array) for name, array in numbers.items()}

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are: rows of length one have numbers of about ``d ** -0.5``."""
        size = FASTER * self._start.dims**-0.5
        sizes = {"A": size, "a": size, "Bt": size, "b": size, "sharpness": SHARPENING}
        return {name: self._device.put(np.array(size, dtype=np.float32)) for name, size in sizes.items()}

    def learn(self, parameters: Arrays, batch: Batch) -> tuple[Losses, Arrays]:
        """Losses of a batch, and the gradients of their weighted sum."""
        rows = batch.x @ parameters["A"].T + parameters["a"]
        soft = soft_losses(rows, batch, self._temperature, parameters["sharpness"], exact=False)
        feature = feature_loss(rows @ parameters["Bt"] + parameters["b"], batch.x)
        restored = FEATURE_WEIGHT * feature.gradient
        gradient = soft.gradient + restored @ parameters["Bt"].T
        xp = array_namespace(gradient)
        gradients = {
            "A": gradient.T @ batch.x,
            "a": xp.sum(gradient, axis=0),
            "Bt": rows.T @ restored,
            "b": xp.sum(restored, axis=0),
            "sharpness": soft.sharpness,
        }
        return {**soft.values, "feature": feature.value}, gradients

    def kept(self, parameters: Arrays) -> Kept:
        """What watched words keep of their neighbours."""
        return self._watched.kept(lambda _, x: directions(self.map(parameters, x)))

    def map(self, parameters: Arrays, x: Floats) -> Floats:
        """What the matrix makes of directions (n, d): (n, dims) float32, of any length."""
        return np.asarray(x @ self._device.get(parameters["A"]).T + self._device.get(parameters["a"]))
