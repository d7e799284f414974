"""Principal axes, which several transforms are made of."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, blocks
from embcompress.cores import in_order
from embcompress.errors import SpecError


def principal_axes(x: Floats, k: int, mean: Floats | None = None) -> Floats:
    """The k orthonormal directions of largest variance about `mean` (None: about zero), largest first.

    Eigenvectors of the second-moment matrix, gathered in blocks so that no second copy of the rows is made; their signs
    are fixed by making each one's largest entry positive.

    Parameters
    ----------
    x : (n, c) float32
    k : int
    mean : (c,) float32, optional

    Returns
    -------
    (k, c) float32
    """
    components = x.shape[1]
    if not 1 <= k <= components:
        raise SpecError(f"k = {k} is not between 1 and the {components} dimensions there are")

    def moments_of(rows: slice) -> Floats:
        part = x[rows] if mean is None else x[rows] - mean
        return np.asarray(part.T @ part)

    moments = np.zeros((components, components))
    for part in in_order(moments_of, blocks(len(x))):
        moments += part
    vectors = np.linalg.eigh(moments)[1][:, ::-1][:, :k].T  # (k, c)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray(vectors * np.sign(largest), dtype=np.float32)
