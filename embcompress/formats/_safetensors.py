"""The header of a safetensors file, and its tensors as views of the mapped file.

8 bytes of header length, little-endian, a JSON object that gives each tensor's dtype, shape and place, the tensors.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from embcompress.arrays import Bytes
from embcompress.formats._json import parse_json
from embcompress.formats._source import Source

LONGEST_HEADER = 100_000_000
"""What safetensors' own reader allows."""

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",  # the upper half of a float32: see `widened`
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "U16": "<u2",
}
FLOATS = ("F64", "F32", "F16", "BF16")

TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
METADATA = re.compile(rb'"__metadata__"\s*:\s*\{')
OURS = re.compile(rb'\s*"embcompress"\s*:')
OTHERS = re.compile(rb"\s*%s\s*:\s*%s\s*," % (TEXT, TEXT), re.DOTALL)
"""A text under another key, and the comma behind it."""


class Tensor(NamedTuple):
    """Where a tensor lies in the file: bytes `start` to `end`."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def is_safetensors(source: Source) -> bool:
    """Whether the head begins as a safetensors file does."""
    return 2 <= _header_size(source.head) <= LONGEST_HEADER and source.head[8:9] == b"{"


def is_embc(source: Source) -> bool:
    """Whether it does, with a key of this package's among its metadata."""
    return is_safetensors(source) and any(
        _is_ours(source.head, begin.end()) for begin in METADATA.finditer(source.head)
    )


def _is_ours(head: bytes, place: int) -> bool:
    """Whether texts that begin at a place have one under this package's key."""
    while not OURS.match(head, place):
        other = OTHERS.match(head, place)  # in a loop: Python before 3.11.5 gets possessive quantifiers wrong
        if other is None:
            return False
        place = other.end()
    return True


def tensors(source: Source, content: Bytes) -> dict[str, Tensor]:
    """Every tensor by name; FormatError if the header is damaged or a tensor would lie outside the file.

    Parameters
    ----------
    source : Source
    content : (size,) uint8
    """
    first = 8 + _header_size(content[:8].tobytes())
    if first > content.size:
        raise source.error(
            f"its header should end at byte {first}, the file ends at byte {content.size}: fetch it again"
        )
    header = parse_json(source.name, content[8:first].tobytes(), "its header")
    if not isinstance(header, dict):
        raise source.error("its header is not a JSON object")
    return {
        name: _tensor(source, name, entry, first, content.size)
        for name, entry in header.items()
        if name != "__metadata__"
    }


def view(source: Source, content: Bytes, name: str, tensor: Tensor) -> np.ndarray[Any, Any]:
    """A tensor of a dtype in `DTYPES` as a view of `content`; bfloat16 as the uint16 it is stored in."""
    dtype = np.dtype(DTYPES[tensor.dtype])
    if math.prod(tensor.shape) * dtype.itemsize != tensor.end - tensor.start:
        raise source.error(f"tensor {name!r} is {tensor.shape} {tensor.dtype} in {tensor.end - tensor.start} bytes")
    return np.ndarray(tensor.shape, dtype, buffer=content.data, offset=tensor.start)


def widened(rows: np.ndarray[Any, Any], dtype: str) -> np.ndarray[Any, Any]:
    """Rows of a tensor of floats as float32, or as float16 if that is what they are."""
    if dtype == "BF16":
        return (rows.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):
        return rows.astype(np.float16 if dtype == "F16" else np.float32, copy=False)


def _header_size(head: bytes) -> int:
    return int.from_bytes(head[:8], "little")


def _tensor(source: Source, name: str, entry: Any, first: int, size: int) -> Tensor:
    facts = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = facts.get("dtype"), _wholes(facts.get("shape")), _wholes(facts.get("data_offsets"))
    if not isinstance(dtype, str) or shape is None or offsets is None or len(offsets) != 2:
        raise source.error(f"its header describes tensor {name!r:.60} without a dtype, a shape and two data_offsets")
    start, end = first + offsets[0], first + offsets[1]
    if not start <= end <= size:
        raise source.error(
            f"tensor {name!r:.60} should lie in bytes {start} to {end}, the file ends at byte {size}: fetch it again"
        )
    return Tensor(dtype, shape, start, end)


def _wholes(values: Any) -> tuple[int, ...] | None:
    """A list of whole numbers from 0 on; None if it is something else."""
    fits = isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
    return tuple(values) if fits else None
