"""What tables come wrapped in: told by the first bytes, and taken off while reading."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from embcompress.disk import access_error
from embcompress.errors import FormatError
from embcompress.text import one_line

SNIFFED_BYTES = 10
"""As many as the longest of `MAGIC`."""

MAGIC = {
    "gzip": rb"\x1f\x8b",
    "bzip2": rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",  # a block, or the end
    "xz": rb"\xfd7zXZ\x00",
    "zstandard": rb"\x28\xb5\x2f\xfd",
    "zip": rb"PK(\x03\x04|\x05\x06)",  # a member, or the end
}
"""Patterns of the first bytes. "PK" or "BZh" alone may be the first word of a text."""

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)
FREE_BYTES = 64 << 20
MOST_EXPANSION = 1000
"""A file that grows by more than this, once over `FREE_BYTES`, was made to fill a disk."""

PIECE = 1 << 20
ENCRYPTED = 1


class Limited(io.BufferedIOBase):
    """Bytes that come out of a file's wrapper, unless they are absurdly many.

    Parameters
    ----------
    stream : binary stream
        What comes out.
    raw : binary stream
        What goes in; where it stands tells how much went.
    name : str
        The file, for errors.
    """

    def __init__(self, stream: IO[bytes], raw: IO[bytes], name: str) -> None:
        self._stream = stream
        self._raw = raw
        self._name = name
        self._given = 0

    def readable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Bytes read so far."""
        return self._given

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes, none at the end; all of them if it is negative.

        Raises
        ------
        FormatError
            If far more comes out than can have gone in.
        """
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        content = self._stream.read(size)
        self._given += len(content)
        if self._given > FREE_BYTES and self._given > MOST_EXPANSION * self._raw.tell():
            raise FormatError(
                f"{self._name}: its compression expands to over {MOST_EXPANSION} times its size, as files do that are "
                "made to fill a disk; if you trust it, decompress it yourself and give the file that comes out"
            )
        return content


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever goes wrong while reading the file `name` into an error of ours."""
    from zstandard import ZstdError

    try:
        yield
    # A damaged gzip or bzip2 file is an OSError to Python, yet one of content, without a number.
    except (*DAMAGED, ZstdError) as error:
        raise FormatError(f"{name}: its compression is damaged or cut short ({one_line(str(error))})") from None
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # the latter where a place outside the file was to be read
            raise FormatError(f"{name}: its compression is damaged ({one_line(str(error))})") from None
        raise access_error("read", name, error) from None


def wrapper_of(raw: BinaryIO) -> str:
    """The name of the wrapper, empty if there is none; reading starts over."""
    start = raw.read(SNIFFED_BYTES)
    raw.seek(0)
    name = wrapper_of_start(start)
    # An .npz file is a zip file too, but its members are the table's arrays, not a table each.
    return "" if name == "zip" and any(member.endswith(".npy") for member in members(raw)) else name


def wrapper_of_start(start: bytes) -> str:
    """The name of the wrapper that a file's first bytes tell; ``zip`` may turn out to be an .npz file."""
    return next((name for name, magic in MAGIC.items() if re.match(magic, start)), "")


def members(raw: BinaryIO) -> list[str]:
    """Names of the files in a zip archive; reading starts over."""
    with _damage(), zipfile.ZipFile(raw) as archive:
        names = [each.filename for each in archive.infolist() if not each.is_dir()]
    raw.seek(0)
    return names


@contextmanager
def unwrapped(raw: IO[bytes], wrapper: str, name: str, member: str = "") -> Iterator[BinaryIO]:
    """The bytes inside a wrapper; of a zip archive those of one member."""
    if wrapper == "gzip":
        with gzip.GzipFile(fileobj=raw) as stream:
            yield _limited(stream, raw, name)
    elif wrapper == "bzip2":
        with bz2.BZ2File(raw) as stream:
            yield _limited(stream, raw, name)
    elif wrapper == "xz":
        with lzma.LZMAFile(raw) as stream:
            yield _limited(stream, raw, name)
    elif wrapper == "zstandard":
        from zstandard import ZstdDecompressor

        with ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False) as stream:
            yield _limited(stream, raw, name)
    elif wrapper == "zip":
        with _damage():
            archive = zipfile.ZipFile(raw)
        with archive, _member(archive, name, member) as stream:
            yield _limited(stream, raw, name)
    else:
        yield cast(BinaryIO, raw)


def _limited(stream: object, raw: IO[bytes], name: str) -> BinaryIO:
    return cast(BinaryIO, Limited(cast("IO[bytes]", stream), raw, name))


def _member(archive: zipfile.ZipFile, name: str, member: str) -> IO[bytes]:
    if archive.getinfo(member).flag_bits & ENCRYPTED:
        raise FormatError(f"{name}: is protected by a password: unpack it yourself and give the file that comes out")
    with _damage():
        return archive.open(member)


@contextmanager
def _damage() -> Iterator[None]:
    """What Python's zip reader raises on damaged or unusual archives, as one exception."""
    try:
        yield
    except (
        ValueError,
        RuntimeError,
        LookupError,
        struct.error,
        OSError,
    ) as error:  # OSError: an offset before the file
        raise zipfile.BadZipFile(str(error)) from None
