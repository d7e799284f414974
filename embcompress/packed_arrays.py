"""Arrays as coders store them: chosen when a file is written, expanded when it is opened.

What an array is packed to has ``dtype`` and ``shape`` (as in a safetensors header) and ``coders`` in the metadata, the
latter pairs in the order they were applied: a coder's name and how many bytes it was given. Undone from the last to the
first, they leave the array's columns end to end: of an array of bytes the bytes at one place of every row (the first
axis), of larger items the bytes at one place of every item.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from embcompress import coders
from embcompress.arrays import Array, Bytes
from embcompress.errors import FormatError

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
"""The dtypes of arrays in a file, by the names that safetensors gives them."""

LEAST_GAIN = 0.01
"""The share of an array's bytes that coders have to save: one that is not packed stays memory-mapped."""

FACTS_BYTES = 128
"""What must be saved besides: the metadata grow by about as much for every packed array."""

EXPANSION, EXPANSION_FLOOR = 64, 16 << 20
"""Expanding a file's arrays makes at most so many bytes for each of its own, or so many in all; and, for a moment, the
largest array once more, when its columns become rows."""


@dataclass(frozen=True)
class PackedArray:
    """What coders made of an array.

    Parameters
    ----------
    stored : (k,) uint8
    dtype : str
        One of `DTYPES`.
    shape : tuple of int
    steps : tuple of (str, int)
        The coders in the order they were applied, each with the number of bytes that it was given.
    """

    stored: Bytes
    dtype: str
    shape: tuple[int, ...]
    steps: tuple[tuple[str, int], ...]

    @property
    def expanding(self) -> int:
        """Bytes that are made while it is expanded."""
        return sum(size for _, size in self.steps)

    @classmethod
    def smallest(cls, array: Array, names: Sequence[str]) -> PackedArray | None:
        """A contiguous array stored by those of the coders that make it smallest, in their order; None if none pays."""
        most = min((1 - LEAST_GAIN) * array.nbytes, array.nbytes - FACTS_BYTES)
        best = None
        for count in range(1, len(names) + 1):
            for chosen in combinations(names, count):
                runs, steps = list(_columns(array)), []
                for name in chosen:
                    steps.append((name, sum(map(len, runs))))
                    runs = coders.find(name).pack(runs)
                size = sum(map(len, runs))
                if size <= most:
                    best = cls(np.concatenate(runs), dtype_name(array), array.shape, tuple(steps))
                    most = size - 1
        return best

    @classmethod
    def described(cls, stored: Bytes, facts: Any) -> PackedArray:
        """What a file stores and says of it; FormatError where that cannot be."""
        if stored.dtype != np.uint8 or stored.ndim != 1:
            raise FormatError(f"it is {stored.dtype} {stored.shape}, not bytes of one dimension")
        match facts:
            case {"dtype": str(dtype), "shape": list(shape), "coders": [_, *_] as steps}:
                pairs = [each for each in steps if isinstance(each, list) and list(map(type, each)) == [str, int]]
                whole = all(type(size) is int and size >= 0 for size in [*shape, *(size for _, size in pairs)])
                known = dtype in DTYPES and len(pairs) == len(steps) and whole
            case _:
                known = False
        if not known:
            raise FormatError(f"its metadata describes it by {facts!r}, not by dtype, shape, and coders with sizes")
        unknown = {name for name, _ in pairs} - set(coders.names())
        if unknown:
            raise FormatError(
                f"it was packed by {', '.join(sorted(unknown))}, which this release does not know; "
                "update with: pip install --upgrade embcompress"
            )
        if math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize != pairs[0][1]:
            raise FormatError(f"{dtype} {tuple(shape)} does not take the {pairs[0][1]} bytes that its metadata give")
        return cls(stored, dtype, tuple(shape), tuple((name, size) for name, size in pairs))

    def facts(self) -> dict[str, Any]:
        """What the metadata say of it."""
        return {"dtype": self.dtype, "shape": list(self.shape), "coders": [list(step) for step in self.steps]}

    def expand(self) -> Array:
        """The array, read-only; FormatError if what is stored does not expand to it."""
        flat = self.stored
        for name, size in reversed(self.steps):
            flat = coders.find(name).unpack(flat, size)
        try:
            array: Array = np.empty(self.shape, dtype=DTYPES[self.dtype])
        except ValueError:  # more axes, or larger empty ones, than numpy has
            raise FormatError(f"no array can have shape {self.shape}") from None
        columns = _columns(array)
        columns[...] = flat.reshape(columns.shape)
        array.flags.writeable = False
        return array


def _columns(array: Array) -> Bytes:
    """The runs of a contiguous array, a view: the bytes at one place of every row.

    Of items larger than a byte it is the bytes at one place of every item, so that exponents come together.
    """
    rows = array.size if array.itemsize > 1 else len(array) if array.ndim else 1
    return array.reshape(-1).view(np.uint8).reshape(rows, -1 if rows else 0).T


def dtype_name(array: Array) -> str:
    """The name of an array's dtype among `DTYPES`."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    return names[array.dtype.newbyteorder("<").str]


def smallest(arrays: Mapping[str, Array], names: Sequence[str]) -> dict[str, PackedArray]:
    """The arrays of a file that coders of these names make smaller, as far as readers are allowed to expand them."""
    found = {name: PackedArray.smallest(array, names) for name, array in arrays.items()}
    packed = {name: each for name, each in found.items() if each is not None}
    for name in sorted(packed, key=lambda name: packed[name].expanding, reverse=True):
        size = sum(packed[each].stored.nbytes if each in packed else arrays[each].nbytes for each in arrays)
        if sum(each.expanding for each in packed.values()) <= _most_expanding(size):
            break
        del packed[name]
    return packed


def expanded(arrays: Mapping[str, Array], packed: Any, size: int) -> dict[str, Array]:
    """The arrays that are packed, expanded, by name.

    Parameters
    ----------
    arrays : mapping of str to array
        As they are stored.
    packed : dict
        What the metadata say of those that are packed.
    size : int
        The file's bytes.

    Raises
    ------
    FormatError
        If an array's bytes and what is said of it do not fit together, or it would take more memory than `EXPANSION`
        and `EXPANSION_FLOOR` allow; sizes are checked before anything is expanded.
    """
    if not isinstance(packed, dict) or not packed.keys() <= arrays.keys():
        raise FormatError("its metadata do not say which arrays are packed")
    described: dict[str, PackedArray] = {}
    results: dict[str, Array] = {}
    name = ""
    try:
        for name, facts in packed.items():
            described[name] = PackedArray.described(arrays[name], facts)
            expanding = sum(each.expanding for each in described.values())
            if expanding > _most_expanding(size):
                raise FormatError(f"{expanding:,} bytes from a file of {size:,} are over {_most_expanding(size):,}")
        for name, each in described.items():
            results[name] = each.expand()
    except FormatError as error:
        raise FormatError(f"array {name!r} cannot be expanded: {error}") from None
    return results


def _most_expanding(size: int) -> int:
    """Bytes that expanding the arrays of a file of `size` bytes may make."""
    return max(EXPANSION * size, EXPANSION_FLOOR)
