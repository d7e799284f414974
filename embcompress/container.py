"""Named arrays and one JSON object in a safetensors file, memory-mapped when read.

A safetensors file is 8 bytes of header length (little-endian), a JSON header, then the arrays end to end. The header
names each array's dtype, shape and offsets; ours is padded with spaces so that the arrays start 64-byte aligned, and
arrays of larger items come first so that each is aligned to its items. All of our own facts are one JSON text under
``__metadata__["embcompress"]``, with the SHA-256 of every array in its ``digests``.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embcompress.arrays import Array
from embcompress.disk import access_error, replacing
from embcompress.errors import FormatError
from embcompress.packed_arrays import DTYPES, dtype_name, expanded, smallest

METADATA_KEY = "embcompress"
ALIGNMENT = 64


@dataclass(frozen=True)
class Container:
    """What a file holds: arrays (views of the mapped file, or expanded) and metadata; what each array takes in it."""

    path: Path
    metadata: dict[str, Any]
    arrays: dict[str, Array]
    stored_bytes: dict[str, int]

    def coders_of(self, name: str) -> list[str]:
        """The coders that an array is packed by, in the order they were applied."""
        return [coder for coder, _ in self.metadata.get("packed", {}).get(name, {"coders": []})["coders"]]


def write(path: str | os.PathLike[str], metadata: Mapping[str, Any], arrays: Mapping[str, Array]) -> int:
    """Write arrays and metadata; the old file stays whole until the new one is.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    FileAccessError
        If the file cannot be written.
    UsageError
        If the metadata name a coder that there is not.
    """
    contents = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    packed = smallest(contents, metadata.get("coders", []))
    facts = {
        **{key: value for key, value in metadata.items() if key != "packed"},
        **({"packed": {name: each.facts() for name, each in packed.items()}} if packed else {}),
        "digests": {name: digest(content) for name, content in contents.items()},
    }
    contents |= {name: each.stored for name, each in packed.items()}
    ordered = sorted(contents, key=lambda name: (-contents[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": {METADATA_KEY: json.dumps(facts, sort_keys=True, ensure_ascii=True)}}
    offset = 0
    for name in ordered:
        content = contents[name]
        end = offset + content.nbytes
        header[name] = {
            "dtype": dtype_name(content),
            "shape": list(content.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-(len(encoded) + 8) % ALIGNMENT)
    with replacing(path) as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for name in ordered:
            file.write(contents[name].data)
    return 8 + len(encoded) + offset


def read(path: str | os.PathLike[str]) -> Container:
    """Map a file; nothing but its header and its packed arrays is read.

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    FormatError
        If it is not a safetensors file of ours, or its header or a packed array is damaged.
    """
    header, mapped = _open(Path(path))
    start = 8 + int.from_bytes(mapped[:8], "little")
    metadata = _metadata(path, header)
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in DTYPES:
            raise FormatError(f"{path}: array {name!r} has dtype {entry['dtype']}, which this version does not know")
        first, last = entry["data_offsets"]
        part = np.frombuffer(mapped, dtype=np.uint8, count=last - first, offset=start + first)
        dtype = np.dtype(DTYPES[entry["dtype"]])
        shape = tuple(entry["shape"])
        try:
            # A writer other than ours may have left an array unaligned: numpy reads it all the same.
            arrays[name] = np.ndarray(shape, dtype, buffer=part) if part.size else part.view(dtype).reshape(shape)
        except ValueError:  # more axes, or larger empty ones, than numpy has
            raise FormatError(f"{path}: array {name!r} has shape {shape}, which no array can have") from None
    stored_bytes = {name: array.nbytes for name, array in arrays.items()}
    try:
        arrays |= expanded(arrays, metadata.get("packed", {}), len(mapped))
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    return Container(Path(path), metadata, arrays, stored_bytes)


def digest(array: Array) -> str:
    """SHA-256 of a contiguous array's bytes, in hexadecimal."""
    return hashlib.sha256(array.data).hexdigest()


def check_digests(stored: Container) -> None:
    """Raise FormatError, naming the array, where one is not what was written."""
    digests = stored.metadata.get("digests")
    for name, array in stored.arrays.items():
        if not isinstance(digests, dict) or digests.get(name) != digest(array):
            raise FormatError(f"{stored.path}: array {name!r} is damaged: its SHA-256 is not the one written with it")


def _open(path: Path) -> tuple[dict[str, Any], mmap.mmap]:
    from safetensors import SafetensorError, safe_open

    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < 10:
                raise FormatError(f"{path}: too short to be an .embc file; make one with: embcompress shrink SOURCE")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # safetensors' own reader checks sizes, offsets, overlaps and shapes that overflow.
        with safe_open(path, framework="numpy"):
            pass
        text = mapped[8 : 8 + int.from_bytes(mapped[:8], "little")].decode("utf-8")
        return json.loads(text, object_pairs_hook=distinct_keys), mapped
    except OSError as error:
        raise access_error("read", path, error) from None
    except (SafetensorError, ValueError, RecursionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: not an .embc file ({error}); make one with: embcompress shrink {path}") from None


def _metadata(path: str | os.PathLike[str], header: dict[str, Any]) -> dict[str, Any]:
    text = header.get("__metadata__", {}).get(METADATA_KEY)
    if text is None:
        raise FormatError(f"{path}: a safetensors file, but not one of embcompress")
    try:
        metadata = json.loads(text, object_pairs_hook=distinct_keys)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: its metadata is not JSON ({error})") from None
    if not isinstance(metadata, dict):
        raise FormatError(f"{path}: its metadata is not a JSON object")
    coders = metadata.get("coders", [])
    if (
        not isinstance(coders, list)
        or not all(isinstance(name, str) for name in coders)
        or len(set(coders)) < len(coders)
    ):
        raise FormatError(f"{path}: its metadata gives coders = {coders!r} where a list of names belongs")
    return metadata


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's keys and values; ValueError if a key occurs twice, of which `json` would keep the last."""
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key occurs twice")
    return keys
