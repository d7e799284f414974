"""Making an inverted file, and measuring what its queries find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from embcompress.cores import reproducible
from embcompress.errors import UsageError
from embcompress.lists import Lists, cluster
from embcompress.search import Search
from embcompress.segment import CodedRows

SAMPLE = 200
NEIGHBOURS = 10

ENOUGH_RECALL = 0.95
"""Share of the ten nearest rows that the lists searched by default have to hold."""


@reproducible()
def build_lists(coded: CodedRows, nlist: int | None = None, *, nprobe: int | None = None, seed: int = 0) -> Lists:
    """Put coded rows into lists and measure how many nearest rows their queries find.

    Parameters
    ----------
    coded : CodedRows
        n rows, in one segment.
    nlist : int, optional
        Lists; by default about ``2 sqrt(n)``.
    nprobe : int, optional
        Lists a query searches; by default the least power of two with a recall of .95.
    seed : int

    Returns
    -------
    Lists

    Raises
    ------
    UsageError
        If `nlist` is not between 1 and n, or `nprobe` not between 1 and `nlist`, or the rows are in several segments.
    """
    if len(coded.parts) > 1:
        raise UsageError(
            f"an inverted file takes rows of one code, and these have {len(coded.parts)}: shrink without head first"
        )
    segment = coded.parts[0]
    nlist = max(1, min(len(segment), round(2 * len(segment) ** 0.5))) if nlist is None else nlist
    if not 1 <= nlist <= len(segment):
        raise UsageError(f"nlist = {nlist} lists cannot be made of {len(segment)} rows: give 1 to {len(segment)}")
    if nprobe is not None and not 1 <= nprobe <= nlist:
        raise UsageError(f"nprobe = {nprobe} of {nlist} lists cannot be searched: give 1 to {nlist}")
    lists = Lists(*cluster(segment, nlist, seed=seed), nprobe=nprobe or 1, recall=0.0)
    search = Search(segment, lists)
    sample = np.sort(np.random.default_rng(seed).choice(len(segment), min(SAMPLE, len(segment)), replace=False))
    queries = segment.directions(sample)
    nearest = search.nearest(queries, NEIGHBOURS, exact=True)[1]
    tried = nprobe or 1
    while True:
        found = search.nearest(queries, NEIGHBOURS, nprobe=tried)[1]
        recall = float((found[:, :, None] == nearest[:, None, :]).any(axis=1).mean())
        if nprobe is not None or recall >= ENOUGH_RECALL or tried == nlist:
            return replace(lists, nprobe=tried, recall=recall)
        tried = min(2 * tried, nlist)
