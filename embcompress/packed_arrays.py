"""Arrays as coders store them: chosen when a file is written, expanded when it is opened.

What an array is packed to has ``dtype`` and ``shape`` (as in a safetensors header) and ``coders`` in the metadata, the
latter pairs in the order they were applied: a coder's name and how many bytes it was given. Undone from the last to the
first, they leave the array's columns end to end: of an array of bytes the bytes at one place of every row (the first
axis), of larger items the bytes at one place of every item.
"""

from __future__ import annotations

import math
import os
from collections import UserDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from embcompress import coders
from embcompress.arrays import Array, Bytes
from embcompress.errors import FormatError
from embcompress.header import DTYPES, check_shape
from embcompress.text import one_line

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
            raise FormatError(
                f"its metadata describes it by {facts!r:.200}, not by dtype, shape, and coders with sizes"
            )
        unknown = {name for name, _ in pairs} - set(coders.names())
        if unknown:
            raise FormatError(
                f"it was packed by {', '.join(sorted(unknown))}, which this release does not know; "
                "update with: pip install --upgrade embcompress"
            )
        check_shape("unpacked", dtype, shape)
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
        array: Array = np.empty(self.shape, dtype=DTYPES[self.dtype])
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


class Arrays(UserDict[str, Array]):
    """A file's arrays by name; a packed one is expanded when it is taken, so that its form can be checked first.

    Parameters
    ----------
    path : path-like
        The file.
    stored : mapping of str to array
        As they are stored.
    packed : dict
        What the metadata say of those that are packed.
    size : int
        The file's bytes.

    Raises
    ------
    FormatError
        If what is said of packed arrays makes no sense, or expanding them would take more memory than `EXPANSION` and
        `EXPANSION_FLOOR` allow; and, when one is taken, if its bytes do not expand to it.
    """

    def __init__(self, path: str | os.PathLike[str], stored: Mapping[str, Array], packed: Any, size: int) -> None:
        self._path = path
        self._packed: dict[str, PackedArray] = {}
        super().__init__(stored)
        if not isinstance(packed, dict) or not packed.keys() <= stored.keys():
            raise FormatError(f"{path}: its metadata do not say which arrays are packed")
        expanding = 0
        for name, facts in packed.items():
            with self._naming(name):
                each = PackedArray.described(stored[name], facts)
                expanding += each.expanding
                if expanding > _most_expanding(size):
                    raise FormatError(f"{expanding:,} bytes from a file of {size:,} are over {_most_expanding(size):,}")
                self._packed[name] = each

    def form(self, name: str) -> tuple[str, tuple[int, ...]]:
        """Dtype and shape of an array, without expanding it."""
        if name in self._packed:
            return DTYPES[self._packed[name].dtype], self._packed[name].shape
        return self.data[name].dtype.str, self.data[name].shape

    def __getitem__(self, name: str) -> Array:
        if name in self._packed:
            with self._naming(name):
                self[name] = self._packed[name].expand()
        return self.data[name]

    def __setitem__(self, name: str, array: Array) -> None:
        self._packed.pop(name, None)
        self.data[name] = array

    @contextmanager
    def _naming(self, name: str) -> Iterator[None]:
        """Say of an error which file and which array it is about."""
        try:
            yield
        except FormatError as error:
            raise FormatError(f"{self._path}: array {name!r:.60} cannot be expanded: {one_line(str(error))}") from None


def _most_expanding(size: int) -> int:
    """Bytes that expanding the arrays of a file of `size` bytes may make."""
    return max(EXPANSION * size, EXPANSION_FLOOR)
