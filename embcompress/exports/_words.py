"""Words for formats that hold rows by number only: a JSON object beside the file, and how it is streamed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def words_beside(path: Path) -> list[Path]:
    """The file of words that goes with `path`."""
    return [path.with_name(f"{path.name}.words.json")]


def write_words(path: Path, rows: Iterable[tuple[str, int]], *, before: str = "", after: str = "") -> None:
    """Write a JSON object of words and their rows, one a line.

    Bytes of words that are not UTF-8 are escaped as lone surrogates, U+DC80 to U+DCFF.

    Parameters
    ----------
    path : Path
    rows : iterable of (str, int)
    before, after : str
        JSON that the object stands in.
    """
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(before + "{")
        separator = "\n"
        for word, row in rows:
            file.write(f"{separator}{json.dumps(word)}: {row}")
            separator = ",\n"
        file.write("\n}" + after)
