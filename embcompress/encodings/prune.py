import math
from typing import Literal

import numpy as np

from embcompress.arrays import Floats
from embcompress.encodings import Edit
from embcompress.errors import SpecError

ROWS = 16_384
"""Rows whose numbers decide what is small."""


def fit(x: Floats, f: float | Literal["threshold"], t: float | None = None) -> Edit:
    """Zero the share f of smallest numbers, or with threshold:t all below t root mean squares (Han et al. 2015)."""
    sizes = np.abs(x[:: -(-len(x) // ROWS)])
    cut = _threshold(sizes, t) if f == "threshold" else _quantile(sizes, f, t)

    def prune(rows: Floats) -> Floats:
        return np.where(np.abs(rows) < cut, np.float32(0), rows)

    return prune


def _quantile(sizes: Floats, f: float, t: float | None) -> np.float32:
    if t is not None:
        raise SpecError(f"a second number goes with threshold only: prune:{f:g} or prune:threshold:{t:g}")
    if not 0 < f < 1:
        raise SpecError(f"f = {f:g} is not a share between 0 and 1")
    return np.float32(np.quantile(sizes, f))


def _threshold(sizes: Floats, t: float | None) -> np.float32:
    if t is None:
        raise SpecError("prune:threshold needs a number of root mean squares: prune:threshold:0.5")
    rms = math.sqrt(np.einsum("ij,ij->", sizes, sizes, dtype=np.float64) / sizes.size)
    if not t > 0:
        raise SpecError(f"t = {t:g} is not above 0: give it in root mean squares, such as prune:threshold:0.5")
    if sizes.max() < t * rms:
        raise SpecError(f"t = {t:g} leaves nothing, the largest number is {sizes.max() / rms:.3g} root mean squares")
    return np.float32(t * rms)
