"""What workers do before anything is coded: each is given paths and a few numbers, and leaves arrays in files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embcompress.arrays import Floats, blocks, row_norms
from embcompress.disk import access_error
from embcompress.distributed.parts import Part
from embcompress.encode import directions_of, drawn
from embcompress.errors import UsageError
from embcompress.formats import load
from embcompress.table import Rows, read_rows

DIGEST_BYTES = 16
"""Of a word, by which words of different shards are told apart: no two of a trillion are alike by chance."""


class Survey(NamedTuple):
    """What a shard holds: rows, d, bytes and SHA-256 of its file, and what its reader put right."""

    rows: int
    dims: int
    bytes: int
    sha256: str
    repairs: dict[str, int]


class Draw(NamedTuple):
    """A sample: at most `rows` of a run of the whole table's rows."""

    within: range
    rows: int


class Lengths(NamedTuple):
    """The shortest and the longest of some rows, zero rows left out; infinity and 0 of none."""

    shortest: float
    longest: float


def survey(path: str, number: int, strict: bool, scratch: str) -> Survey:
    """Read a shard, and leave a digest of each of its words in a file.

    Raises
    ------
    UsageError
        If it has rows of n-grams.
    FileAccessError, FormatError
        As `load`.
    """
    table = load(path, strict=strict)
    if table.ngrams is not None:
        raise UsageError(f"{path} has rows of n-grams, which shards do not keep: shrink it without --cluster")
    digests = [hashlib.blake2b(word, digest_size=DIGEST_BYTES).digest() for word in table.words.every_word()]
    np.save(words_file(scratch, number), np.array(digests, dtype=f"S{DIGEST_BYTES}"))
    try:
        with open(path, "rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise access_error("read", path, error) from None
    return Survey(len(table), table.dims, Path(path).stat().st_size, sha256, dict(table.repairs.counts))


def words_file(scratch: str, number: int) -> Path:
    """Where the digests of a shard's words are, (n,) ``S16``."""
    return Path(scratch) / f"words-{number:05}.npy"


def draw(part: Part, draws: Sequence[Draw], runs: Sequence[range], seed: int, scratch: str) -> list[Lengths]:
    """Leave a shard's share of every sample in a file; gives the lengths of its rows in each run of rows."""
    vectors = part.table().vectors
    for each in draws:
        chosen = drawn(each.within, each.rows, seed)
        first, last = np.searchsorted(chosen, [part.rows.start, part.rows.stop])
        np.save(_share_file(scratch, each, part.number), directions_of(vectors, chosen[first:last] - part.rows.start))
    return [_lengths(vectors, part.own(run)) for run in runs]


def gathered(wanted: Draw, numbers: Sequence[int], scratch: str) -> Floats:
    """A sample, (k, d) float32, of what `draw` left of the shards with these numbers."""
    return np.concatenate([np.load(_share_file(scratch, wanted, number)) for number in numbers])


def _share_file(scratch: str, wanted: Draw, number: int) -> Path:
    return Path(scratch) / f"sample-{wanted.within.start}-{wanted.rows}-{number:05}.npy"


def _lengths(vectors: Rows, rows: range) -> Lengths:
    shortest, longest = np.inf, 0.0
    for block in blocks(len(rows)):
        norms = row_norms(read_rows(vectors, slice(rows.start + block.start, rows.start + block.stop)))
        shortest = min(shortest, norms.min(where=norms > 0, initial=np.inf))
        longest = max(longest, norms.max())
    return Lengths(float(shortest), float(longest))
