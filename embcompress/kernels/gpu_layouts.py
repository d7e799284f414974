"""Codes as FAISS's GPU kernels read them, where those read other codes than its CPU kernels do."""

from __future__ import annotations

from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Integers
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.kernels.scalars import EvenLevels
from embcompress.kernels.symbols import Centroids
from embcompress.segment import Segment

PQ_COLUMNS = 1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96
"""Symbols a row for which FAISS's GPU product quantization is compiled."""

PQ_WIDTHS = 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32
"""Axes a symbol for which it is."""


class NearEvenLevels(EvenLevels):
    """Levels of one axis a column, each as the nearest of 256 even ones between its axis' lowest and highest.

    Parameters
    ----------
    segment : Segment
    codebook : Codebook
        The segment's: one axis a column, in their order.
    """

    def __init__(self, segment: Segment, codebook: Codebook) -> None:
        levels = codebook.centroids[:, :, 0]  # (c, L)
        lowest, reach = levels.min(axis=1), np.ptp(levels, axis=1)
        super().__init__(segment, Codebook.from_even_levels(lowest, reach / 255, 256))
        places = (levels - lowest[:, None]) / np.where(reach > 0, reach, 1)[:, None]
        self._symbols = np.rint(255 * places).astype(np.uint8)  # (c, L)
        self._coded = codebook

    def _levels(self, stored: Bytes) -> Bytes:
        """The even level nearest to each axis' own."""
        return np.asarray(self._symbols[np.arange(self.axes), self._coded.unpack(stored)])


class PaddedCentroids(Centroids):
    """Symbols of 8 bits, padded to as many columns of such a width as FAISS's GPU kernel is compiled for.

    Parameters
    ----------
    segment : Segment
    codebook : Codebook
        The segment's, of 256 centroids a column, which `fits`.
    """

    @staticmethod
    def fits(codebook: Codebook) -> bool:
        """Whether there is a kernel that wide and with so many columns, the length's included."""
        return codebook.columns < PQ_COLUMNS[-1] and codebook.width <= PQ_WIDTHS[-1]

    def __init__(self, segment: Segment, codebook: Codebook) -> None:
        columns = min(count for count in PQ_COLUMNS if count > codebook.columns) - 1
        width = min(width for width in PQ_WIDTHS if width >= codebook.width)
        more = (0, columns - codebook.columns), (0, width - codebook.width)
        axes = codebook.flat_axes.reshape(codebook.columns, codebook.width)
        padded = Codebook(
            codebook.dims,
            np.pad(codebook.centroids, (more[0], (0, 0), more[1])),
            np.pad(axes, more, constant_values=NO_AXIS),
        )
        super().__init__(segment, codebook, padded, bits=8)

    def codes(self, rows: slice | Integers) -> Bytes:
        """Codes, zeros for the columns that are padding, then the length's byte."""
        codes = super().codes(rows)
        spare = self.scanned.columns - self.codebook.columns
        return np.insert(codes, [self.codebook.columns] * spare, 0, axis=1)

    def empty_lists(self, count: int) -> Any:
        """An `IndexIVFPQ` whose rows are coded less their list's centroid, as the GPU needs it: it is zero."""
        index = super().empty_lists(count)
        index.by_residual = True
        return index
