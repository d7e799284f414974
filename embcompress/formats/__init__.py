"""Every format tables come in: one file each, told by content, and this folder is the registry.

A file holds ``NAME``, for people; ``matches(source) -> bool``, decided from ``source.head``; and
``read(source, notes) -> Iterator[Block]``, which sets ``notes.unit``. Names that begin with an underscore are helpers.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

from embcompress import manifest
from embcompress.formats._reading import Collector, Notes
from embcompress.formats._source import Source, open_source
from embcompress.table import Table


def formats() -> list[ModuleType]:
    """All formats, in the order they are tried."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


def load(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    strict: bool = False,
    folder: str | os.PathLike[str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Table:
    """Read a table, whatever its format and compression; both are told by its content.

    Rows of plain word2vec .bin, .npy and .safetensors files are read when they are needed. Those of other files are
    kept in a temporary file, so a table may be larger than memory.

    Parameters
    ----------
    path : path-like
        A file; ``ARCHIVE.zip:MEMBER``, without the member the first that is a table; ``-`` for standard input, wrapped
        or not; the folder of a model with a .safetensors file; or a folder of compressed shards.
    limit : int, optional
        Only the first `limit` usable rows.
    strict : bool
        Duplicate words and unusable rows are errors; otherwise they are left out and counted in ``table.repairs``.
    folder : path-like, optional
        Where the temporary file is made; by default the system's folder for such files.
    progress : callable, optional
        Called with ``"reading"``, bytes read and bytes in all, 0 where that is not known.

    Returns
    -------
    Table

    Raises
    ------
    FileAccessError
        If the file cannot be read, or the temporary file cannot be written.
    FormatError
        If its format is unknown, it is damaged, or it expands to over 1000 times its size; the text says where.
    """
    if (Path(path) / manifest.NAME).is_file():
        from embcompress.formats.embc import read_shards

        return read_shards(Path(path), limit)
    source = open_source(_file_of(path))
    reader = _reader(source)
    notes = Notes(source, strict, folder=None if folder is None else os.fspath(folder))
    collector = Collector(notes, limit)
    with closing(collector), closing(reader.read(source, notes)) as read_blocks:
        for block in read_blocks:
            if progress is not None:
                progress("reading", block.position, source.size)
            if not collector.take(block):
                break
        return collector.table()


def _file_of(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path itself, or of a model's folder the file that holds its embeddings."""
    from embcompress.formats.safetensors_matrix import file_in

    return (file_in(Path(path)) if Path(path).is_dir() else None) or path


def _reader(source: Source) -> ModuleType:
    for module in formats():
        if module.matches(source):
            return module
    known = ", ".join(module.NAME for module in formats())
    raise source.error(f"its content is none of the formats that can be read: {known}")
