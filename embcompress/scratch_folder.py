"""A folder for what is needed for a while."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embcompress.disk import lock


@contextmanager
def scratch_folder(parent: Path, prefix: str, suffix: str = "") -> Iterator[Path]:
    """A new folder in `parent`, removed in the end; its lock tells others that it is in use.

    A process that is killed leaves its folder; the next to make one of such a name there removes it: nobody holds its
    lock.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    _remove_abandoned(parent, f"{prefix}*{suffix}")
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix, suffix=suffix))
        descriptor = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY)
        try:
            if descriptor is not None:
                with suppress(OSError):  # without locks no folder is ever taken for abandoned
                    lock(descriptor, wait=True)
            if folder.exists():  # else another process removed it before it was locked
                yield folder
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if descriptor is not None:
                os.close(descriptor)


def _remove_abandoned(parent: Path, pattern: str) -> None:
    if sys.platform == "win32":
        return
    for folder in parent.glob(pattern):
        with suppress(OSError):  # gone by now, locked, or not ours
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                lock(descriptor, wait=False)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
