"""k-means centroids, by FAISS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.codebook import Codebook
from embcompress.cores import in_order, reproducible
from embcompress.encodings import lloyd
from embcompress.errors import SpecError
from embcompress.spec import Grid

ROUNDS = 25
FAST_WIDTH = 4
"""FAISS's distance kernels are several times slower below this many dimensions than with zeros added up to it."""

POINTS = 65_536
"""Rows looked at: FAISS's own measure for 256 centroids; 16 gain by having as many (mse .2956 to .2947 at 1 bit)."""


def check_grid(grid: Grid, dims: int) -> None:
    """Refuse columns that cannot be filled or symbols that cannot be searched.

    Raises
    ------
    SpecError
    """
    if not 1 <= grid.M <= dims:
        raise SpecError(f"M = {grid.M} is not between 1 and the {dims} dimensions there are")
    if grid.nbits not in (4, 8):
        raise SpecError(f"B = {grid.nbits} is not 4 or 8 bits, the symbols that can be searched fast")


def clustered_columns(
    y: Floats, columns: Sequence[Integers], bits: int, *, seed: int, rounds: int = ROUNDS, start: Codebook | None = None
) -> Codebook:
    """Product quantization: each column's centroids by k-means over its axes.

    Parameters
    ----------
    y : (n, c) float32
    columns : M of (w_m,) int32
        The axes of each column.
    bits : 4 or 8
        2**bits centroids a column.
    seed : int
    rounds : int
        Of k-means.
    start : Codebook, optional
        Of the same columns: its centroids are moved on instead of rows drawn at random.

    Returns
    -------
    Codebook
    """

    def fit_column(m: int) -> Floats:
        begin = None if start is None else start.centroids[m, :, : len(columns[m])]
        return cluster(y[:, columns[m]], 2**bits, seed=seed, rounds=rounds, start=begin)

    with _blocked_distances():
        points = list(in_order(fit_column, range(len(columns))))
    return Codebook.from_columns(y.shape[1], columns, points)


@contextmanager
def _blocked_distances() -> Iterator[None]:
    """Let FAISS compute distances by matrix products.

    Below so many numbers a block of rows it compares rows one by one, which for 256 centroids is five times slower.
    """
    import faiss

    before = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = 1
    try:
        yield
    finally:
        faiss.cvar.distance_compute_blas_threshold = before


def cluster(x: Floats, count: int, *, seed: int, rounds: int = ROUNDS, start: Floats | None = None) -> Floats:
    """Centroids of rows.

    Parameters
    ----------
    x : (n, w) float32
    count : int
    seed : int
    rounds : int
    start : (count, w) float32, optional
        Where the centroids begin; without it, at rows drawn at random.

    Returns
    -------
    (count, w) float32
        Fewer distinct rows than `count` are their own centroids, the last one repeated. Of width 1, ascending.
    """
    import faiss

    distinct = np.unique(x[: 64 * count], axis=0)
    if len(distinct) <= count and (len(x) <= 64 * count or len(distinct := np.unique(x, axis=0)) <= count):
        return np.pad(distinct, ((0, count - len(distinct)), (0, 0)), mode="edge")
    width = x.shape[1]
    if width == 1 and count == 16:  # one sorted axis needs no distances
        return np.asarray(lloyd.fit(x, 4).centroids[0])
    padded = _padded(x)
    kmeans = faiss.Kmeans(
        padded.shape[1],
        count,
        niter=rounds,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=POINTS // count,
    )
    with reproducible():
        kmeans.train(padded, init_centroids=None if start is None else _padded(start))
    centroids = np.ascontiguousarray(np.asarray(kmeans.centroids)[:, :width])
    return np.sort(centroids, axis=0) if width == 1 else centroids


def _padded(x: Floats) -> Floats:
    padded = np.zeros((len(x), max(x.shape[1], FAST_WIDTH)), dtype=np.float32)
    padded[:, : x.shape[1]] = x
    return padded
