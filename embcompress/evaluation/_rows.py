"""The rows that are measured: the same ones of both tables, and samples of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from embcompress.arrays import Integers
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, answers
from embcompress.segment import CodedRows


def same_rows(original: Any, coded: Any) -> tuple[Answers, Answers]:
    """Two tables as measures see them, the second of the same rows as the first; `CodedRows` have the first's words.

    Raises
    ------
    UsageError
        If they differ in rows or dimensions, or cannot be measured.
    """
    before = answers(original)
    if isinstance(coded, CodedRows):
        sizes, after = (len(coded), coded.dims), replace(before, units=coded.directions)
    else:
        after = answers(coded)
        sizes = len(after), after.dims
    if sizes != (len(before), before.dims):
        raise UsageError(
            f"{sizes[0]} rows of {sizes[1]} dimensions cannot be compared with {len(before)} of {before.dims}: "
            "give two tables of the same words"
        )
    return before, after


def draw_rows(count: int, sample: int, seed: int) -> Integers:
    """Rows drawn at random from ``range(count)``, ascending; all of them if there are not more than `sample`.

    Without regard to frequency: overlap varies far more from word to word than with rank, so that drawing evenly over
    the ranks hardly narrows a mean.
    """
    return np.sort(np.random.default_rng(seed).choice(count, min(count, sample), replace=False))
