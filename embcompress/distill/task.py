"""A task that vectors are fine-tuned on: what its file holds, and what of it a table knows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.distill.hard_loss import LabelledPairs
from embcompress.distill.pair_task import PairTask, read_named_pairs
from embcompress.distill.text_task import TextTask
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._test_sets import read_lines
from embcompress.evaluation.pairs import read_pairs
from embcompress.evaluation.probe import FASTTEXT_LABEL, read_labelled

FEWEST_ITEMS = 10
"""Pairs or texts that a task can be split into parts of."""


class Task(Protocol):
    """Pairs or texts, by number."""

    @property
    def measure(self) -> str:
        """What `value` is."""
        ...

    def __len__(self) -> int:
        """How many items there are."""
        ...

    def draw(self, items: Integers, generator: np.random.Generator) -> tuple[Integers, LabelledPairs]:
        """Rows (n,) of some words, and labelled pairs among them, made of some of these items (k,)."""
        ...

    def value(self, units: Callable[[Integers], Floats], learned: Integers, items: Integers, /) -> float:
        """How well directions of rows, given by `units`, do on items (k,); those that were learned may be looked at."""
        ...


def read_task(path: str | os.PathLike[str], table: Answers) -> Task:
    """The task of a file, as far as a table has its words.

    The first line that is neither blank nor begins with ``#`` tells what the file holds: ``__label__NAME text`` or
    ``label<TAB>text`` is a labelled text; two words and ``synonym`` or ``antonym`` a named pair; else lines are
    ``word1 word2 score``.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If a line is not like the first.
    UsageError
        If the table has words of too few pairs or texts, or all of these are labelled the same.
    """
    first = next((line for line in read_lines(path) if line.strip() and not line.startswith("#")), "")
    task: PairTask | TextTask
    if first.startswith(FASTTEXT_LABEL) or first.count("\t") == 1:
        labels, texts = read_labelled(path)
        found: Sequence[object] = texts
        task = TextTask.known(labels, texts, table)
    else:
        pairs = read_named_pairs(path) or read_pairs(path)
        found = pairs.words
        task = PairTask.known(pairs, table)
    if len(task) < FEWEST_ITEMS:
        raise UsageError(
            f"{os.fspath(path)}: the table has the words of {len(task)} of {len(found)} {task.items}: "
            f"{FEWEST_ITEMS} are the fewest that can be learned from"
        )
    if not task.varies:
        raise UsageError(
            f"{os.fspath(path)}: all {task.items} with known words are labelled the same: nothing to learn"
        )
    return task
