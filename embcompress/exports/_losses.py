"""What a format does not keep of a table, found before anything is written."""

from __future__ import annotations

import numpy as np

from embcompress.errors import UsageError
from embcompress.exports._format import Format
from embcompress.selection import subset
from embcompress.table import Table
from embcompress.vectors import CompressedVectors


def losses(source: CompressedVectors | Table, chosen: Format) -> list[str]:
    """What the format does not keep, one line each, but for words that it cannot hold."""
    about, lost = chosen.about, []
    if isinstance(source, CompressedVectors):
        ngrams = source.ngrams
        if about.numbers is not None:
            lost.append(f"codes of {source.coded_rows.bytes_a_row:.4g} bytes a word are decoded to {about.numbers}")
    else:
        ngrams = 0 if source.ngrams is None else source.ngrams.vectors.shape[0]
        if about.numbers not in (None, "float32"):
            lost.append(f"numbers are rounded to {about.numbers}")
    if not about.lengths:
        lost.append("vectors' lengths are left out, their directions stay")
    if ngrams:
        lost.append(f"{ngrams:,} rows of n-grams are left out: words that are not in the table get no vectors")
    return lost


def held_words(table: Table, chosen: Format, *, leave_out: bool) -> tuple[Table, list[str]]:
    """The table of the words that the format can hold, and a line on those that are left out, if there are any.

    Raises
    ------
    UsageError
        If there are, and none is to be left out; or if no word is left.
    """
    held = np.fromiter(map(chosen.holds, table.words.every_word()), dtype=bool, count=len(table))
    if held.all():
        return table, []
    lost = f"{np.count_nonzero(~held):,} of {len(table):,} words, the first is {table.words[int(held.argmin())]!r}"
    if not held.any():
        raise UsageError(f"{chosen} can hold none of the {len(table):,} words: take another format")
    if not leave_out:
        raise UsageError(
            f"{chosen} cannot hold {lost}: leave them out with --force (leave_out=True), or take another format"
        )
    return subset(table, np.flatnonzero(held)), [f"{chosen} cannot hold {lost}: they are left out"]
