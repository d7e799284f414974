"""Nearest rows of a table of any kind, every row scored."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.evaluation._answers import Answers
from embcompress.topk import TopK

ROWS_AT_ONCE = 4096
"""Rows scored at a time: with a thousand queries, 16 MB of scores."""


def nearest_rows(table: Answers, queries: Floats, k: int, own: Integers) -> tuple[Floats, Integers]:
    """The rows of largest cosine with each query, its own row left out.

    Parameters
    ----------
    table : Answers
        n rows.
    queries : (m, d) float32
        Directions.
    k : int
        At most n - 1.
    own : (m,) int64
        The row that each query is itself.

    Returns
    -------
    scores : (m, k) float32
    rows : (m, k) int64
        Best first, equal cosines in row order.
    """
    found = TopK(len(queries), k)
    for rows in blocks(len(table), ROWS_AT_ONCE):
        scores = queries @ table.units(rows).T  # (m, b)
        inside = np.flatnonzero((own >= rows.start) & (own < rows.stop))
        scores[inside, own[inside] - rows.start] = -np.inf
        found.add(scores, rows.start)
    return found.result()
