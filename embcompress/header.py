"""The header of a safetensors file, none of whose numbers is used before it is checked.

The file begins with 8 bytes, the header's length (little-endian). The header is a JSON object: texts under
``__metadata__``, and for each array its dtype, its shape and the bytes after the header where it begins and ends. The
arrays lie end to end and fill the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from embcompress.errors import FormatError

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
"""The dtypes of arrays in a file, by the names that safetensors gives them."""

LENGTH_BYTES = 8

LONGEST = 4 << 20
"""Bytes of a header: hundreds of times what ours take; as Python's values they take up to 30 times as many."""

DEEPEST = 32
"""Levels of brackets in JSON; ours have six. What is deeper could not be written again."""

MOST_AXES = 8
LARGEST = (1 << 63) - 1
"""What sizes of arrays are counted in: 64 bits with a sign."""


class Place(NamedTuple):
    """What the header says of an array: bytes `start` to `end` of the file are its numbers."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Header(NamedTuple):
    """The texts that a file says of itself, and its arrays in the order they lie in it."""

    texts: dict[str, str]
    places: dict[str, Place]


def parse_header(content: Any, size: int) -> Header:
    """Read the header of a file.

    Parameters
    ----------
    content : bytes-like
        The file, which slices of bytes can be taken of.
    size : int
        Its bytes.

    Raises
    ------
    FormatError
        If the header is damaged, or its arrays do not fill the file; the text is without the file's name.
    """
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    end = LENGTH_BYTES + length
    if length > LONGEST:
        raise FormatError(f"its first {LENGTH_BYTES} bytes give its header {length:,} bytes, allowed are {LONGEST:,}")
    if not 2 <= length <= size - LENGTH_BYTES:
        raise FormatError(f"its header of {length:,} bytes does not fit into its {size:,} bytes")
    try:
        text = bytes(content[LENGTH_BYTES:end]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"byte {LENGTH_BYTES + error.start}: its header is not UTF-8") from None
    entries = parse_object(text, "its header")
    texts = entries.pop("__metadata__", {})
    if not isinstance(texts, dict) or not all(isinstance(each, str) for each in texts.values()):
        raise FormatError("its __metadata__ is not an object of texts")
    places = {name: _place(name, entry, end) for name, entry in entries.items()}
    ordered = dict(sorted(places.items(), key=lambda item: (item[1].start, item[1].end)))
    for name, place in ordered.items():
        if place.start != end:
            raise FormatError(f"array {name!r:.60} begins at byte {place.start:,}, where byte {end:,} belongs")
        end = place.end
    if end != size:
        raise FormatError(f"its arrays end at byte {end:,}, the file at byte {size:,}")
    return Header(texts, ordered)


def parse_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object whose keys are distinct, and whose depth and whole numbers are bounded; FormatError otherwise."""
    try:
        parsed = json.loads(text, object_pairs_hook=distinct_keys, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{what} is not JSON ({error})") from None
    if not isinstance(parsed, dict):
        raise FormatError(f"{what} is not a JSON object")
    level: list[Any] = [parsed]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
    if level:
        raise FormatError(f"{what} is JSON of more than {DEEPEST} levels")
    return parsed


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's keys and values; ValueError if a key occurs twice, of which `json` would keep the last."""
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key occurs twice")
    return keys


def _whole(digits: str) -> int:
    number = int(digits)
    if abs(number) > LARGEST:
        raise ValueError(f"{digits:.20}... is a whole number of more than 64 bits")
    return number


def _inside(value: Any) -> Iterator[Any]:
    """The objects and lists that an object or list holds."""
    values = value.values() if isinstance(value, dict) else value
    return (each for each in values if isinstance(each, dict | list))


def _place(name: str, entry: Any, start: int) -> Place:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(first), int(last)]}:
            whole = all(type(number) is int and number >= 0 for number in [*shape, first, last])
        case _:
            whole = False
    if not whole:
        raise FormatError(f"its header describes array {name!r:.60} by {entry!r:.100}")
    if dtype not in DTYPES:
        raise FormatError(f"array {name!r:.60} has dtype {dtype!r:.20}, which this version does not know")
    check_shape(f"array {name!r:.60}", dtype, shape)
    taken = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
    if last - first != taken:
        raise FormatError(
            f"array {name!r:.60} is {dtype} {tuple(shape)}: {taken:,} bytes, its place has {last - first:,}"
        )
    return Place(dtype, tuple(shape), start + first, start + last)


def check_shape(what: str, dtype: str, shape: list[int]) -> None:
    """Raise FormatError if no array can have a shape: its axes are too many, or multiply past 63 bits."""
    itemsize = np.dtype(DTYPES[dtype]).itemsize
    if len(shape) > MOST_AXES or math.prod(max(each, 1) for each in shape) * itemsize > LARGEST:
        raise FormatError(f"{what}: no array can have shape {tuple(shape)!s:.60}")
