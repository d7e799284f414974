"""Several teachers as one: tables over overlapping vocabularies, turned to each other and averaged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embcompress.arrays import Doubles, Floats, Integers, blocks, directions, row_norms, with_lengths
from embcompress.cores import reproducible
from embcompress.distill.recipe import FEWEST_WORDS
from embcompress.errors import UsageError
from embcompress.table import Table


@reproducible()
def merged(tables: Sequence[Table]) -> Table:
    """One table of all words of several.

    Every table is turned into the space of the first of the widest by the rotation that brings the words they share
    closest (orthogonal Procrustes, Schönemann 1966), on directions. A word's direction is that of the mean of its
    directions; its length is that of the first table that has it, lengths brought to one scale by the shared words.

    Parameters
    ----------
    tables : sequence of Table
        Two or more.

    Returns
    -------
    Table
        Words in the order in which the tables bring them.

    Raises
    ------
    UsageError
        If a table shares too few words with the widest.
    """
    widest = max(tables, key=lambda table: table.dims)
    words = list(dict.fromkeys(word for table in tables for word in table.words))
    places = {word: place for place, word in enumerate(words)}
    sums = np.zeros((len(words), widest.dims), dtype=np.float32)
    lengths = np.zeros(len(words), dtype=np.float32)
    for table in tables:
        rotation, scale = (None, 1.0) if table is widest else _alignment(table, widest)
        own = np.array([places[word] for word in table.words], dtype=np.int64)
        for part in blocks(len(table)):
            x, rows = table.rows(part), own[part]
            units = directions(x)
            sums[rows] += units if rotation is None else units @ rotation
            fresh = lengths[rows] == 0
            lengths[rows[fresh]] = scale * row_norms(x[fresh])
    for part in blocks(len(words)):
        sums[part] = with_lengths(sums[part], lengths[part])
    return Table(words, sums, source=" + ".join(table.source for table in tables))


def _alignment(table: Table, widest: Table) -> tuple[Floats, float]:
    """The rotation (d, e) from a table's space into the widest's, and what brings its lengths to that one's scale."""
    own, there = _shared(table, widest)
    if len(own) < FEWEST_WORDS:
        raise UsageError(
            f"teachers {table.source or 'A'} ({len(table):,} words) and {widest.source or 'B'} ({len(widest):,}) have "
            f"{len(own)} words in common: {FEWEST_WORDS} are the fewest that can be aligned"
        )
    product: Doubles = np.zeros((table.dims, widest.dims))
    sizes = np.zeros(2)
    for part in blocks(len(own)):
        x, y = table.rows(own[part]), widest.rows(there[part])
        product += directions(x).T @ directions(y)
        sizes += row_norms(x).sum(), row_norms(y).sum()
    left, _, right = np.linalg.svd(product, full_matrices=False)
    return (left @ right).astype(np.float32), float(sizes[1] / sizes[0]) if sizes[0] else 1.0


def _shared(first: Table, second: Table) -> tuple[Integers, Integers]:
    """Rows of the words that two tables share, in both, (c,) int64 each."""
    theirs = {word: row for row, word in enumerate(second.words)}
    pairs = [(row, theirs[word]) for row, word in enumerate(first.words) if word in theirs]
    own, there = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return own, there
