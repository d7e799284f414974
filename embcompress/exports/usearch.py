"""An index of USearch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embcompress.arrays import blocks
from embcompress.exports._format import Kind, library
from embcompress.exports._words import words_beside, write_words
from embcompress.table import Table

READER = "usearch.index.Index.restore"
KINDS = {
    "f16": Kind("USearch index by cosine, words in JSON", (".usearch",), "float16"),
    "i8": Kind("the same of bytes", (".i8.usearch",), "int8", lengths=False),
    "b1": Kind("the same of signs, by Hamming distance", (".b1.usearch",), "signs", lengths=False),
}

beside = words_beside


def write(table: Table, path: Path, kind: str) -> None:
    """A graph index by cosine in half precision or bytes, or by Hamming distance of signs; words in JSON.

    A query against signs is ``numpy.packbits(vector > 0)``.
    """
    usearch = library("usearch.index", "export")
    metric = usearch.MetricKind.Hamming if kind == "b1" else usearch.MetricKind.Cos
    index = usearch.Index(ndim=table.dims, metric=metric, dtype=kind)
    for rows in blocks(len(table)):
        vectors = table.rows(rows)
        numbers = np.arange(rows.start, rows.stop, dtype=np.uint64)
        index.add(numbers, np.packbits(vectors > 0, axis=1) if kind == "b1" else vectors)
    try:
        index.save(str(path))
    except RuntimeError as error:
        raise OSError(str(error)) from None
    write_words(words_beside(path)[0], ((word, row) for row, word in enumerate(table.words)))
