"""How codes become vectors in the steps that runtimes of tensors have: gather, divide, multiply, add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Array, Bytes, Floats, Integers
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.segment import Segment
from embcompress.shared_codes import SharedCodes


@dataclass(frozen=True)
class Decoding:
    """The arrays of a segment, arranged for a runtime.

    A row's stored code gives u numbers: float16 as they are; bytes as ``lowest + step * byte``; or else symbols, a
    byte's lowest first, each of which stands for a centroid. From these come d: the product with `matrix`, or those at
    `places`; then `b` is added, the sum scaled to length one, and multiplied by the row's length.

    Parameters
    ----------
    codes : (m, code_size) uint8 or (m, c) float16
    pointers : (n, k) uint8 or None
        The number of each row's code, little-endian; None: row i has code i.
    lengths : (n,) uint8
        Which of the `levels` a row's length is.
    levels : (256,) float32
    centroids : (M, L, w) float32 or None
    lowest, step : (c,) float32 or None
    matrix : (u, d) float32 or None
    places : (d,) int64 or None
        Which of the u numbers each dimension is; u: it is zero.
    b : (d,) float32 or None
    """

    codes: Array
    pointers: Bytes | None
    lengths: Bytes
    levels: Floats
    centroids: Floats | None
    lowest: Floats | None
    step: Floats | None
    matrix: Floats | None
    places: Integers | None
    b: Floats | None

    def arrays(self) -> dict[str, Array]:
        """Those that there are, by name."""
        return {name: array for name, array in vars(self).items() if array is not None}


def decoding_of(segment: Segment) -> Decoding:
    """A segment's arrays, arranged for a runtime; nothing is decoded."""
    affine, codebook, codes = segment.codec.affine, segment.codec.codebook, segment.codes
    stored, pointers = (codes.distinct, codes.pointers) if isinstance(codes, SharedCodes) else (codes, None)
    evenly = codebook is not None and codebook.step is not None and codebook.symbols_per_byte == 1
    matrix, places = _way_back(affine, codebook)
    return Decoding(
        codes=np.ascontiguousarray(stored).view("<f2") if codebook is None else stored,
        pointers=pointers,
        lengths=segment.lengths,
        levels=segment.scale.levels,
        centroids=None if codebook is None or evenly else codebook.centroids,
        lowest=codebook.centroids[:, 0, 0] if codebook is not None and evenly else None,
        step=codebook.step if codebook is not None and evenly else None,
        matrix=matrix,
        places=places,
        b=affine.b,
    )


def _way_back(affine: Affine, codebook: Codebook | None) -> tuple[Floats | None, Integers | None]:
    """How the numbers that symbols stand for become dimensions: a matrix, or their places; neither: as they are."""
    axes = np.arange(affine.components) if codebook is None else codebook.flat_axes
    back = affine.back
    if back is not None and back.ndim == 2:
        matrix = np.where((axes == NO_AXIS)[:, None], np.float32(0), back[axes])  # (u, d)
        return np.ascontiguousarray(matrix, dtype=np.float32), None
    dimensions = axes if back is None else np.where(axes == NO_AXIS, NO_AXIS, back[axes])  # of each number, (u,)
    places = np.full(affine.dims, len(axes), dtype=np.int64)
    places[dimensions[dimensions != NO_AXIS]] = np.flatnonzero(dimensions != NO_AXIS)
    is_in_place = np.array_equal(places, np.arange(len(axes)))
    return None, None if is_in_place else places
