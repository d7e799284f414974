"""Whether a few words have become the neighbours of everything."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from embcompress.arrays import Integers


@dataclass(frozen=True)
class Hubness:
    """Skewness of how often a row is among the `k` nearest neighbours of others, before and after coding.

    It grows with the number of queries, so figures compare only at the same `queries` and `k`.

    Parameters
    ----------
    original, coded : float
        0 where all rows occur equally often; the larger, the more a few hubs are everyone's neighbour.
    k, queries : int
        Length of a list of neighbours, and how many lists were counted.
    """

    original: float
    coded: float
    k: int
    queries: int

    def to_dict(self) -> dict[str, float | int]:
        """The figures by name."""
        return asdict(self)


def hubness(original: Integers, coded: Integers, rows: int) -> Hubness:
    """Compare the hubs of two tables of `rows` rows, from the neighbours (queries, k) of the same words in each."""
    return Hubness(
        occurrence_skewness(original, rows), occurrence_skewness(coded, rows), original.shape[1], len(original)
    )


def occurrence_skewness(neighbours: Integers, rows: int) -> float:
    """Skewness ``E[(N - mean)^3] / std^3`` of the k-occurrence N over all rows (Radovanovic et al., JMLR 2010).

    Parameters
    ----------
    neighbours : (queries, k) int
        Rows nearest to each query.
    rows : int
        Rows of the table.

    Returns
    -------
    float
        0.0 where every row occurs equally often.
    """
    if not rows:
        return 0.0
    occurrence = np.bincount(neighbours.ravel(), minlength=rows)
    centred = occurrence - occurrence.mean()
    variance = np.square(centred).mean()
    return float((centred**3).mean() / variance**1.5) if variance > 0 else 0.0
