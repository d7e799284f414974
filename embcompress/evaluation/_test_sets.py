"""Test sets: where the default ones lie, and how the lines of any are read."""

from __future__ import annotations

import io
import os
from importlib.util import find_spec
from pathlib import Path

from embcompress.disk import access_error
from embcompress.errors import FormatError, UsageError

PAIRS = {"SimLex-999": "simlex999.txt", "WordSim-353": "wordsim353.tsv"}
"""Word pairs among gensim's test files: SimLex-999 (Hill et al. 2015) and WordSim-353 (Finkelstein et al. 2002)."""

ANALOGIES = {"Google analogies": "questions-words.txt"}
"""Analogy questions among gensim's test files (Mikolov et al. 2013)."""


def default_paths(files: dict[str, str]) -> dict[str, Path]:
    """Where test sets of the installed gensim package lie, by their names.

    Parameters
    ----------
    files : dict of str to str
        `PAIRS` or `ANALOGIES`.

    Raises
    ------
    UsageError
        If gensim is not installed.
    """
    package = find_spec("gensim")  # importing it takes seconds
    if package is None or not package.submodule_search_locations:
        raise UsageError("the default test sets come with gensim: pip install gensim, or give files of your own")
    folder = Path(package.submodule_search_locations[0]) / "test" / "test_data"
    return {name: folder / file for name, file in files.items()}


def read_lines(path: str | os.PathLike[str], encoding: str = "utf-8-sig") -> list[str]:
    """Lines of a text file, their ends of any system taken off.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If it is not text in that encoding.
    UsageError
        If there is no such encoding.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise access_error("read", path, error) from None
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{os.fspath(path)}, line {line}: is not {error.encoding} text ({error.reason})") from None
    except LookupError:
        raise UsageError(f"{encoding!r} is no encoding that Python knows: utf-8 and latin-1 are") from None
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
