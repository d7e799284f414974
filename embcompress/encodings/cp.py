import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.errors import SpecError

ROWS = 2048
"""Rows that are folded."""

ROUNDS = 30
"""Of alternating least squares; each is a product of the rows with as many columns as there are components."""


def fit(x: Floats, r: int, *, seed: int) -> Affine:
    """CP decomposition, of rank r, of rows folded to d1 x d2: never better in mse than svd:r (Hitchcock 1927)."""
    dims = x.shape[1]
    if not 1 <= r <= dims:
        raise SpecError(f"r = {r} is not between 1 and the {dims} dimensions there are")
    try:
        from tensorly.decomposition import parafac
    except ImportError:
        raise SpecError("needs tensorly: pip install 'embcompress[tensor]'") from None
    first = max(size for size in range(1, int(dims**0.5) + 1) if dims % size == 0)
    folded = x[:: -(-len(x) // ROWS)].astype(np.float64).reshape(-1, first, dims // first)
    _, (_, left, right) = parafac(folded, r, n_iter_max=ROUNDS, init="random", random_state=seed, tol=1e-6)
    back = (left[:, None] * right[None]).reshape(dims, r)  # the Khatri-Rao product, a component a column
    # Its columns are all but parallel (condition number 120 at r = 150 of 300), which would cost the scores their last
    # digits and amplify what coding loses. Orthonormal axes of the same space stand for the same rows: those of least
    # squares.
    return Affine(dims, A=np.ascontiguousarray(np.linalg.qr(back)[0].T, dtype=np.float32))
