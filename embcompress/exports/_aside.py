"""Writing several files, or a folder, so that a run that fails leaves what was there untouched."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embcompress.disk import access_error, check_conditions, lock, sync
from embcompress.errors import FileAccessError

PREFIX, SUFFIX = ".export-", ".tmp"


@contextmanager
def replacing_together(path: Path) -> Iterator[Path]:
    """A path of the same name in a new folder beside `path`: what the block puts into that folder is moved out of it.

    Everything is on the disk before the first file is moved, the one at `path` last. A folder that is there already
    keeps its other files. Any exception, an interrupt included, removes the new folder and leaves all as it was.
    A process that is killed leaves its folder, which the next to write beside it removes: nobody holds its lock.

    Raises
    ------
    FileAccessError
        If the folder of `path` is missing or not writable, or the disk is full.
    """
    try:
        _remove_abandoned(path.parent)
        with _locked_folder(path.parent) as folder:
            yield folder / path.name
            written = list(folder.rglob("*"))
            for file in written:
                sync(file)
            check_conditions(sum(file.stat().st_size for file in written if file.is_file()))
            for new in sorted(folder.iterdir(), key=lambda each: each.name == path.name):
                _move(new, path.parent / new.name)
        sync(path.parent)
    except FileAccessError:
        raise
    except OSError as error:
        raise access_error("write", path, error) from None


@contextmanager
def _locked_folder(parent: Path) -> Iterator[Path]:
    """A new folder, removed in the end; its lock tells others that it is in use."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=PREFIX, suffix=SUFFIX))
        descriptor = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY)
        try:
            if descriptor is not None:
                with suppress(OSError):  # without locks no folder is ever taken for abandoned
                    lock(descriptor, wait=True)
            if folder.exists():  # else another writer removed it before it was locked
                yield folder
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if descriptor is not None:
                os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    if sys.platform == "win32":
        return
    for folder in parent.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):  # gone by now, locked, or not ours
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                lock(descriptor, wait=False)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def _move(new: Path, place: Path) -> None:
    if new.is_dir() and place.is_dir():
        for file in new.iterdir():
            file.replace(place / file.name)
    else:
        new.replace(place)
