from typing import Literal

import numpy as np

from embcompress.arrays import Floats
from embcompress.codebook import Codebook
from embcompress.codec import Codec
from embcompress.encodings._balance import deal, principal_rows, water_filled
from embcompress.encodings._clusters import check_grid, clustered_columns
from embcompress.spec import Grid


def fit(x: Floats, MxB: Grid, axes: Literal["balance"] | None = None, *, seed: int) -> Codebook | Codec:
    """Product quantization: 2**B centroids for each of M runs of dimensions or balanced axes (Jegou et al. 2011)."""
    check_grid(MxB, x.shape[1])
    if axes is None:
        runs = np.array_split(np.arange(x.shape[1], dtype=np.int32), MxB.M)
        return clustered_columns(x, runs, MxB.nbits, seed=seed)
    affine, y, variances = principal_rows(x)
    columns = deal(water_filled(variances, MxB.M * MxB.nbits), MxB.M)
    return Codec(affine, clustered_columns(y, columns, MxB.nbits, seed=seed))
