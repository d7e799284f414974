"""How to train: the numbers a person may choose, and those that were found by trying."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embcompress.errors import UsageError

STEPS = 200
RATE = 0.005
TEMPERATURE = 0.05

FEATURE_WEIGHT = 1.0
"""Of the feature loss, beside 1 of each soft loss."""

SHARPENING = 10.0
"""How much faster than other numbers the sharpness of the student's similarities is learned."""

FITTED_ROWS = 15_000
"""That centroids are fitted to before training."""

FEWEST_WORDS = 20
"""That can be trained on."""

MOST_WORDS = 100_000
"""That batches are drawn from, the first ones: their neighbours have to be found."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Parameters
    ----------
    steps : int
    rate : float
        How far a number moves in a step at first, as a share of the root mean square of its kind.
    temperature : float
        Of the teacher's similarities, above zero: the lower, the more the nearest words count alone.
    seed : int
        Decides held-out words and batches.
    device : {"numpy", "torch", "torch:cuda", "cupy"}
    checkpoint : Path, optional
        A file that an interrupted run goes on from.

    Raises
    ------
    UsageError
        If there are no steps, or rate or temperature is not above 0.
    """

    steps: int = STEPS
    rate: float = RATE
    temperature: float = TEMPERATURE
    seed: int = 0
    device: str = "numpy"
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"steps = {self.steps}: give 1 or more, such as {STEPS}")
        if not 0 < self.rate < math.inf:
            raise UsageError(f"rate = {self.rate:g}: give a number above 0, such as {RATE}")
        if not 0 < self.temperature < math.inf:
            raise UsageError(f"temperature = {self.temperature:g}: give a number above 0, such as {TEMPERATURE}")

    def facts(self) -> dict[str, Any]:
        """What decides the result: all but where the checkpoint is."""
        return {name: value for name, value in asdict(self).items() if name != "checkpoint"}
