"""What a question for the nearest words adds up, and the rows it chooses from."""

from __future__ import annotations

from dataclasses import dataclass

from embcompress.vectors._arguments import Vector
from embcompress.vectors._keys import Key


@dataclass(frozen=True)
class Sum:
    """Words, row numbers and vectors with their weights, which every row to choose from is compared with.

    Parameters
    ----------
    terms : list of (word, row number or vector, weight)
        At least one.
    within : range
        Rows to choose from.
    multiply : bool
        Multiply and divide similarities by 3CosMul instead of adding vectors: by the sign of a term's weight.
    exact : bool
        Score every row, instead of the rows FAISS nominates.
    """

    terms: list[tuple[Key | Vector, float]]
    within: range
    multiply: bool = False
    exact: bool = False

    @property
    def items(self) -> list[Key | Vector]:
        """The terms without their weights."""
        return [item for item, _ in self.terms]
