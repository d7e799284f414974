"""Writing several files, or a folder, so that a run that fails leaves what was there untouched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embcompress.disk import access_error, check_conditions, sync
from embcompress.errors import FileAccessError
from embcompress.scratch_folder import scratch_folder

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
        with scratch_folder(path.parent, PREFIX, SUFFIX) as folder:
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


def _move(new: Path, place: Path) -> None:
    if new.is_dir() and place.is_dir():
        for file in new.iterdir():
            file.replace(place / file.name)
    else:
        new.replace(place)
