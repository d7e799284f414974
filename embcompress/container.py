"""Named arrays and one JSON object in a safetensors file, memory-mapped when read.

A safetensors file is a header (`embcompress.header`), then the arrays end to end. The header is padded with spaces so
that the arrays start 64-byte aligned, and arrays of larger items come first so that each is aligned to its items. All
of our own facts are one JSON text under ``__metadata__["embcompress"]``, with the SHA-256 of every array in its
``digests``. ``__metadata__["embcompress.digest"]`` is the SHA-256 of what the header means: of that text and, behind a
newline, of the JSON text (keys sorted, no spaces) of an object that gives every array's dtype and shape as a list.
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
from embcompress.errors import FormatError, UsageError
from embcompress.header import DTYPES, LENGTH_BYTES, LONGEST, Header, parse_header, parse_object
from embcompress.packed_arrays import Arrays, dtype_name, smallest
from embcompress.text import one_line

METADATA_KEY = "embcompress"
DIGEST_KEY = "embcompress.digest"
ALIGNMENT = 64
SHORTEST = 10
"""Bytes of a file that can hold a header."""

UNSIGNED_VERSIONS = "1.0", "1.1"
"""Of the format: their headers have no digest."""


@dataclass(frozen=True)
class Container:
    """What a file holds: metadata, and arrays that are views of the mapped file, or expanded when they are taken.

    Parameters
    ----------
    path : Path
    metadata : dict
    arrays : Arrays
    header : Header
        What the file says of its arrays as they are stored.
    """

    path: Path
    metadata: dict[str, Any]
    arrays: Arrays
    header: Header

    @property
    def stored_bytes(self) -> dict[str, int]:
        """What each array takes in the file."""
        return {name: place.end - place.start for name, place in self.header.places.items()}

    @property
    def digest(self) -> str | None:
        """SHA-256 of what the header means, the digests of the arrays included; files before version 1.2 have none."""
        return self.header.texts.get(DIGEST_KEY)

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
        If the metadata name a coder that there is not, or are larger than readers allow.
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
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    forms = {name: [dtype_name(contents[name]), list(contents[name].shape)] for name in ordered}
    header: dict[str, Any] = {"__metadata__": {METADATA_KEY: text, DIGEST_KEY: _header_digest(text, forms)}}
    offset = 0
    for name, (dtype, shape) in forms.items():
        end = offset + contents[name].nbytes
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-(len(encoded) + LENGTH_BYTES) % ALIGNMENT)
    if len(encoded) > LONGEST:
        raise UsageError(f"the metadata make a header of {len(encoded):,} bytes, readers allow {LONGEST:,}")
    with replacing(path) as file:
        file.write(len(encoded).to_bytes(LENGTH_BYTES, "little") + encoded)
        for name in ordered:
            file.write(contents[name].data)
    return LENGTH_BYTES + len(encoded) + offset


def read(path: str | os.PathLike[str]) -> Container:
    """Map a file; nothing but its header is read.

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    FormatError
        If it is not a safetensors file of ours, or its header is damaged.
    """
    mapped = _mapped(Path(path))
    try:
        header = parse_header(mapped, len(mapped))
    except FormatError as error:
        raise FormatError(
            f"{path}: not an .embc file ({one_line(str(error))}); make one with: embcompress shrink {path}"
        ) from None
    metadata = _metadata(path, header)
    content = np.frombuffer(mapped, dtype=np.uint8)
    # A writer other than ours may have left an array unaligned: numpy reads it all the same.
    arrays = {
        name: content[place.start : place.end].view(DTYPES[place.dtype]).reshape(place.shape)
        for name, place in header.places.items()
    }
    return Container(Path(path), metadata, Arrays(path, arrays, metadata.get("packed", {}), len(mapped)), header)


def digest(array: Array) -> str:
    """SHA-256 of a contiguous array's bytes, in hexadecimal."""
    return hashlib.sha256(array.data).hexdigest()


def check_digests(stored: Container) -> None:
    """Raise FormatError where an array or the header is not what was written, naming it and its bytes in the file.

    Files from before version 1.2 have no digest of the header.
    """
    digests = stored.metadata.get("digests")
    for name, place in stored.header.places.items():
        if not isinstance(digests, dict) or digests.get(name) != digest(stored.arrays[name]):
            raise FormatError(
                f"{stored.path}: array {name!r} is damaged: its SHA-256 is not the one written with it "
                f"(bytes {place.start:,} to {place.end:,} of the file)"
            )
    forms = {name: [place.dtype, list(place.shape)] for name, place in stored.header.places.items()}
    if stored.digest is None and stored.metadata.get("version") in UNSIGNED_VERSIONS:
        return
    if stored.digest != _header_digest(stored.header.texts[METADATA_KEY], forms):
        raise FormatError(
            f"{stored.path}: its header is damaged: its SHA-256 is not the one written with it "
            f"(bytes {LENGTH_BYTES} to {min(place.start for place in stored.header.places.values()):,} of the file)"
        )


def _header_digest(text: str, forms: Mapping[str, list[Any]]) -> str:
    """SHA-256 of what a header means: the metadata's text, and each array's dtype and shape."""
    described = json.dumps(forms, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{text}\n{described}".encode("utf-8", "surrogatepass")).hexdigest()


def _mapped(path: Path) -> mmap.mmap:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size >= SHORTEST:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise access_error("read", path, error) from None
    raise FormatError(f"{path}: too short to be an .embc file; make one with: embcompress shrink SOURCE")


def _metadata(path: str | os.PathLike[str], header: Header) -> dict[str, Any]:
    text = header.texts.get(METADATA_KEY)
    if text is None:
        raise FormatError(f"{path}: a safetensors file, but not one of embcompress")
    try:
        metadata = parse_object(text, "its metadata")
    except FormatError as error:
        raise FormatError(f"{path}: {one_line(str(error))}") from None
    coders = metadata.get("coders", [])
    named = isinstance(coders, list) and all(isinstance(name, str) for name in coders)
    if not named or len(set(coders)) < len(coders):
        raise FormatError(f"{path}: its metadata gives coders = {coders!r:.60} where a list of names belongs")
    return metadata
