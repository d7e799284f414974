"""Word pairs that people have scored."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embcompress.arrays import Doubles
from embcompress.errors import FormatError
from embcompress.evaluation._test_sets import read_lines
from embcompress.text import is_number


@dataclass(frozen=True, eq=False)
class Pairs:
    """Word pairs and how similar people found them.

    Parameters
    ----------
    name : str
    words : tuple of pairs of str
        Length n.
    scores : (n,) float64
    """

    name: str
    words: tuple[tuple[str, str], ...]
    scores: Doubles


def read_pairs(path: str | os.PathLike[str], name: str | None = None) -> Pairs:
    """Read ``word1 word2 score`` lines, separated by tabs, else by commas, else by spaces.

    Lines that begin with ``#`` and empty ones are left out, and so is a first line whose third field is no number, as
    a header. Fields after the third are not looked at.

    Parameters
    ----------
    path : path-like
        UTF-8 text.
    name : str, optional
        By default the file's name without its ending.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If a line has no two words, or its score is not a finite number, or there is no line with a score.
    """
    words, scores = [], []
    first = True
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = _fields(line)
        if not (first and len(fields) > 2 and not is_number(fields[2].encode())):
            words.append((fields[0], fields[1] if len(fields) > 1 else ""))
            scores.append(_score(fields, f"{os.fspath(path)}, line {number}"))
        first = False
    if not words:
        raise FormatError(
            f"{os.fspath(path)}: holds no pair: lines of two words and a score are wanted, like: cat dog 7.5"
        )
    return Pairs(Path(path).stem if name is None else name, tuple(words), np.array(scores))


def _fields(line: str) -> list[str]:
    separator = next((mark for mark in "\t," if mark in line), None)
    return [field.strip() for field in line.split(separator)]


def _score(fields: list[str], place: str) -> float:
    if len(fields) < 3 or not (fields[0] and fields[1]):
        raise FormatError(f"{place}: two words and a score are wanted, like: cat dog 7.5")
    if not (is_number(fields[2].encode()) and math.isfinite(float(fields[2]))):
        raise FormatError(f"{place}: the score {fields[2]!r} is not a number")
    return float(fields[2])
