"""Rows coded in several ways, one segment after the other, read as if they were one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.segment import CodedRows, Segment
from embcompress.shared_codes import shared


class SegmentedRows(CodedRows):
    """Segments that follow one another.

    Parameters
    ----------
    parts : sequence of Segment
        Of vectors of the same length; each holds the rows that follow those of the one before.
    """

    def __init__(self, parts: Sequence[Segment]) -> None:
        self._parts = tuple(parts)
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def parts(self) -> tuple[Segment, ...]:
        """The segments that hold the rows, one after the other."""
        return self._parts

    @property
    def norms(self) -> Floats:
        """Length of each row, (n,) float32."""
        return np.concatenate([part.norms for part in self._parts])

    def decoded(self, rows: Integers | slice) -> Floats:
        """Vectors as each codec decodes them, near length one, (k, d) float32; zero rows are zero."""
        return self._gathered(rows, self.dims, Segment.decoded)

    def directions(self, rows: Integers | slice) -> Floats:
        """Decoded vectors scaled to length one, (k, d) float32; zero rows are zero."""
        return self._gathered(rows, self.dims, Segment.directions)

    def vectors(self, rows: Integers | slice) -> Floats:
        """Decoded vectors with their lengths put back, (k, d) float32."""
        return self._gathered(rows, self.dims, Segment.vectors)

    def vector(self, row: int) -> Floats:
        """The vector of one row, (d,) float32, in a fraction of the time of `vectors`."""
        number = self._part_of(row)
        return self._parts[number].vector(row - self._start(number))

    def direction(self, row: int) -> Floats:
        """The vector of one row scaled to length one, (d,) float32; of a zero row, zero."""
        number = self._part_of(row)
        return self._parts[number].direction(row - self._start(number))

    def scores(self, queries: Floats, rows: Integers | slice) -> Floats:
        """Cosines of queries (m, d) with chosen rows, (m, k) float32; of zero rows 0."""
        return self._gathered(rows, len(queries), lambda part, inside: part.scores(queries, inside).T).T

    def chosen(self, rows: Integers | slice) -> SegmentedRows:
        """Some of the rows, in the order they are given: a segment for every run of rows of the same one."""
        wanted = np.arange(len(self))[rows]
        numbers = self._parts_of(wanted)
        runs = np.split(wanted, np.flatnonzero(np.diff(numbers)) + 1)
        taken = [(self._part_of(int(run[0])), run) for run in runs if len(run)]
        parts = [self._parts[number].chosen(run - self._start(number)) for number, run in taken]
        return SegmentedRows(parts or [self._parts[0].chosen(slice(0))])

    def _gathered(
        self, rows: Integers | slice, width: int, read: Callable[[Segment, Integers | slice], Floats]
    ) -> Floats:
        """What is read of each of the rows, (k, width)."""
        wanted = range(len(self))[rows] if isinstance(rows, slice) else rows
        if isinstance(wanted, range) and wanted.step == 1 and len(wanted):
            number = self._part_of(wanted.start)
            start = self._start(number)
            if wanted.stop <= self._ends[number]:  # within one segment, as blocks of rows mostly are
                return read(self._parts[number], slice(wanted.start - start, wanted.stop - start))
        wanted = np.asarray(wanted, dtype=np.int64)
        numbers = self._parts_of(wanted)
        found = np.empty((len(wanted), width), dtype=np.float32)
        for number, part in enumerate(self._parts):
            places = np.flatnonzero(numbers == number)
            if len(places):
                found[places] = read(part, wanted[places] - self._start(number))
        return found

    def _part_of(self, row: int) -> int:
        """The number of the segment that holds a row."""
        return int(self._parts_of(row))

    def _parts_of(self, rows: Integers | int) -> Integers:
        return np.searchsorted(self._ends, rows, side="right")

    def _start(self, number: int) -> int:
        """The first row of a segment."""
        return int(self._ends[number]) - len(self._parts[number])


def in_one(parts: Sequence[Segment]) -> CodedRows:
    """The rows of segments that follow one another."""
    return parts[0] if len(parts) == 1 else SegmentedRows(parts)


def joined(parts: Sequence[Segment]) -> Sequence[Segment]:
    """The same rows in as few segments as there are runs of rows that one codec codes."""
    runs = [list(run) for _, run in groupby(parts, key=lambda part: (id(part.codec), part.scale))]
    return [run[0] if len(run) == 1 else _in_one_segment(run) for run in runs]


def _in_one_segment(parts: Sequence[Segment]) -> Segment:
    codes = shared(np.concatenate([part.codes[:] for part in parts]))
    return replace(parts[0], codes=codes, lengths=np.concatenate([part.lengths for part in parts]))
