"""A segment of an ``.embc`` file, made of parts that are checked to fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from embcompress.affine import Affine, Linear
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.codec import Codec
from embcompress.lengths import HIGHEST, LengthScale
from embcompress.parts import Parts
from embcompress.segment import Segment
from embcompress.shared_codes import Codes, SharedCodes
from embcompress.vocabulary import row_bytes

MOST_DIMS = 1 << 15
"""Numbers of a vector: what a row takes in memory hangs on them, and on no array in the file."""

MOST_COVERED = 1 << 16
"""Coordinates that columns cover, padding counted: each takes a kilobyte of the tables that decode bytes."""

LONGEST_LOG = 88.0
"""Logarithm of the longest row: a little more, and it is beyond float32."""


def dims_of(parts: Parts) -> int:
    """The length d of a vector."""
    return parts.whole(parts.stored.metadata, "dims", 1, MOST_DIMS)


def rows_of(parts: Parts, number: int) -> int:
    """How many rows a segment has: what the metadata says of it was written in more ways than one."""
    return parts.shape(f"{number}.lengths", "|u1", None)[0]


def segment(
    parts: Parts, number: int, facts: dict[str, Any], dims: int, shared: Sequence[Codec] | None = None
) -> Segment:
    """A segment, by its number and what the metadata says of it; FormatError where its parts do not fit.

    Its codec is its own, or if there are some that are `shared`, one of these.
    """
    prefix = f"{number}."
    rows = rows_of(parts, number)
    if shared is None:
        components = parts.whole(facts, "components", 1, dims)
        codec = Codec(_affine(parts, prefix, dims, components), _codebook(parts, prefix, facts, components))
    else:
        codec = shared[parts.whole(facts, "codec", 0, len(shared) - 1)]
        if codec.dims != dims:
            raise parts.error(f"its metadata gives dims = {dims}, its codec decodes to {codec.dims}")
    codes = _codes(parts, prefix, rows, codec.code_size)
    return Segment(codec, codes, parts.bytes(f"{prefix}lengths", rows), _length_scale(parts, facts))


def _length_scale(parts: Parts, facts: dict[str, Any]) -> LengthScale:
    lowest, step = parts.numbers(facts, "length_scale", 2)
    if step < 0 or lowest + step * (HIGHEST - 1) > LONGEST_LOG:
        raise parts.error(f"its metadata gives length_scale = [{lowest:g}, {step:g}], by which lengths are not finite")
    return LengthScale(lowest, step)


def _codes(parts: Parts, prefix: str, rows: int, code_size: int) -> Codes:
    if not parts.has(f"{prefix}rows"):
        return parts.bytes(f"{prefix}codes", rows, code_size)
    distinct = parts.bytes(f"{prefix}codes", None, code_size)
    if len(distinct) > rows:
        raise parts.error(f"array '{prefix}codes' has {len(distinct)} codes for {rows} rows that share them")
    pointers = parts.bytes(f"{prefix}rows", rows, row_bytes(len(distinct)))
    return SharedCodes(distinct, pointers, f"{parts.stored.path}: array '{prefix}rows'")


def _affine(parts: Parts, prefix: str, dims: int, components: int) -> Affine:
    a = parts.optional(parts.finite, f"{prefix}a", components)
    b = parts.optional(parts.moderate, f"{prefix}b", dims)
    A, Bt = _linear(parts, f"{prefix}A", dims, components), _linear(parts, f"{prefix}Bt", dims, components)
    if A is None and components != dims:
        raise parts.error(f"array '{prefix}A' is missing, yet {dims} dimensions become {components} components")
    return Affine(dims, A, a, Bt, b)


def _linear(parts: Parts, name: str, dims: int, components: int) -> Linear:
    if not parts.has(name):
        return None
    if len(parts.stored.arrays.form(name)[1]) == 2:
        return parts.moderate(name, components, dims)
    return parts.axes(name, parts.array(name, "<i4", components), 0, dims)


def _codebook(parts: Parts, prefix: str, facts: dict[str, Any], components: int) -> Codebook | None:
    if facts.get("radix") is None:
        return None
    radix = parts.whole(facts, "radix", 2)
    if radix > 256:
        raise parts.error(f"its metadata gives radix = {radix}, over the 256 values of a byte")
    if parts.has(f"{prefix}step"):
        lowest, step = (parts.moderate(f"{prefix}{name}", components) for name in ("lowest", "step"))
        return Codebook.from_even_levels(lowest, step, radix)
    return _with_centroids(parts, prefix, radix, components)


def _with_centroids(parts: Parts, prefix: str, radix: int, components: int) -> Codebook:
    name, axes_name = f"{prefix}centroids", f"{prefix}axes"
    form = parts.stored.arrays.form(name)[1] if parts.has(name) else ()
    if len(form) == 3 and not (1 <= form[0] <= components and form[2] >= 1 and form[0] * form[2] <= MOST_COVERED):
        raise parts.error(f"array {name!r} is of {form[0]} columns of {form[2]} axes, for {components} components")
    centroids = parts.moderate(name, None, radix, None)
    columns, _, width = centroids.shape
    axes = parts.optional(parts.array, axes_name, "<i4", columns, width)
    if axes is not None:
        parts.axes(axes_name, axes, NO_AXIS, components)
    elif columns * width != components:
        raise parts.error(f"array {name!r} covers {columns * width} axes of {components}")
    return Codebook(
        components, centroids, axes, parts.optional(parts.finite, f"{prefix}thresholds", columns, radix - 1)
    )
