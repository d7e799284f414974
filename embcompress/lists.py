"""An inverted file: rows in lists around centroids, so that a query need not look at all (Sivic & Zisserman 2003)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, directions, is_permutation
from embcompress.cores import in_order
from embcompress.errors import FormatError
from embcompress.segment import Segment

ROWS_AT_ONCE = 4096
ROWS_A_CENTROID = 64
"""Rows that k-means sees for each centroid; more hardly moves them."""

ITERATIONS = 10


@dataclass(frozen=True)
class Lists:
    """Which rows lie in which list.

    Parameters
    ----------
    centroids : (nlist, d) float32
        Of length one: a row lies in the list of the centroid of largest cosine.
    rows : (n,) int32
        Every row once, list after list.
    sizes : (nlist,) int32
        Rows in each list.
    nprobe : int
        Lists a query searches.
    recall : float
        Share of the ten nearest rows of a sample of rows that queries found when it was made.
    file : str
        The file it was read from, for errors.
    """

    centroids: Floats
    rows: Integers
    sizes: Integers
    nprobe: int
    recall: float
    file: str = ""

    def check_rows(self) -> None:
        """Raise FormatError unless every row is in one list, once."""
        if not is_permutation((self.rows[block] for block in blocks(len(self.rows))), len(self.rows)):
            raise FormatError(f"{self.file}: array 'lists.rows' names a row that is not there, or one twice")


def cluster(segment: Segment, nlist: int, *, seed: int = 0) -> tuple[Floats, Integers, Integers]:
    """Put the decoded rows of a segment into lists, by spherical k-means on a sample (FAISS).

    Parameters
    ----------
    segment : Segment
        n rows.
    nlist : int
        Lists, at most n.
    seed : int

    Returns
    -------
    centroids : (nlist, d) float32
    rows : (n,) int32
    sizes : (nlist,) int32
        As in `Lists`.
    """
    import faiss

    generator = np.random.default_rng(seed)
    sample = np.sort(generator.choice(len(segment), min(len(segment), nlist * ROWS_A_CENTROID), replace=False))
    clustering = faiss.Kmeans(
        segment.codec.dims,
        nlist,
        niter=ITERATIONS,
        spherical=True,
        seed=int(generator.integers(2**31)),
        min_points_per_centroid=1,
        max_points_per_centroid=ROWS_A_CENTROID,
    )
    clustering.train(segment.directions(sample))
    centroids = directions(np.asarray(clustering.centroids, dtype=np.float32))

    def nearest(block: slice) -> Integers:
        return np.asarray(np.argmax(segment.directions(block) @ centroids.T, axis=1), dtype=np.int32)

    chosen = np.concatenate(list(in_order(nearest, blocks(len(segment), ROWS_AT_ONCE))))
    rows = np.argsort(chosen, kind="stable").astype(np.int32)
    return centroids, rows, np.bincount(chosen, minlength=nlist).astype(np.int32)
