"""What opening and searching a table takes, foreseen from its codec."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from embcompress.arrays import Floats
from embcompress.choice.families import Candidate, Family
from embcompress.choice.profiles import Profile
from embcompress.codebook import SCAN_RADIX
from embcompress.codec import Codec
from embcompress.encode import fit
from embcompress.errors import SpecError

SHAPE_ROWS = 256
"""Rows to fit to that are enough to see which kernel searches the codes: as many as k-means has centroids at most."""

SCAN, EVEN_LEVELS, HALVES, TABLES = 0.075e-9, 0.145e-9, 0.085e-9, 0.5e-9
"""Seconds that a byte of the index takes in a query, on one thread: symbols of 4 bits (FastScan), even levels and
halves (scalar quantizers), tables of 256 centroids (``IndexPQ``). Measured on tables of 60,000 and 400,000 rows."""

COPIES = 2
"""While an index is made there are codes laid out for it and the index itself; the memory of the first stays taken."""

WORD_BYTES = 10
"""Of a word: 8 of its hash, and its share of the sorted words that are kept for bisection."""

FIXED_BYTES = 2_000_000
"""What the first look-up and the first query take whatever the table."""


@dataclass(frozen=True)
class RunTime:
    """What a table takes while it is used.

    Parameters
    ----------
    memory_bytes : int
        Private memory, beside Python and its libraries: the index, which is a copy of the codes and of a byte for each
        row's length, what words are found by, and a fixed part.
    query_seconds : float
        A search over all rows.
    """

    memory_bytes: int
    query_seconds: float

    def __str__(self) -> str:
        """As `Profile` is written."""
        return f"{self.memory_bytes / 1e6:.1f} MB of memory, {self.query_seconds * 1000:.2g} ms a query"

    @classmethod
    def of(cls, codec: Codec, rows: int) -> RunTime:
        """Foreseen for a codec and so many rows."""
        index = rows * (_code_bytes(codec) + 1)
        return cls(round(COPIES * index) + rows * WORD_BYTES + FIXED_BYTES, index * _byte_seconds(codec))


def within_profile(families: list[Family], profile: Profile, rows: int, sample: Floats, seed: int) -> list[Family]:
    """The families, each with the code sizes only that a profile has memory and time for.

    Parameters
    ----------
    families : list of Family
    profile : Profile
    rows : int
        Of the table.
    sample : (k, d) float32
        Directions; the first ones are fitted to.
    seed : int
    """
    found = []
    in_memory = (profile.memory_bytes - FIXED_BYTES - rows * WORD_BYTES) / (COPIES * rows) - 1
    for family in families:
        with suppress(SpecError):
            codec = fit(Candidate(family, family.most).spec, sample[:SHAPE_ROWS], seed=seed)
            in_time = profile.query_seconds / (rows * _byte_seconds(codec)) - 1
            most = int(family.most * min(1, in_memory / _code_bytes(codec), in_time / _code_bytes(codec)))
            if most >= family.least:
                found.append(replace(family, most=most))
    return found


def _code_bytes(codec: Codec) -> float:
    """Bytes of a row's code in the index: symbols of at most 4 bits are repacked to 4."""
    codebook = codec.codebook
    return codec.code_size if codebook is None or codebook.radix > SCAN_RADIX else codebook.scan().columns / 2


def _byte_seconds(codec: Codec) -> float:
    """What a query takes for each of them, by the kernel that searches such codes (`kernels.layouts.layout_of`)."""
    codebook = codec.codebook
    if codebook is None:
        return HALVES
    if codebook.radix <= SCAN_RADIX:
        return SCAN
    return TABLES if codebook.step is None else EVEN_LEVELS
