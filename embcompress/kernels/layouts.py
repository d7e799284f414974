"""Where a segment's codes and queries lie in a FAISS index. Nothing from a user reaches FAISS unchecked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.codebook import SCAN_RADIX, Codebook
from embcompress.kernels._length_column import LengthColumn
from embcompress.segment import Segment

SCALAR_ALIGNMENT = 16
"""FAISS's scalar-quantizer kernels fall off their fast path unless the width is a multiple of this."""


class Layout(ABC):
    """What an index of a segment is made of: codes as FAISS stores them, queries as it takes them, an empty index.

    Parameters
    ----------
    segment : Segment
    width : int
        Numbers in a query as FAISS takes it.
    """

    most_queries: int | None = None
    """Queries at once up to which the kernel beats decoding blocks of rows and multiplying; None: always."""

    def __init__(self, segment: Segment, width: int) -> None:
        self.segment = segment
        self.width = width

    @abstractmethod
    def codes(self, rows: slice | Integers) -> Bytes:
        """Codes of some rows as FAISS stores them, (k, FAISS's code size) uint8."""

    @abstractmethod
    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """Queries as FAISS takes them, (m, width) float32.

        Parameters
        ----------
        pulled : (m, c) float32
            Queries in code space.
        expected : (m,) float32
            The score each expects between nominated and not.
        """

    @abstractmethod
    def empty(self) -> Any:
        """A trained flat index without rows."""

    @abstractmethod
    def empty_lists(self, count: int) -> Any:
        """A trained inverted file of so many lists, without rows; its lists are chosen by whoever searches it."""

    def packed(self, index: Any) -> Any:
        """The index that searches the rows of one made by `empty` or `empty_lists`: by default itself."""
        return index


def layout_of(segment: Segment) -> Layout:
    """The layout whose kernel suits a segment's codes."""
    codebook = segment.codec.codebook
    if codebook is None:
        return Halves(segment)
    if codebook.radix <= SCAN_RADIX:
        return ScanSymbols(segment, codebook)
    if codebook.step is not None:
        return EvenLevels(segment, codebook)
    return Centroids(segment, codebook, codebook, bits=8)


class Centroids(Layout):
    """Symbols of a codebook: a table look-up each, the length column's last.

    Parameters
    ----------
    segment : Segment
    codebook : Codebook
        The segment's.
    scanned : Codebook
        The same code in the symbols that FAISS reads.
    bits : int
        Of a symbol FAISS reads.
    """

    most_queries: int | None = 64

    def __init__(self, segment: Segment, codebook: Codebook, scanned: Codebook, bits: int) -> None:
        super().__init__(segment, (scanned.columns + 1) * scanned.width)
        self.codebook = codebook
        self.scanned = scanned
        self.bits = bits
        self.lengths = LengthColumn(segment, 2**bits)
        covered = scanned.flat_axes
        self._axes = None if np.array_equal(covered, np.arange(scanned.dims)) else covered

    def codes(self, rows: slice | Integers) -> Bytes:
        """Codes, then the length's byte."""
        stored = self.segment.codes[rows]
        return np.concatenate([stored, self.lengths.symbols(stored)[:, None]], axis=1)

    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """Coordinates in the order the columns name their axes; padding meets centroids that are zero."""
        placed = np.zeros((len(pulled), self.width), dtype=np.float32)
        covered = self.scanned.columns * self.scanned.width
        placed[:, :covered] = pulled if self._axes is None else pulled[:, self._axes]
        placed[:, covered] = expected
        return placed

    def empty(self) -> Any:
        """An `IndexPQ` with set centroids."""
        import faiss

        index = faiss.IndexPQ(self.width, self.scanned.columns + 1, self.bits, faiss.METRIC_INNER_PRODUCT)
        return self._trained(index)

    def empty_lists(self, count: int) -> Any:
        """An `IndexIVFPQ` with set centroids, its rows coded as they are."""
        import faiss

        coarse = faiss.IndexFlatIP(self.width)
        coarse.add(np.zeros((count, self.width), dtype=np.float32))
        columns = self.scanned.columns + 1
        index = faiss.IndexIVFPQ(coarse, self.width, count, columns, self.bits, faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
        return self._trained(index)

    def _trained(self, index: Any) -> Any:
        import faiss

        length_column = np.zeros((1, 2**self.bits, self.scanned.width), dtype=np.float32)
        length_column[0, :, 0] = self.lengths.levels
        centroids = np.concatenate([self.scanned.centroids, length_column])
        faiss.copy_array_to_vector(centroids.ravel(), index.pq.centroids)
        index.is_trained = True
        return index


class ScanSymbols(Centroids):
    """Symbols of 4 bits: FastScan, 16-entry tables in SIMD registers."""

    most_queries = None

    def __init__(self, segment: Segment, codebook: Codebook) -> None:
        super().__init__(segment, codebook, codebook.scan(), bits=4)

    def codes(self, rows: slice | Integers) -> Bytes:
        """Two symbols a byte; the length column is the last: a byte's high half, or the low half of a further byte."""
        stored = self.segment.codes[rows]
        symbols = self.codebook.scan_codes(stored)
        sizes = self.lengths.symbols(stored)
        if not self.scanned.columns % 2:
            return np.concatenate([symbols, sizes[:, None]], axis=1)
        symbols = symbols.copy()
        symbols[:, -1] = (symbols[:, -1] & 0x0F) | (sizes << 4)
        return symbols

    def packed(self, index: Any) -> Any:
        """The rows in FastScan's order."""
        import faiss

        if isinstance(index, faiss.IndexIVFPQ):
            fast: Any = faiss.IndexIVFPQFastScan(index)
            fast.referenced_objects = [index.quantizer]  # which it points to, but does not own
            return fast
        return faiss.IndexPQFastScan(index)


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
        codes[:, : self.axes] = stored
        codes[:, self.axes] = self.lengths.symbols(stored)
        return codes

    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """Scaled by the steps; what all rows share, the lowest levels and FAISS's half step, changes no order."""
        placed = np.zeros((len(pulled), self.width), dtype=np.float32)
        placed[:, : self.axes] = pulled
        placed[:, self.axes] = expected
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
        numbers[:, self.axes] = 1 - self.segment.codec.sizes(codes)
        return numbers.view(np.uint8)

    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """As they are, zeros up to the width."""
        placed = np.zeros((len(pulled), self.width), dtype=np.float32)
        placed[:, : self.axes] = pulled
        placed[:, self.axes] = expected
        return placed

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


def _scalar_lists(width: int, count: int, kind: int) -> Any:
    import faiss

    coarse = faiss.IndexFlatIP(width)
    coarse.add(np.zeros((count, width), dtype=np.float32))
    return faiss.IndexIVFScalarQuantizer(coarse, width, count, kind, faiss.METRIC_INNER_PRODUCT, False)


def _aligned(width: int) -> int:
    return -(-width // SCALAR_ALIGNMENT) * SCALAR_ALIGNMENT
