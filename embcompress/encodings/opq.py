import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.codec import Codec
from embcompress.encodings._balance import deal, principal_rows, water_filled
from embcompress.encodings._clusters import check_grid, clustered_columns
from embcompress.encodings._rotations import closest_rotation
from embcompress.spec import Grid

ROUNDS = 8
"""Of alternating rotation and centroids."""

KMEANS_ROUNDS = 3
"""Within each, from the centroids of the one before."""

ROWS = 16_384
"""Rows the rotation is fitted to."""


def fit(x: Floats, MxB: Grid, *, seed: int) -> Codec:
    """Optimized product quantization: balanced axes, then rotated in turn with the centroids (Ge et al. 2013)."""
    check_grid(MxB, x.shape[1])
    affine, y, variances = principal_rows(x)
    columns = deal(water_filled(variances, MxB.M * MxB.nbits), MxB.M)
    sample = y[:: -(-len(y) // ROWS)]
    rotation = np.eye(y.shape[1], dtype=np.float32)
    codebook = None
    for _ in range(ROUNDS):
        rotated = sample @ rotation.T
        codebook = clustered_columns(rotated, columns, MxB.nbits, seed=seed, rounds=KMEANS_ROUNDS, start=codebook)
        rotation = closest_rotation(sample, codebook.decode(codebook.encode(rotated)))
    turned = Affine(y.shape[1], A=rotation)
    codebook = clustered_columns(turned.forward(y), columns, MxB.nbits, seed=seed, start=codebook)
    return Codec(affine.then(turned), codebook)
