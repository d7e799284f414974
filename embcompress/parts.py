"""The parts of an ``.embc`` file, checked as they are taken out of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Array
from embcompress.codebook import NO_AXIS, Codebook
from embcompress.codec import Codec
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.shared_codes import Codes, SharedCodes
from embcompress.vocabulary import row_bytes


class Parts:
    """Takes arrays and facts out of a container, checking each.

    Every method raises FormatError, naming the array or the fact, where something is missing or does not fit.

    Parameters
    ----------
    stored : Container
    """

    def __init__(self, stored: Container) -> None:
        self.stored = stored

    def whole(self, facts: dict[str, Any], key: str, lowest: int) -> int:
        """A whole number among the metadata, at least `lowest`."""
        value = facts.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise self.error(f"its metadata gives {key} = {value!r} where a whole number from {lowest} on belongs")
        return value

    def numbers(self, facts: dict[str, Any], key: str, count: int) -> list[float]:
        """A list of `count` finite numbers among the metadata."""
        values = facts.get(key)
        listed = values if isinstance(values, list) else []
        numeric = all(isinstance(value, int | float) and math.isfinite(value) for value in listed)
        if len(listed) != count or not numeric:
            raise self.error(f"its metadata gives {key} = {values!r} where {count} numbers belong")
        return [float(value) for value in listed]

    def array(self, name: str, dtype: str, *shape: int | None) -> Array:
        """An array that must be there; None in `shape` admits any size."""
        array = self.stored.arrays.get(name)
        if array is None:
            raise self.error(f"array {name!r} is missing")
        fits = array.ndim == len(shape) and all(
            want in (None, have) for want, have in zip(shape, array.shape, strict=True)
        )
        if array.dtype.str != dtype or not fits:
            wanted = tuple("any" if size is None else size for size in shape)
            raise self.error(f"array {name!r} is {array.dtype} {array.shape}, expected {np.dtype(dtype)} {wanted}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise self.error(f"array {name!r} holds a number that is not finite")
        return array

    def optional(self, name: str, dtype: str, *shape: int | None, default: Array | None = None) -> Any:
        """An array that need not be there; `default` where it is not."""
        return self.array(name, dtype, *shape) if name in self.stored.arrays else default

    def segments(self) -> list[dict[str, Any]]:
        """What the metadata says of each segment."""
        segments = self.stored.metadata.get("segments")
        described = isinstance(segments, list) and all(isinstance(each, dict) for each in segments)
        if not segments or not described:
            raise self.error("its metadata does not describe the segments that hold its rows")
        return list(segments)

    def rows(self, number: int) -> int:
        """How many rows a segment has: what the metadata says of it was written in more ways than one."""
        return len(self.array(f"{number}.lengths", "|u1", None))

    def segment(self, number: int, facts: dict[str, Any], dims: int) -> Segment:
        """A segment, by its number and what the metadata says of it."""
        rows = self.rows(number)
        components = self.whole(facts, "components", 1)
        codec = Codec(self._affine(f"{number}.", dims, components), self._codebook(f"{number}.", facts, components))
        return Segment(
            codec,
            self._codes(f"{number}.", rows, codec.code_size),
            self.array(f"{number}.lengths", "|u1", rows),
            LengthScale(*self.numbers(facts, "length_scale", 2)),
        )

    def _codes(self, prefix: str, rows: int, code_size: int) -> Codes:
        if prefix + "rows" not in self.stored.arrays:
            return self.array(prefix + "codes", "|u1", rows, code_size)
        distinct = self.array(prefix + "codes", "|u1", None, code_size)
        return SharedCodes(distinct, self.array(prefix + "rows", "|u1", rows, row_bytes(len(distinct))))

    def _affine(self, prefix: str, dims: int, components: int) -> Affine:
        a = self.optional(prefix + "a", "<f4", components)
        b = self.optional(prefix + "b", "<f4", dims)
        A, Bt = self._linear(prefix + "A", dims, components), self._linear(prefix + "Bt", dims, components)
        if A is None and components != dims:
            raise self.error(f"array '{prefix}A' is missing, yet {dims} dimensions become {components} components")
        return Affine(dims, A, a, Bt, b)

    def _linear(self, name: str, dims: int, components: int) -> Array | None:
        if name not in self.stored.arrays:
            return None
        if self.stored.arrays[name].ndim == 2:
            return self.array(name, "<f4", components, dims)
        return self._within(self.array(name, "<i4", components), name, 0, dims)

    def _codebook(self, prefix: str, facts: dict[str, Any], components: int) -> Codebook | None:
        if facts.get("radix") is None:
            return None
        radix = self.whole(facts, "radix", 2)
        if radix > 256:
            raise self.error(f"its metadata gives radix = {radix}, over the 256 values of a byte")
        if prefix + "step" in self.stored.arrays:
            lowest = self.array(prefix + "lowest", "<f4", components)
            return Codebook.from_even_levels(lowest, self.array(prefix + "step", "<f4", components), radix)
        centroids = self.array(prefix + "centroids", "<f4", None, radix, None)
        columns, _, width = centroids.shape
        axes = self.optional(prefix + "axes", "<i4", columns, width)
        if axes is not None:
            self._within(axes, prefix + "axes", NO_AXIS, components)
        elif columns * width != components:
            raise self.error(f"array '{prefix}centroids' covers {columns * width} axes of {components}")
        thresholds = self.optional(prefix + "thresholds", "<f4", columns, radix - 1)
        return Codebook(components, centroids, axes, thresholds)

    def _within(self, array: Array, name: str, lowest: int, end: int) -> Array:
        if array.size and not lowest <= array.min() <= array.max() < end:
            raise self.error(f"array {name!r} names an axis outside {lowest} to {end - 1}")
        return array

    def error(self, text: str) -> FormatError:
        """An error that begins with the file's name."""
        return FormatError(f"{self.stored.path}: {text}")
