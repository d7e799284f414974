import math

import numpy as np

from embcompress.arrays import Floats
from embcompress.codebook import Codebook
from embcompress.errors import SpecError

LEVELS = 256
"""A byte an axis: the whole numbers from -128 to 127."""

MOST_CLIPPED = 0.01
"""Share of the numbers that may lie beyond the levels: a finer step would lose more there than it gains elsewhere."""


def fit(x: Floats, s: float) -> Codebook:
    """Round to multiples of s root mean squares of a component, one step for all dimensions (Gish & Pierce 1968)."""
    sizes = np.abs(x)
    step = s * math.sqrt(np.einsum("ij,ij->", x, x, dtype=np.float64) / x.size)
    if not (s > 0 and sizes.max() >= step / 2):
        raise SpecError(
            f"s = {s:g} is not a step above 0 that leaves some number other than 0: "
            "give it in root mean squares of a component, such as delta:0.05"
        )
    reach = step * (LEVELS - 1) / 2
    clipped = float((sizes > reach).mean())
    if clipped > MOST_CLIPPED:
        enough = s * float(np.quantile(sizes, 1 - MOST_CLIPPED)) / reach
        raise SpecError(
            f"s = {s:g} clips {clipped:.1%} of the numbers to {LEVELS} levels, more than {MOST_CLIPPED:.0%}: "
            f"give at least {_rounded_up(enough):g}"
        )
    steps = np.full(x.shape[1], step, dtype=np.float32)
    return Codebook.from_even_levels(-LEVELS // 2 * steps, steps, LEVELS)


def _rounded_up(s: float) -> float:
    """To two digits."""
    unit = 10.0 ** (math.floor(math.log10(s)) - 1)
    return math.ceil(s / unit) * unit
