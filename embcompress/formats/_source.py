"""A table's file as a stream of bytes, whatever it is wrapped in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from embcompress.errors import FormatError
from embcompress.formats._wrappers import members, reading, unwrapped, wrapper_of
from embcompress.text import one_line

HEAD_BYTES = 1 << 18
"""Bytes a format is told from: more than one line of any table that is not made to trick."""

MOST_MEMBERS = 100
"""Members of a zip archive that are looked at for a table."""

SHOWN = 5


@dataclass(frozen=True)
class Source:
    """A file to read a table from.

    Parameters
    ----------
    path : Path
    wrapper : str
        What the table is wrapped in (``gzip``, ``bzip2``, ``xz``, ``zstandard``, ``zip``, ``standard input``), or
        empty.
    head : bytes
        The first bytes inside the wrapper.
    member : str
        Which member of a zip archive it is.
    """

    path: Path
    wrapper: str
    head: bytes
    member: str = ""

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, IO[bytes]]]:
        """The bytes inside the wrapper, and the file itself, whose position tells how far reading has come."""
        with (
            reading(self.name),
            open(self.path, "rb") as raw,
            unwrapped(raw, self.wrapper, self.name, self.member) as stream,
        ):
            yield stream, raw

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.path}:{self.member}" if self.member else str(self.path)

    @property
    def size(self) -> int:
        """Bytes of the file; 0 if that is not known."""
        return self.path.stat().st_size

    @property
    def rereadable(self) -> bool:
        """Whether a byte read from `open` stands in the file at the same place, to be read again."""
        return not self.wrapper

    def error(self, text: str) -> FormatError:
        """An error that begins with the file's name."""
        return FormatError(f"{self.name}: {one_line(text)}")


def open_source(path: str | os.PathLike[str]) -> Source:
    """Find out what a file is wrapped in and read its head.

    Parameters
    ----------
    path : path-like
        ``-`` is standard input. Where no file has this name, ``ARCHIVE:MEMBER`` is a member of a zip archive; of an
        archive without a member, the first that is a table is taken.

    Raises
    ------
    FileAccessError
        If it cannot be read.
    FormatError
        If it is empty, or its wrapper is damaged or holds no file.
    """
    from embcompress.formats._standard_input import standard_input  # which is a source itself

    if os.fspath(path) == "-":
        return standard_input()
    file, member = _archive_and_member(Path(path))
    with reading(str(file)), open(file, "rb") as raw:
        wrapper = wrapper_of(raw)
        if wrapper == "zip":
            return _of_archive(file, raw, member)
        if member:
            raise FormatError(f"{file}: is no zip archive, of which a member {member!r} could be read")
        head = _head(raw, wrapper, str(file), "")
    if not head:
        raise FormatError(f"{file}: is empty{', inside ' + wrapper if wrapper else ''}")
    return Source(file, wrapper, head)


def read_up_to(stream: BinaryIO, count: int) -> bytes:
    """The next `count` bytes, fewer only at the end; a wrapped stream may give them in pieces."""
    parts = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def chosen_member(raw: BinaryIO, name: str, wanted: str = "") -> str:
    """The member of a zip archive that is `wanted`, by default the first that is a table, else the first.

    Raises
    ------
    FormatError
        If there is none of that name, or none at all.
    """
    from embcompress.formats import formats  # which imports this module

    names = members(raw)
    if not names:
        raise FormatError(f"{name}: is a zip archive that holds no file")
    if wanted:
        if wanted not in names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            raise FormatError(f"{name}: has no member {wanted!r}; it has {', '.join(names[:SHOWN])}{more}")
        return wanted
    for member in names[:MOST_MEMBERS] if len(names) > 1 else []:
        source = Source(Path(name), "zip", _head(raw, "zip", name, member), member)
        if source.head and any(each.matches(source) for each in formats()):
            return member
    return names[0]


def _of_archive(file: Path, raw: BinaryIO, wanted: str) -> Source:
    member = chosen_member(raw, str(file), wanted)
    source = Source(file, "zip", _head(raw, "zip", f"{file}:{member}", member), member)
    if not source.head:
        raise source.error("is empty, inside zip")
    return source


def _head(raw: BinaryIO, wrapper: str, name: str, member: str) -> bytes:
    with unwrapped(raw, wrapper, name, member) as stream:
        return read_up_to(stream, HEAD_BYTES)


def _archive_and_member(path: Path) -> tuple[Path, str]:
    """A path that is no file, cut at the first colon behind a file's name."""
    parts = str(path).split(":")
    if not path.exists():
        for count in range(1, len(parts)):
            archive = Path(":".join(parts[:count]))
            if archive.is_file():
                return archive, ":".join(parts[count:])
    return path, ""
