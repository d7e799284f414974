"""What a segment and its teacher have in common, and which of its weights were pruned."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.codebook import Codebook
from embcompress.distill.batches import chosen_words
from embcompress.distill.recipe import FEWEST_WORDS, MOST_WORDS
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers
from embcompress.segment import Segment
from embcompress.shared_codes import SharedCodes

ZERO_LEVEL = 0.1
"""A level below this share of its column's root mean square stands for zero."""


class RepairLesson:
    """A segment, and what its teacher knows of its rows.

    Parameters
    ----------
    segment : Segment
    teacher : Answers
    places : (n,) int64
        Of each of the segment's rows in the teacher; -1 if it has none there.
    prunes : bool
        Whether zeros in the codes are weights that were pruned.
    """

    def __init__(self, segment: Segment, teacher: Answers, places: Integers, *, prunes: bool) -> None:
        codebook = segment.codec.codebook
        if codebook is None:
            raise UsageError("float16 has no centroids or levels to repair: shrink with another quantizer")
        if isinstance(segment.codes, SharedCodes):
            raise UsageError("rows share codes (vq), which cannot be moved alone: repair a file made without vq")
        self.rows: Integers = np.flatnonzero(places >= 0)[:MOST_WORDS]
        if len(self.rows) < FEWEST_WORDS:
            raise UsageError(f"file and teacher have {len(self.rows)} words in common: {FEWEST_WORDS} are the fewest")
        self.segment = segment
        self.codebook = codebook
        self.teacher = chosen_words(teacher, places[self.rows])
        self.zero = _zero_symbols(codebook) if prunes else None
        self._all = teacher
        self._places = places

    def symbols(self, rows: Integers | slice) -> Bytes:
        """The symbols that rows have in the file, (k, M)."""
        return self.codebook.unpack(np.asarray(self.segment.codes[rows]))

    def directions(self, rows: slice) -> Floats:
        """The teacher's directions of rows, (k, d); where it knows none, the decoded ones."""
        places = self._places[rows]
        known = places >= 0
        x = self.segment.directions(rows)
        x[known] = self._all.units(places[known])
        return x


def prunes(spec: str) -> bool:
    """Whether a spec's last change of rows before its quantizer is to prune them: then codes show what was pruned."""
    *_, change, _ = ["", *(stage.partition(":")[0] for stage in spec.split(","))]
    return change == "prune"


def _zero_symbols(codebook: Codebook) -> Integers | None:
    """The symbol of each column that stands for zero, (M,), -1 where none does; None if none does at all."""
    if codebook.width > 1:
        return None
    levels = np.abs(codebook.centroids[:, :, 0])
    nearest = levels.argmin(axis=1)
    least = ZERO_LEVEL * np.sqrt(np.square(levels).mean(axis=1))
    zero = np.where(levels.min(axis=1) <= least, nearest, -1)
    return zero if (zero >= 0).any() else None
