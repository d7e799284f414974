"""What workers do before anything is coded: each is given paths and a few numbers, and leaves arrays in files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, inside, row_norms
from embcompress.disk import access_error
from embcompress.distributed.parts import Part
from embcompress.encode import directions_of, drawn
from embcompress.errors import UsageError
from embcompress.formats import load
from embcompress.table import Rows, read_rows

DIGEST_BYTES = 16
"""Of a word, by which words of different shards are told apart: no two of a trillion are alike by chance."""

DIGESTS_AT_ONCE = 4_000_000
"""Digests that are compared at a time, some 60 bytes each."""


class Survey(NamedTuple):
    """What a shard holds: rows, d, bytes, SHA-256 and time of change of its file, and what its reader put right."""

    rows: int
    dims: int
    bytes: int
    sha256: str
    modified: int
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
    """Read a shard, and leave its words' digests in a file, sorted, with the row of each in another.

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
    digests = np.fromiter(map(_digest, table.words.every_word()), f"S{DIGEST_BYTES}", len(table))
    order = digests.argsort()
    np.save(_digests_file(scratch, number), digests[order])
    np.save(_rows_file(scratch, number), order)
    try:
        with open(path, "rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
            state = os.fstat(source.fileno())
    except OSError as error:
        raise access_error("read", path, error) from None
    return Survey(len(table), table.dims, state.st_size, sha256, state.st_mtime_ns, dict(table.repairs.counts))


def duplicates(rows: Sequence[int], scratch: str) -> list[Integers]:
    """Of each shard, its rows (k,) whose words an earlier one has, by what `survey` left of shards of so many rows.

    Digests are compared a range at a time, so that no machine holds those of all words.
    """
    digests = [np.load(_digests_file(scratch, number), mmap_mode="r") for number in range(len(rows))]
    starts = np.linspace(0, 1 << 16, -(-sum(rows) // DIGESTS_AT_ONCE), endpoint=False).astype(int)[1:]
    edges = np.array([int(start).to_bytes(2, "big") for start in starts], dtype=f"S{DIGEST_BYTES}")
    cuts = [[0, *np.searchsorted(each, edges).tolist(), len(each)] for each in digests]
    found: list[list[Integers]] = [[] for _ in rows]
    for piece in range(len(edges) + 1):
        parts = [each[cut[piece] : cut[piece + 1]] for each, cut in zip(digests, cuts, strict=True)]
        again = np.ones(sum(map(len, parts)), dtype=bool)
        again[np.unique(np.concatenate(parts), return_index=True)[1]] = False  # the first of each, in the first shard
        for number, own in enumerate(np.split(again, np.cumsum([len(part) for part in parts])[:-1])):
            if own.any():
                places = np.load(_rows_file(scratch, number), mmap_mode="r")
                found[number].append(places[cuts[number][piece] + np.flatnonzero(own)])
    return [np.sort(np.concatenate(each)) if each else np.zeros(0, dtype=np.int64) for each in found]


def draw(part: Part, draws: Sequence[Draw], runs: Sequence[range], seed: int, scratch: str) -> list[Lengths]:
    """Leave a shard's share of every sample in a file; gives the lengths of its rows in each run of rows."""
    vectors = part.table().vectors
    for each in draws:
        chosen = drawn(each.within, each.rows, seed)
        first, last = np.searchsorted(chosen, [part.rows.start, part.rows.stop])
        np.save(_share_file(scratch, each, part.number), directions_of(vectors, chosen[first:last] - part.rows.start))
    return [_lengths(vectors, inside(run, part.rows)) for run in runs]


def gathered(wanted: Draw, numbers: Sequence[int], scratch: str) -> Floats:
    """A sample, (k, d) float32, of what `draw` left of the shards with these numbers."""
    return np.concatenate([np.load(_share_file(scratch, wanted, number)) for number in numbers])


def _digest(word: bytes) -> bytes:
    return hashlib.blake2b(word, digest_size=DIGEST_BYTES).digest()


def _digests_file(scratch: str, number: int) -> Path:
    return Path(scratch) / f"words-{number:05}.npy"


def _rows_file(scratch: str, number: int) -> Path:
    return Path(scratch) / f"rows-{number:05}.npy"


def _share_file(scratch: str, wanted: Draw, number: int) -> Path:
    return Path(scratch) / f"sample-{wanted.within.start}-{wanted.rows}-{number:05}.npy"


def _lengths(vectors: Rows, rows: range) -> Lengths:
    shortest, longest = np.inf, 0.0
    for block in blocks(len(rows)):
        norms = row_norms(read_rows(vectors, slice(rows.start + block.start, rows.start + block.stop)))
        shortest = min(shortest, norms.min(where=norms > 0, initial=np.inf))
        longest = max(longest, norms.max())
    return Lengths(float(shortest), float(longest))
