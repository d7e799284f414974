from typing import Literal

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Doubles, Floats
from embcompress.codec import Codec
from embcompress.encodings._balance import deal, principal_rows, water_filled
from embcompress.encodings._clusters import clustered_columns
from embcompress.errors import SpecError

SCORE_WEIGHT = 0.75
"""The error of an axis counts as its variance v to this power. At 0 that is the error of vectors, at 1 that of their
inner products with rows of the same spread, E (q . e)^2 = sum_j v_j E e_j^2. Of 0 to 0.75 the largest kept most
analogies at equal neighbours at 2 bits a dimension; at 1 bit and less it matters little (word2vec, 60,000 x 300)."""

SHARE_TO_STAND_OUT = 0.52
"""Only axes that would get bits if there were but this share of them are kept. The tail would lower the squared error,
but in comparing two coded rows it adds more noise than it tells. 0.45 to 0.6 trade analogies for neighbours of exact
queries: at 1 bit of 300 dimensions they keep 143 to 184 axes."""


def fit(x: Floats, B: float, bits: Literal[4, 8] = 4, *, seed: int) -> Codec:
    """B bits a dimension, any fraction, water-filled over principal axes; 4 or 8 to a symbol (after Ge et al. 2013)."""
    dims = x.shape[1]
    count = _columns(B, bits, dims)
    axes, y, variances = principal_rows(x)
    worth = variances ** (1 + SCORE_WEIGHT)
    kept = max(count, int((water_filled(worth, SHARE_TO_STAND_OUT * bits * count) > 0).sum()))
    weights = (variances[:kept, None] / variances[0]) ** (SCORE_WEIGHT / 2)
    chosen = np.eye(kept, dims)
    stretched = Affine(dims, A=_float32(weights * chosen), Bt=_float32(chosen / weights))
    columns = deal(water_filled(worth[:kept], bits * count), count)
    return Codec(axes.then(stretched), clustered_columns(stretched.forward(y), columns, bits, seed=seed))


def _columns(B: float, bits: int, dims: int) -> int:
    """How many columns fill B bits a dimension, to the nearest byte."""
    size = round(B * dims / 8)
    if size < 1:
        raise SpecError(f"B = {B:g} bits for each of {dims} dimensions are not a byte: give at least {8 / dims:.2g}")
    if bits < B:
        raise SpecError(f"B = {B:g} is more than the {bits} bits a dimension that columns of {2**bits} centroids hold")
    return min(size * 8 // bits, dims)


def _float32(matrix: Doubles) -> Floats:
    return matrix.astype(np.float32)
