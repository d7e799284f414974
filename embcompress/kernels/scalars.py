"""Layouts of numbers: bytes on even levels, and half-precision floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.codebook import Codebook
from embcompress.kernels._length_column import LengthColumn
from embcompress.kernels.layout import Layout
from embcompress.segment import Segment

SCALAR_ALIGNMENT = 16
"""FAISS's scalar-quantizer kernels fall off their fast path unless the width is a multiple of this."""

LOWEST_HALF = np.finfo(np.float16).min


class EvenLevels(Layout):
    """256 evenly spaced levels: the scalar quantizer, each axis' step folded into the query."""

    most_queries = 8

    def __init__(self, segment: Segment, codebook: Codebook) -> None:
        super().__init__(segment, _aligned(codebook.columns + 1))
        assert codebook.step is not None
        self.lengths = LengthColumn(segment, 256)
        self.axes = codebook.columns
        self._scale = np.append(codebook.step, -self.lengths.step).astype(np.float32)

    def codes(self, rows: slice | Integers) -> Bytes:
        """A byte an axis, the length's after them, zeros up to the width."""
        stored = self.segment.codes[rows]
        codes = np.zeros((len(stored), self.width), dtype=np.uint8)
        codes[:, : self.axes] = self._levels(stored)
        codes[:, self.axes] = self.lengths.symbols(stored)
        return codes

    def _levels(self, stored: Bytes) -> Bytes:
        """The level of each axis, (k, axes) uint8, of rows as the segment codes them."""
        return stored

    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """Scaled by the steps; what all rows share, the lowest levels and FAISS's half step, changes no order."""
        placed = _placed(pulled, expected, self.width)
        placed[:, : self.axes + 1] *= self._scale
        return placed

    def empty(self) -> Any:
        """An `IndexScalarQuantizer` from 0 to 255."""
        import faiss

        kind, metric = faiss.ScalarQuantizer.QT_8bit_uniform, faiss.METRIC_INNER_PRODUCT
        return self._trained(faiss.IndexScalarQuantizer(self.width, kind, metric))

    def empty_lists(self, count: int) -> Any:
        """An `IndexIVFScalarQuantizer` from 0 to 255."""
        import faiss

        return self._trained(_scalar_lists(self.width, count, faiss.ScalarQuantizer.QT_8bit_uniform))

    def _trained(self, index: Any) -> Any:
        import faiss

        faiss.copy_array_to_vector(np.array([0, 255], dtype=np.float32), index.sq.trained)
        index.is_trained = True
        return index


class Halves(Layout):
    """Half-precision numbers: FAISS's float16 scalar quantizer, which has no training of its own."""

    most_queries = 8

    def __init__(self, segment: Segment) -> None:
        self.axes = segment.codec.affine.components
        super().__init__(segment, _aligned(self.axes + 1))

    def codes(self, rows: slice | Integers) -> Bytes:
        """Two bytes an axis, what the length adds after them, zeros up to the width."""
        codes = self.segment.codes[rows]
        numbers = np.zeros((len(codes), self.width), dtype="<f2")
        numbers[:, : self.axes] = np.ascontiguousarray(codes).view("<f2")
        numbers[:, self.axes] = np.maximum(1 - self.segment.codec.sizes(codes), LOWEST_HALF)  # damage decodes to more
        return numbers.view(np.uint8)

    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """As they are, zeros up to the width."""
        return _placed(pulled, expected, self.width)

    def empty(self) -> Any:
        """An `IndexScalarQuantizer` of float16."""
        import faiss

        kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        return faiss.IndexScalarQuantizer(self.width, kind, metric)

    def empty_lists(self, count: int) -> Any:
        """An `IndexIVFScalarQuantizer` of float16."""
        import faiss

        index = _scalar_lists(self.width, count, faiss.ScalarQuantizer.QT_fp16)
        index.is_trained = True
        return index


def _placed(pulled: Floats, expected: Floats, width: int) -> Floats:
    """Queries, the length column's coordinate after them, zeros up to the width."""
    placed = np.zeros((len(pulled), width), dtype=np.float32)
    placed[:, : pulled.shape[1]] = pulled
    placed[:, pulled.shape[1]] = expected
    return placed


def _scalar_lists(width: int, count: int, kind: int) -> Any:
    import faiss

    coarse = faiss.IndexFlatIP(width)
    coarse.add(np.zeros((count, width), dtype=np.float32))  # a GPU asks it, the CPU is told the lists
    return faiss.IndexIVFScalarQuantizer(coarse, width, count, kind, faiss.METRIC_INNER_PRODUCT, False)


def _aligned(width: int) -> int:
    return -(-width // SCALAR_ALIGNMENT) * SCALAR_ALIGNMENT
