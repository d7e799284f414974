"""Where training stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from embcompress.distill.devices import Arrays
from embcompress.distill.watched import Kept


class Look(NamedTuple):
    """A look at how training stands.

    Parameters
    ----------
    step : int
        Steps done.
    losses : dict of str to float
        Running means; empty before the first step.
    kept : Kept
        Of the watched words.
    """

    step: int
    losses: dict[str, float]
    kept: Kept


@dataclass
class State:
    """All that a step of training needs of the ones before.

    Parameters
    ----------
    parameters : Arrays
    means, squares : Arrays
        Adam's.
    best : Arrays
        Parameters of the best look so far.
    step : int
        Steps done.
    losses : dict of str to float
        Running means.
    looks : list of Look
    """

    parameters: Arrays
    means: Arrays
    squares: Arrays
    best: Arrays
    step: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)

    @classmethod
    def at(cls, start: Arrays) -> State:
        """Before the first step."""
        zeros = {name: 0 * array for name, array in start.items()}
        return cls(start, zeros, dict(zeros), start)

    @property
    def best_look(self) -> Look:
        """The look at which the watched words kept most."""
        return max(self.looks, key=lambda look: look.kept.mean)
