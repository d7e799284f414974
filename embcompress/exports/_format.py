"""A format as the registry knows it, and how a format's library is imported."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from embcompress.errors import MissingPackageError
from embcompress.table import Table
from embcompress.vectors import CompressedVectors


class Kind(NamedTuple):
    """A kind of a format.

    Parameters
    ----------
    help : str
        One line on what is written.
    suffixes : tuple of str
        Endings of its files, the usual one first.
    numbers : str or None
        What rows are written as; None: their codes are kept.
    lengths : bool
        Whether rows keep their lengths, not their directions alone.
    """

    help: str
    suffixes: tuple[str, ...]
    numbers: str | None = "float32"
    lengths: bool = True


@dataclass(frozen=True)
class Format:
    """A format to write, in one of its kinds.

    Parameters
    ----------
    name : str
    kind : str
        Empty if there is one only.
    module : module
        Its file in this folder.
    """

    name: str
    kind: str
    module: ModuleType

    def __str__(self) -> str:
        return f"{self.name}:{self.kind}" if self.kind else self.name

    @property
    def reader(self) -> str:
        """What opens it."""
        return str(self.module.READER)

    @property
    def about(self) -> Kind:
        """What is written, the endings of its files, and what it keeps."""
        kind: Kind = self.module.KINDS[self.kind]
        return kind

    @property
    def keeps_codes(self) -> bool:
        """Whether it is written from compressed vectors, not from a table."""
        return self.about.numbers is None

    @property
    def is_folder(self) -> bool:
        """Whether a folder is written."""
        return getattr(self.module, "FOLDER", False)

    def files(self, path: Path) -> list[Path]:
        """Every path that is written, the asked-for one first."""
        beside = getattr(self.module, "beside", None)
        return [path, *(beside(path) if beside else [])]

    def holds(self, word: bytes) -> bool:
        """Whether it can hold a word."""
        holds = getattr(self.module, "holds", None)
        return holds is None or bool(holds(word))

    def write(self, table: CompressedVectors | Table, path: Path) -> None:
        """Write what is to be at `path`, and what goes with it."""
        self.module.write(table, path, *([self.kind] if self.kind else []))


def library(name: str, extra: str) -> ModuleType:
    """The library that writes a format.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingPackageError(
            f"this format is written with {name.partition('.')[0]}: pip install 'embcompress[{extra}]'"
        ) from None
