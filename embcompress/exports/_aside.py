"""Writing several files, or a folder, so that a run that fails leaves what was there untouched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embcompress.disk import access_error
from embcompress.errors import FileAccessError


@contextmanager
def replacing_together(path: Path) -> Iterator[Path]:
    """A path of the same name in a new folder beside `path`: what the block puts into that folder is moved out of it.

    Everything is on the disk before the first file is moved, the one at `path` last. A folder that is there already
    keeps its other files. Any exception, an interrupt included, removes the new folder and leaves all as it was.

    Raises
    ------
    FileAccessError
        If the folder of `path` is missing or not writable, or the disk is full.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-", suffix=".tmp") as name:
            folder = Path(name)
            yield folder / path.name
            for file in folder.rglob("*"):
                _sync(file)
            for new in sorted(folder.iterdir(), key=lambda each: each.name == path.name):
                _move(new, path.parent / new.name)
        _sync(path.parent)
    except FileAccessError:
        raise
    except OSError as error:
        raise access_error("write", path, error) from None


def _move(new: Path, place: Path) -> None:
    if new.is_dir() and place.is_dir():
        for file in new.iterdir():
            file.replace(place / file.name)
    else:
        new.replace(place)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
