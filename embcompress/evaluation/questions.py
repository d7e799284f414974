"""Analogy questions: lines of four words, in sections."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embcompress.arrays import Integers
from embcompress.errors import FormatError
from embcompress.evaluation._test_sets import read_lines

Question = tuple[str, str, str, str]
"""Words a, b, c and d: a is to b as c is to d, which is asked for."""


@dataclass(frozen=True, eq=False)
class Questions:
    """A set of analogy questions.

    Parameters
    ----------
    name : str
    sections : tuple of str
        Names, in the file's order.
    words : tuple of Question
        Length q.
    section : (q,) int64
        The section of each question.
    skipped : tuple of int
        Numbers of the lines that are not four words, empty ones not counted.
    """

    name: str
    sections: tuple[str, ...]
    words: tuple[Question, ...]
    section: Integers
    skipped: tuple[int, ...]


def read_questions(path: str | os.PathLike[str], name: str | None = None) -> Questions:
    """Read lines of four words, in sections that begin with ``: name``, as word2vec's ``questions-words.txt`` is.

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
        If a line comes before the first section, or there is no question.
    """
    sections: list[str] = []
    words: list[Question] = []
    section, skipped = [], []
    for number, line in enumerate(read_lines(path), start=1):
        if line.startswith(": "):
            sections.append(line.lstrip(": ").strip())
            continue
        fields = line.split()
        if fields and not sections:
            raise FormatError(f"{os.fspath(path)}, line {number}: a section comes first, in a line like: ': capitals'")
        if len(fields) == 4:
            words.append((fields[0], fields[1], fields[2], fields[3]))
            section.append(len(sections) - 1)
        elif fields:
            skipped.append(number)
    if not words:
        raise FormatError(f"{os.fspath(path)}: holds no question: lines of four words are wanted")
    title = Path(path).stem if name is None else name
    return Questions(title, tuple(sections), tuple(words), np.array(section), tuple(skipped))
