"""Gradients by differences, and random numbers to take them at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def randoms(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)  # float64, for the sake of differences


def by_differences(loss: Callable[[Any], float], at: Any, step: float = 1e-6) -> Any:
    """The gradient of a loss, number by number."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = np.zeros_like(at)
        moved[place] = step
        gradient[place] = (loss(at + moved) - loss(at - moved)) / (2 * step)
    return gradient
