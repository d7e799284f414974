"""Nearest rows of a table of any kind, every row scored."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, Integers, blocks
from embcompress.cores import in_order
from embcompress.evaluation._answers import Answers
from embcompress.topk import TopK

ROWS_AT_ONCE = 2048
"""Rows scored at a time by each thread: with a thousand queries, 8 MB of scores."""


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

    def scored(rows: slice) -> tuple[Floats, int]:
        scores = queries @ table.units(rows).T  # (m, b)
        inside = np.flatnonzero((own >= rows.start) & (own < rows.stop))
        scores[inside, own[inside] - rows.start] = -np.inf
        return scores, rows.start

    found = TopK(len(queries), k)
    for scores, first in in_order(scored, blocks(len(table), ROWS_AT_ONCE)):
        found.add(scores, first)
    return found.result()
