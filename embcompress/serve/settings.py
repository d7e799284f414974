"""What a service is started with, the same in all of its workers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embcompress.disk import access_error
from embcompress.errors import UsageError

MAX_BODY = 16 << 20
"""Bytes a request's body may have."""

NEIGHBOURS_A_WORD = 100
"""Neighbours that one request may ask for, in all, are so many times `Settings.max_batch`."""


@dataclass(frozen=True)
class Settings:
    """What a service is started with.

    Parameters
    ----------
    files : dict
        Each table's ``.embc`` file by the table's name.
    workers : int
        Processes that serve.
    token : str, optional
        What clients have to show.
    max_batch : int
        Words or vectors a request may ask about, and neighbours it may ask for of each.
    origins : tuple of str
        Web origins whose pages may ask.
    """

    files: dict[str, Path]
    workers: int = 1
    token: str | None = field(default=None, repr=False)
    max_batch: int = 10_000
    origins: tuple[str, ...] = ()


def named(paths: Sequence[str | os.PathLike[str]]) -> dict[str, Path]:
    """Files by their tables' names: a file's name without its ending, with ``-`` for what a URL would escape.

    Raises
    ------
    UsageError
        If two files have the same name.
    """
    files: dict[str, Path] = {}
    for path in map(Path, paths):
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name.removesuffix(".embc")).strip(".-") or "table"
        if name in files:
            raise UsageError(f"{files[name]} and {path} would both be table {name!r}: rename one, or give a link to it")
        files[name] = path.absolute()
    return files


def read_token(path: str | os.PathLike[str]) -> str:
    """The token in a file, without white space around it.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    UsageError
        If it holds no single line of printable ASCII.
    """
    try:
        token = Path(path).read_bytes().strip()
    except OSError as error:
        raise access_error("read", path, error) from None
    if not re.fullmatch(rb"[!-~]+", token):
        raise UsageError(f"{path} holds no token: one word of ASCII is needed, such as openssl rand -hex 32 prints")
    return token.decode("ascii")
