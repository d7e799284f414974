"""Rotations fitted to what they should bring rows to."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats


def closest_rotation(x: Floats, target: Floats) -> Floats:
    """The orthogonal matrix R for which ``|x R' - target|`` is least (orthogonal Procrustes, Schonemann 1966).

    Parameters
    ----------
    x, target : (n, c) float32

    Returns
    -------
    (c, c) float32
    """
    left, _, right = np.linalg.svd(target.T.astype(np.float64) @ x)
    return np.asarray(left @ right, dtype=np.float32)
