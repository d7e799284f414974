"""Layouts of symbols that stand for centroids: tables of what each adds to a score, in SIMD registers or in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.codebook import Codebook
from embcompress.kernels._length_column import LengthColumn
from embcompress.kernels.layout import Layout
from embcompress.segment import Segment

TABLE_BYTES = 64 << 20
"""Of look-up tables that FAISS makes for queries at once."""


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
    """Fewer where their look-up tables would take more than `TABLE_BYTES`."""

    def __init__(self, segment: Segment, codebook: Codebook, scanned: Codebook, bits: int) -> None:
        super().__init__(segment, (scanned.columns + 1) * scanned.width)
        self.codebook = codebook
        self.scanned = scanned
        self.bits = bits
        self.lengths = LengthColumn(segment, 2**bits)
        if self.most_queries is not None:
            self.most_queries = min(self.most_queries, TABLE_BYTES // (4 * 2**bits * (scanned.columns + 1)))
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
        coarse.add(np.zeros((count, self.width), dtype=np.float32))  # a GPU asks it, the CPU is told the lists
        columns = self.scanned.columns + 1
        index = faiss.IndexIVFPQ(coarse, self.width, count, columns, self.bits, faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
        return self._trained(index)

    def _trained(self, index: Any) -> Any:
        import faiss

        length_column = np.zeros((1, 2**self.bits, self.scanned.width), dtype=np.float32)
        length_column[0, :, 0] = self.lengths.levels
        spare = 2**self.bits - self.scanned.radix  # values that no code of ours takes
        centroids = np.concatenate(
            [np.pad(self.scanned.centroids, ((0, 0), (0, spare), (0, 0)), mode="edge"), length_column]
        )
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
