"""An index of FAISS over the same codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from embcompress.arrays import blocks
from embcompress.errors import UsageError
from embcompress.exports._format import Kind
from embcompress.exports._words import words_beside, write_words
from embcompress.kernels.layout import Layout
from embcompress.kernels.layouts import layout_of
from embcompress.segment_search import EXPECTED_COSINE
from embcompress.vectors import CompressedVectors

READER = "faiss.read_index"
KINDS = {"": Kind("FAISS index over the same codes, words in JSON", (".faiss",), None, lengths=False)}

beside = words_beside


def write(vectors: CompressedVectors, path: Path) -> None:
    """An index over the same codes that takes plain queries, FastScan where codes allow; words and rows in JSON.

    Queries of any length are scaled to one and mapped into code space. Scores rank like cosines; they are inner
    products with decoded directions, less `EXPECTED_COSINE` times their length, up to what is the same for all rows.

    Raises
    ------
    UsageError
        If the rows are in several segments.
    """
    import faiss

    parts = vectors.coded_rows.parts
    if len(parts) > 1:
        raise UsageError(
            f"the rows are coded in {len(parts)} ways, and an index of FAISS holds one: compress without a head"
        )
    layout = layout_of(parts[0])
    index = layout.empty()
    for rows in blocks(len(parts[0])):
        index.add_sa_codes(np.ascontiguousarray(layout.codes(rows)))
    index = layout.packed(index)
    mapped, unit = _query_map(layout), faiss.NormalizationTransform(vectors.vector_size, 2.0)
    whole = faiss.IndexPreTransform(index)
    whole.prepend_transform(mapped)
    whole.prepend_transform(unit)
    try:
        faiss.write_index(whole, str(path))
    except RuntimeError as error:
        raise OSError(" ".join(str(error).split())) from None
    write_words(words_beside(path)[0], vectors.key_to_index.items())


def _query_map(layout: Layout) -> Any:
    """How a query of length one is placed in the index, as a linear map and what is added to it."""
    import faiss

    affine, none = layout.segment.codec.affine, np.zeros(1, dtype=np.float32)
    axes = np.eye(affine.dims, dtype=np.float32)
    matrix = layout.queries(affine.pull(axes), np.repeat(none, affine.dims)).T  # (width, d)
    expected = np.full(1, EXPECTED_COSINE, dtype=np.float32)
    added = layout.queries(np.zeros((1, affine.components), dtype=np.float32), expected)[0]
    linear = faiss.LinearTransform(affine.dims, layout.width, True)
    faiss.copy_array_to_vector(np.ascontiguousarray(matrix).ravel(), linear.A)
    faiss.copy_array_to_vector(added, linear.b)
    linear.is_trained = True
    return linear
