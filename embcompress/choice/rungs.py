"""Successive halving: all on few rows, the better ones on more, the best on all (Jamieson & Talwalkar 2016)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from embcompress.choice.file_size import FileSize
from embcompress.choice.trials import Bench
from embcompress.errors import UsageError
from embcompress.selection import subset
from embcompress.table import Table

RUNGS = ((6_000, 6), (20_000, 3))
"""First rows that are tried on, and how many candidates go on from there. Of 60,000 x 300, the best on all rows was
second on 6,000 and first on 20,000 at 4 MB, third on both at 2 MB; others moved by up to four places."""


def rungs(table: Table, size: FileSize, measure: str, seed: int) -> Iterator[tuple[Bench, int, str]]:
    """Benches of more and more first rows, how many candidates go on, and what is being done there; the whole last.

    Raises
    ------
    UsageError
        If what is to be measured cannot be measured on this table.
    """
    whole = Bench(table, size, measure, seed)
    if reason := whole.reason_against():
        raise UsageError(f"{measure} cannot be measured on this table ({reason}): take --measure neighbours")
    for rows, count in RUNGS:
        if rows < len(table):
            first = Bench(subset(table, np.arange(rows)), size, measure, seed)
            if not first.reason_against():
                yield first, count, f"choosing on {rows:,} rows"
    yield whole, 1, "choosing on all rows"
