"""Writing a file so that either the whole new one or the untouched old one is there, whatever happens."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from embcompress.errors import FileAccessError

LONGEST_NAME = 200
"""Bytes of a file's name up to which its temporary file is named after it; file systems take 255."""

BINARY = getattr(os, "O_BINARY", 0)
NEVER_WAIT_NOR_FOLLOW = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)

_conditions: ContextVar[tuple[Callable[[int], None], ...]] = ContextVar("conditions", default=())


def access_error(verb: str, path: str | os.PathLike[str], error: OSError) -> FileAccessError:
    """The operating system's refusal as an error of ours: what was tried, on which file, and its reason."""
    return FileAccessError(f"cannot {verb} {os.fspath(path)}: {error.strerror or error}")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write to a temporary file beside `path`, and move it there when the block ends without an exception.

    The content is on the disk before the move, and the move before this returns. Any exception, an interrupt
    included, removes the temporary file and leaves `path` as it was. A process that is killed leaves its temporary
    file, which the next one to write the same `path` removes; it tells them from those of other writers at work by
    their locks. Of several writers at once, the last to end has its file stay. A link is followed, and a file that is
    replaced hands on its permissions.

    Raises
    ------
    FileAccessError
        If `path` is something other than a file, the folder is missing or not writable, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _mode(target)
        _remove_abandoned(target)
        temporary, descriptor = _locked_temporary(target)
    except FileAccessError:
        raise
    except OSError as error:
        raise access_error("write", target, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                with suppress(OSError):  # some file systems have none
                    temporary.chmod(mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
            check_conditions(file.tell())
            if sys.platform != "win32":
                temporary.replace(target)  # while it is locked: unlocked, another writer takes it for abandoned
        if sys.platform == "win32":
            temporary.replace(target)  # there an open file can be neither moved nor removed
    except BaseException as error:
        _remove(temporary)
        if isinstance(error, OSError) and not isinstance(error, FileAccessError):
            raise access_error("write", target, error) from None
        raise
    with suppress(OSError):  # a move is durable once its folder is; not every system lets a folder be opened
        sync(target.parent)


@contextmanager
def written_only_if(check: Callable[[int], None]) -> Iterator[None]:
    """Within the block, `replacing` moves a file to its place only if `check` raises nothing.

    Parameters
    ----------
    check : callable
        Called with the bytes of the finished file.
    """
    token = _conditions.set((*_conditions.get(), check))
    try:
        yield
    finally:
        _conditions.reset(token)


def check_conditions(size: int) -> None:
    """Raise what the conditions of `written_only_if` do for finished files of so many bytes."""
    for check in _conditions.get():
        check(size)


@contextmanager
def unchanged(*paths: Path) -> Iterator[None]:
    """Within the block, `replacing` refuses to write what was made from files that are no longer what they were.

    Parameters
    ----------
    paths : Path
        Files that are read. ``ARCHIVE:MEMBER`` is the archive, a folder the files in it; ``-`` is no file.

    Raises
    ------
    FileAccessError
        When a file is written, if one of these has another size, time of change or inode than when the block began.
    """
    before = _states(paths)

    def check(_size: int) -> None:
        after = _states(paths)
        for path, state in before.items():
            if after.get(path) != state:
                raise FileAccessError(f"{path} changed while it was read, nothing was written: run the command again")

    with written_only_if(check):
        yield


def _states(paths: tuple[Path, ...]) -> dict[Path, tuple[int, ...]]:
    """What tells a file from a changed one, by path."""
    found: dict[Path, tuple[int, ...]] = {}
    for path in paths:
        parts = str(path).split(":")
        named = (Path(":".join(parts[:count])) for count in range(len(parts), 0, -1))
        with suppress(OSError):
            there = next((each for each in named if each.exists()), None)
            inside = [] if there is None else [there] if there.is_file() else there.iterdir()
            for file in inside:
                state = file.stat()
                if stat.S_ISREG(state.st_mode):
                    found[file] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def _mode(target: Path) -> int | None:
    """Permissions of the file that is there; None if there is none."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # moving a file onto a folder fails by itself
        raise FileAccessError(f"cannot write {target}: it is no file, but a device or a pipe")
    return stat.S_IMODE(mode)


def _locked_temporary(target: Path) -> tuple[Path, int]:
    """A new file beside the target, and its descriptor, which holds the lock that tells others that it is in use."""
    while True:
        temporary = target.with_name(f"{_prefix(target)}{secrets.token_hex(4)}.tmp")
        # 0o666 lets the user's umask decide, as for any file a program makes.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
        with suppress(OSError):  # on a file system without locks no temporary file is ever taken for abandoned
            lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:  # else another writer removed it before it was locked
            return temporary, descriptor
        os.close(descriptor)


def _remove_abandoned(target: Path) -> None:
    """Remove what writers of the target left when they were killed: files whose lock can be had."""
    name = re.compile(re.escape(_prefix(target)) + r"[0-9a-f]{8}\.tmp")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if name.fullmatch(entry.name):
                with suppress(OSError):  # gone by now, locked, or not ours
                    _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | NEVER_WAIT_NOR_FOLLOW)
    try:
        if sys.platform != "win32":
            lock(descriptor, wait=False)
            path.unlink()
    finally:
        os.close(descriptor)
    if sys.platform == "win32":
        path.unlink()  # refused while another has it open


def lock(descriptor: int, *, wait: bool) -> None:
    """Take the file's lock, which ends with the process; OSError if another has it, or there are no locks."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _prefix(target: Path) -> str:
    """How the names of the target's temporary files begin."""
    name = os.fsencode(target.name)
    return f".{target.name}." if len(name) <= LONGEST_NAME else f".{hashlib.sha256(name).hexdigest()}."


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
