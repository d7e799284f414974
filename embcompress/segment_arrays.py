"""What is stored of a segment, by the names that its arrays have in a file (`embcompress.file`)."""

from __future__ import annotations

from typing import Any

from embcompress.arrays import Array
from embcompress.segment import Segment
from embcompress.shared_codes import SharedCodes


def segment_facts(segment: Segment) -> dict[str, Any]:
    """What the metadata say of a segment."""
    codebook = segment.codec.codebook
    return {
        "rows": len(segment),
        "components": segment.codec.affine.components,
        "radix": None if codebook is None else codebook.radix,
        "length_scale": [segment.scale.lowest, segment.scale.step],
    }


def row_arrays(number: int, segment: Segment) -> dict[str, Array | None]:
    """What is stored of a segment's rows."""
    codes = segment.codes
    stored, pointers = (codes.distinct, codes.pointers) if isinstance(codes, SharedCodes) else (codes, None)
    arrays = {"codes": stored, "rows": pointers, "lengths": segment.lengths}
    return {f"{number}.{name}": array for name, array in arrays.items()}


def codec_arrays(number: int, segment: Segment) -> dict[str, Array | None]:
    """What is stored of what decodes them."""
    affine, codebook = segment.codec.affine, segment.codec.codebook
    arrays: dict[str, Array | None] = {"A": affine.A, "a": affine.a, "Bt": affine.Bt, "b": affine.b}
    if codebook is not None:
        arrays |= {"axes": codebook.axes, "thresholds": codebook.thresholds}
        if codebook.step is None:
            arrays["centroids"] = codebook.centroids
        else:
            arrays |= {"lowest": codebook.centroids[:, 0, 0], "step": codebook.step}
    return {f"{number}.{name}": array for name, array in arrays.items()}
