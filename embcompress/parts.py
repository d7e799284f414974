"""Arrays and facts of an ``.embc`` file, checked as they are taken out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from embcompress.arrays import Array, Bytes, Integers
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.text import one_line

LARGEST = 1e6
"""Numbers that rows are decoded by are no further from zero: rows are near length one, and no product of a few such
numbers leaves float32."""


class Parts:
    """Takes arrays and facts out of a container, checking each; of a packed array its form before it is expanded.

    Every method raises FormatError, naming the array or the fact, where something is missing or does not fit.

    Parameters
    ----------
    stored : Container
    """

    def __init__(self, stored: Container) -> None:
        self.stored = stored
        self._taken: set[str] = set()

    def whole(self, facts: dict[str, Any], key: str, lowest: int, highest: int | None = None) -> int:
        """A whole number among the metadata, from `lowest` to `highest`."""
        value = facts.get(key)
        if type(value) is not int or value < lowest or (highest is not None and value > highest):
            allowed = f"from {lowest} {'on' if highest is None else f'to {highest:,}'}"
            raise self.error(f"its metadata gives {key} = {value!r:.60} where a whole number {allowed} belongs")
        return value

    def numbers(self, facts: dict[str, Any], key: str, count: int) -> list[float]:
        """A list of `count` finite numbers among the metadata."""
        values = facts.get(key)
        listed = values if isinstance(values, list) else []
        numeric = all(isinstance(value, int | float) and math.isfinite(value) for value in listed)
        if len(listed) != count or not numeric:
            raise self.error(f"its metadata gives {key} = {values!r:.60} where {count} numbers belong")
        return [float(value) for value in listed]

    def has(self, name: str) -> bool:
        """Whether there is an array of this name."""
        return name in self.stored.arrays

    def shape(self, name: str, dtype: str, *shape: int | None) -> tuple[int, ...]:
        """The shape of an array that must be there; None in `shape` admits any size."""
        if not self.has(name):
            raise self.error(f"array {name!r} is missing")
        found, have = self.stored.arrays.form(name)
        fits = len(have) == len(shape) and all(want in (None, size) for want, size in zip(shape, have, strict=True))
        if found != dtype or not fits:
            wanted = tuple("any" if size is None else size for size in shape)
            raise self.error(f"array {name!r} is {np.dtype(found)} {have}, expected {np.dtype(dtype)} {wanted}")
        return have

    def array(self, name: str, dtype: str, *shape: int | None) -> Array:
        """An array that must be there; None in `shape` admits any size."""
        self.shape(name, dtype, *shape)
        self._taken.add(name)
        return self.stored.arrays[name]

    def bytes(self, name: str, *shape: int | None) -> Bytes:
        """An array of bytes."""
        return self.array(name, "|u1", *shape)

    def finite(self, name: str, *shape: int | None) -> Array:
        """An array of float32, all of them numbers."""
        array = self.array(name, "<f4", *shape)
        if not np.isfinite(array).all():
            raise self.error(f"array {name!r} holds a number that is not finite")
        return array

    def moderate(self, name: str, *shape: int | None) -> Array:
        """An array of float32 that rows are decoded by, none of them beyond `LARGEST`."""
        array = self.finite(name, *shape)
        if array.size and max(-array.min(), array.max()) > LARGEST:
            raise self.error(f"array {name!r} holds a number beyond {LARGEST:,.0f}, which no direction is decoded by")
        return array

    def optional(self, take: Callable[..., Array], name: str, *arguments: Any) -> Any:
        """What `take` takes under this name; None where there is no such array."""
        return take(name, *arguments) if self.has(name) else None

    def axes(self, name: str, array: Integers, lowest: int, end: int) -> Integers:
        """An array of axes, from `lowest` to below `end`, those from 0 on distinct."""
        if array.size and not lowest <= array.min() <= array.max() < end:
            raise self.error(f"array {name!r} names an axis outside {lowest} to {end - 1}")
        if np.bincount(array[array >= 0]).max(initial=0) > 1:
            raise self.error(f"array {name!r} names an axis twice")
        return array

    def check_all_taken(self) -> None:
        """Refuse arrays that nothing was made of."""
        spare = sorted(self.stored.arrays.keys() - self._taken)
        if spare:
            raise self.error(f"array {spare[0]!r:.60} belongs to nothing that its metadata describe")

    def error(self, text: str) -> FormatError:
        """An error that begins with the file's name."""
        return FormatError(f"{self.stored.path}: {one_line(text)}")
