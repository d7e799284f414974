"""Which layout suits which codes."""

from __future__ import annotations

from embcompress.codebook import SCAN_RADIX
from embcompress.kernels.layout import Layout
from embcompress.kernels.scalars import EvenLevels, Halves
from embcompress.kernels.symbols import Centroids, ScanSymbols
from embcompress.segment import Segment


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
