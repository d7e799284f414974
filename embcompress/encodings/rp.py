import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.encodings import rotate
from embcompress.errors import SpecError


def fit(x: Floats, k: int, *, seed: int) -> Affine:
    """Project onto k random orthonormal axes (random projection, Johnson & Lindenstrauss 1984)."""
    dims = x.shape[1]
    if not 1 <= k <= dims:
        raise SpecError(f"k = {k} is not between 1 and the {dims} dimensions there are")
    # Orthonormal rows, not merely independent ones: they keep cosines better and their transpose is the way back.
    return rotate.fit(x, seed=seed).then(Affine(dims, A=np.arange(k, dtype=np.int32)))
