"""Every format tables leave in: one file each, and this folder is the registry.

A file holds ``READER``, what opens the format; ``KINDS``, its kinds by name, the first of them the default (a format of
one kind calls it ""); and ``write(table, path)``, or ``write(table, path, kind)`` where there are several kinds. A
format that keeps codes is given `CompressedVectors`, any other a `Table` whose rows are decoded as they are read.
`write` puts a file or a folder at `path`, and files that go with it beside it; all are moved into place by its caller,
once they are whole.

It may have ``holds(word) -> bool``, whether the format can hold a word, given as bytes; ``beside(path)``, the paths of
the files that go with `path`; and ``FOLDER = True`` where `path` is a folder. Names that begin with an underscore are
helpers.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from pathlib import Path

from embcompress.errors import UsageError, WrongTypeError
from embcompress.exports._aside import replacing_together
from embcompress.exports._format import Format
from embcompress.exports._losses import held_words, losses
from embcompress.exports._watching import Progress, watched
from embcompress.table import Table
from embcompress.vectors import CompressedVectors

__all__ = ["Format", "export", "find", "formats", "names", "of_ending"]


def names() -> list[str]:
    """Names of all formats, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def formats() -> list[Format]:
    """Every kind of every format, by name, a format's default kind first."""
    modules = [(name, importlib.import_module(f"{__name__}.{name}")) for name in names()]
    return [Format(name, kind, module) for name, module in modules for kind in module.KINDS]


def find(text: str) -> Format:
    """The format that a text such as ``glove``, ``usearch`` or ``usearch:i8`` names.

    Raises
    ------
    UsageError
        If there is none.
    """
    known = formats()
    for each in known:  # a format's default kind is the first that its bare name meets
        if text in (str(each), each.name):
            return each
    raise UsageError(f"{text!r} is no format to write: there are {', '.join(map(str, known))}")


def of_ending(path: str | os.PathLike[str]) -> Format:
    """The format that a file's ending tells, the longest ending that fits.

    Raises
    ------
    UsageError
        If it tells none.
    """
    endings = {suffix: each for each in formats() for suffix in each.about.suffixes}
    fitting = [suffix for suffix in endings if Path(path).name.lower().endswith(suffix)]
    if not fitting:
        raise UsageError(
            f"{os.fspath(path)}: its ending tells no format ({', '.join(endings)} do): "
            f"name one of {', '.join(map(str, formats()))}"
        )
    return endings[max(fitting, key=len)]


def export(
    source: CompressedVectors | Table,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    leave_out: bool = False,
    notice: Callable[[str], None] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write a table in a format that other programs read; rows are decoded in blocks, codes stay what they are.

    Words that answer with another's row get a row of their own where codes are not kept.

    Parameters
    ----------
    source : CompressedVectors or Table
        A table that is not compressed has no codes for the formats that keep them.
    path : path-like
        File or folder to write. Files that belong to it are named after it and lie beside it. What is there already is
        replaced when all of the new is complete; other files in a folder stay.
    format : str, optional
        One of `names`, with a kind after a colon if not its first: ``usearch:i8``. By default the path's ending tells.
    leave_out : bool
        Leave out words that the format cannot hold.
    notice : callable, optional
        Called, before anything is written, with a line for each thing that is lost.
    progress : callable, optional
        Called with ``"writing"``, rows done and rows in all, by formats of numbers.

    Returns
    -------
    int
        Bytes written, in all files.

    Raises
    ------
    UsageError
        If the format is unknown, needs codes that there are not, or cannot hold a word that is not to be left out.
    WrongTypeError
        If `source` is no table.
    MissingPackageError
        If the library that writes it is not installed; the text says how to get it.
    FileAccessError
        If something cannot be written.
    """
    if not isinstance(source, CompressedVectors | Table):
        raise WrongTypeError(f"{type(source).__name__} is no table: give what embcompress.open, shrink or load gives")
    target, chosen = Path(path), of_ending(path) if format is None else find(format)
    if target.exists() and target.is_dir() != chosen.is_folder:
        there, written = ("a folder", "a file") if target.is_dir() else ("a file", "a folder")
        raise UsageError(f"{target} is {there}, and {chosen} is {written}: give another path")
    given = source.to_table() if isinstance(source, CompressedVectors) and not chosen.keeps_codes else source
    lost = losses(source, chosen)
    if isinstance(given, Table):
        if chosen.keeps_codes:
            raise UsageError(f"{chosen} keeps codes, and this table has none: make them with embcompress shrink")
        given, lost_words = held_words(given, chosen, leave_out=leave_out)
        lost += lost_words
        if progress is not None:
            given = watched(given, progress)
    if notice is not None:
        for loss in lost:
            notice(loss)
    with replacing_together(target) as temporary:
        chosen.write(given, temporary)
        return sum(file.stat().st_size for file in temporary.parent.rglob("*") if file.is_file())
