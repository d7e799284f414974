import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.encodings import rotate
from embcompress.encodings._rotations import closest_rotation

ROUNDS = 50
"""Of alternating signs and rotation, as in the paper."""

ROWS = 20_000
"""Rows the rotation is fitted to."""


def fit(x: Floats, *, seed: int) -> Affine:
    """Rotate so that rows come close to their signs, for binary: ``pca:k,itq,binary`` (ITQ, Gong & Lazebnik 2011)."""
    centred = x[:: -(-len(x) // ROWS)]
    centred = centred - centred.mean(axis=0, dtype=np.float64).astype(np.float32)
    rotation = rotate.fit(x, seed=seed)
    for _ in range(ROUNDS):
        signs = np.where(rotation.forward(centred) >= 0, np.float32(1), np.float32(-1))
        rotation = Affine(x.shape[1], A=closest_rotation(centred, signs))
    return rotation
