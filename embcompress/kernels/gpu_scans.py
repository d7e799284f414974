"""What FAISS has GPU kernels for: a segment's rows as such a kernel scans them, and queries as it takes them.

Each scan builds its index on the CPU, in arrays that are tested there, and moves it; the directions alone, in half
precision, are added to an index on the GPU block by block.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Floats, blocks, directions
from embcompress.codebook import Codebook
from embcompress.kernels.blocks import ROWS_AT_ONCE
from embcompress.kernels.layout import Layout
from embcompress.segment import Segment

DEVICE = 0

FLOAT32_TABLES = 48
"""Symbols a row whose 256 float32 products each fit into the 48 KB a GPU block shares; more need half precision."""


class GpuScan(ABC):
    """Rows of a segment on a GPU.

    Parameters
    ----------
    segment : Segment
    """

    nominees = 60
    """Rows to nominate for ten that are wanted."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment

    @abstractmethod
    def queries(self, queries: Floats, expected: Floats) -> Floats | Bytes:
        """Queries as the index takes them.

        Parameters
        ----------
        queries : (m, d) float32
        expected : (m,) float32
            The score each expects between nominated and not.
        """

    @abstractmethod
    def index(self, resources: Any) -> Any:
        """All rows in an index on the GPU, given a `faiss.StandardGpuResources`."""


class SignScan(GpuScan):
    """Signs: a row's bits against a query's, by Hamming distance.

    Parameters
    ----------
    segment : Segment
    codebook : Codebook
        The segment's: two levels an axis.
    """

    # Hamming distance forgets how large a query's components are. At 60,000 x 300, 500 nominees held the ten nearest
    # rows of all words, but of .959 of analogies; 1,000 of .993, 1,500 of .998.
    nominees = 1500

    def __init__(self, segment: Segment, codebook: Codebook) -> None:
        super().__init__(segment)
        self._codebook = codebook
        affine = segment.codec.affine
        middle = codebook.centroids[:, :, 0].mean(axis=1)
        self._cut = affine.pull(affine.backward(middle)[None])  # (1, c)

    def codes(self, rows: slice) -> Bytes:
        """A bit an axis, eight to a byte, zeros up to a full one."""
        return np.packbits(self._codebook.unpack(self.segment.codes[rows]), axis=1)

    def queries(self, queries: Floats, expected: Floats) -> Bytes:
        """The level that is better for a query on each axis, packed as codes are.

        An axis adds ``pull(q)_j y_j`` to ``q . x_hat`` and, to first order about the middle m of the levels, about
        ``(B'(B m + b))_j y_j`` to ``|x_hat|``, which takes the expected score times as much from the cosine.
        """
        pulled = self.segment.codec.affine.pull(queries)
        return np.packbits(pulled > expected[:, None] * self._cut, axis=1)

    def index(self, resources: Any) -> Any:
        """A `GpuIndexBinaryFlat`."""
        import faiss

        index = faiss.IndexBinaryFlat(8 * -(-self._codebook.columns // 8))
        for block in blocks(len(self.segment), ROWS_AT_ONCE):
            index.add(self.codes(block))
        return faiss.index_binary_cpu_to_gpu(resources, DEVICE, index)


class ListScan(GpuScan):
    """Rows in the one list of an inverted file, which is how FAISS scans scalar and product quantizers on a GPU.

    Parameters
    ----------
    layout : Layout
        Of half-precision numbers, of even levels or of centroids.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout.segment)
        self.layout = layout

    def queries(self, queries: Floats, expected: Floats) -> Floats:
        """As the layout places them."""
        return self.layout.queries(self.segment.codec.affine.pull(queries), expected)

    def index(self, resources: Any) -> Any:
        """A `GpuIndexIVFScalarQuantizer` or `GpuIndexIVFPQ`."""
        import faiss

        index = self.layout.empty_lists(1)
        for block in blocks(len(self.segment), ROWS_AT_ONCE):
            rows = np.arange(block.start, block.stop, dtype=np.int64)
            codes = np.ascontiguousarray(self.layout.codes(block))
            index.invlists.add_entries(0, len(rows), faiss.swig_ptr(rows), faiss.swig_ptr(codes))
        index.ntotal = len(self.segment)
        options = faiss.GpuClonerOptions()
        options.use_cuvs = False  # which reads other layouts than these, where FAISS was built with it
        options.useFloat16 = isinstance(index, faiss.IndexIVFPQ) and index.pq.M > FLOAT32_TABLES
        return faiss.index_cpu_to_gpu(resources, DEVICE, index, options)


class DirectionScan(GpuScan):
    """Decoded directions in half precision: two bytes a dimension, whatever the code."""

    def queries(self, queries: Floats, expected: Floats) -> Floats:
        """Scaled to length one: FAISS takes queries in half precision too, which holds no very small numbers."""
        del expected  # rows have length one
        return directions(queries)

    def index(self, resources: Any) -> Any:
        """A `GpuIndexFlatIP` of float16."""
        import faiss

        config = faiss.GpuIndexFlatConfig()
        config.device = DEVICE
        config.useFloat16 = True
        index = faiss.GpuIndexFlatIP(resources, self.segment.codec.dims, config)
        for block in blocks(len(self.segment), ROWS_AT_ONCE):
            index.add(self.segment.directions(block))
        return index
