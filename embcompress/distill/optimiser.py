"""Adam, and the cosine schedule of its rate."""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from embcompress.distill.devices import Array, Arrays
from embcompress.distill.state import State

MEMORY = 0.9, 0.99
"""How much of the gradients' running mean, and of their squares', a step keeps: runs are short."""

LEAST = 1e-12


class Adam:
    """Steps along gradients, each number at its own scale (Kingma & Ba 2015).

    Parameters
    ----------
    rates : Arrays
        How far a number of each parameter moves in a step at the start of the schedule; they broadcast to it.
    steps : int
        Length of the schedule: rates fall to zero along half a cosine (Loshchilov & Hutter 2017).
    """

    def __init__(self, rates: Arrays, steps: int) -> None:
        self._rates = rates
        self._steps = steps

    def step(self, state: State, gradients: Arrays) -> None:
        """Move a state's parameters by its next step."""
        share = cosine(state.step, self._steps)
        state.parameters = {
            name: array - share * self._rates[name] * self._direction(state, name, gradients[name])
            for name, array in state.parameters.items()
        }
        state.step += 1

    @staticmethod
    def _direction(state: State, name: str, gradient: Array) -> Array:
        """Running mean of the gradients over the root of that of their squares, both as if they had no start."""
        kept, kept_squares = MEMORY
        mean = state.means[name] = kept * state.means[name] + (1 - kept) * gradient
        square = state.squares[name] = kept_squares * state.squares[name] + (1 - kept_squares) * gradient * gradient
        root = array_namespace(gradient).sqrt(square / (1 - kept_squares ** (state.step + 1)))
        return mean / (1 - kept ** (state.step + 1)) / (root + LEAST)


def cosine(number: int, steps: int) -> float:
    """The share of its rate that step `number` of `steps` has: 1 for the first, then falling to 0."""
    return (1 + math.cos(math.pi * number / steps)) / 2
