"""How large samples and blocks may be, so that compressing a table keeps to the memory it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from embcompress.arrays import BLOCK_ROWS
from embcompress.cores import usable_cores
from embcompress.errors import UsageError

FIXED = 40_000_000
"""Test sets and what is measured on them, and the first blocks of everything."""

WORD = 200
"""Of each word while a table is read, when its words are told apart; later on less."""

CODE_COPIES = 2
"""Codes are looked through for equal ones, in blocks, and stored."""

FIT_COPIES = 4
"""The sample, and what its stages make of it; k-means and principal axes take most."""

LEAST_SAMPLE = 5_000
BLOCK_COPIES = 6
"""A block of rows, its directions, what the map makes of them, and what is compared to find the nearest symbols."""

LEAST_BLOCK = 256
THREAD = 40_000_000
"""Of each thread: blocks of scores while neighbours are measured, buffers of BLAS."""


class Sharing(NamedTuple):
    """How work is shared out: threads, and the rows that each of them codes at a time."""

    threads: int
    block_rows: int


@dataclass(frozen=True)
class Memory:
    """What compressing a table may take beside Python and its libraries.

    Parameters
    ----------
    allowed : int
        Bytes.
    words : int
    dims : int
    rows : int
        That are coded: of words and of n-grams, and once more where the codes are searched.
    """

    allowed: int
    words: int
    dims: int
    rows: int

    def sample_rows(self) -> int:
        """Rows that an encoding may be fitted to.

        Raises
        ------
        UsageError
            If they are too few for a fit worth its name.
        """
        least = self._row * FIT_COPIES * min(LEAST_SAMPLE, self.words)
        self._check(self._always + max(least, self._of_thread))
        return (self.allowed - self._always) // (self._row * FIT_COPIES)

    def sharing(self, code_size: int) -> Sharing:
        """How rows may be coded, so many bytes each.

        Raises
        ------
        UsageError
            If there is not even room for one thread.
        """
        coded = self._always + CODE_COPIES * code_size * self.rows
        self._check(coded + self._of_thread)
        threads = min(usable_cores(), (self.allowed - coded) // self._of_thread)
        block_bytes = (self.allowed - coded) // threads - THREAD
        return Sharing(threads, min(BLOCK_ROWS, block_bytes // (self._row * BLOCK_COPIES)))

    @property
    def _row(self) -> int:
        return 4 * self.dims

    @property
    def _always(self) -> int:
        return FIXED + WORD * self.words

    @property
    def _of_thread(self) -> int:
        return THREAD + self._row * BLOCK_COPIES * LEAST_BLOCK

    def _check(self, needed: int) -> None:
        if needed > self.allowed:
            least = -(-needed // 1_000_000)
            raise UsageError(
                f"{self.words:,} words of {self.dims} dimensions take at least {least}MB of memory beside Python and "
                f"its libraries, more than {self.allowed // 1_000_000}MB: allow {least}MB, or keep fewer words"
            )
