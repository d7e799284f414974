"""finalfusion's .fifu: words, and their rows dense or product-quantized, with the rows' lengths apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from embcompress.arrays import Array2D, Floats, Integers, blocks
from embcompress.formats._finalfusion import Bounded, Chunk, Dense, Quantized, dense, norms, quantized
from embcompress.formats._mapped import mapped
from embcompress.formats._reading import Block, Notes
from embcompress.formats._source import Source
from embcompress.ngrams import LONGEST_NGRAM
from embcompress.table import NgramRows

NAME = "finalfusion .fifu"
MAGIC = b"FiFu"
FIRST_CHUNK = 12

SIMPLE, DENSE, BUCKETS, QUANTIZED, METADATA, NORMS, FASTTEXT, EXPLICIT, FLORET = range(1, 10)
"""Chunk identifiers."""

WORDS = {SIMPLE: "Q", BUCKETS: "QIII", FASTTEXT: "QIII", EXPLICIT: "QQII"}
"""Numbers that chunks of words begin with, how many words there are first among them."""


def matches(source: Source) -> bool:
    """Magic bytes, and a version below 256."""
    return source.head.startswith(MAGIC) and source.head[5:8] == bytes(3)


def read(source: Source, notes: Notes) -> Iterator[Block]:
    """Blocks of rows; where an unwrapped file holds them just so they carry offsets, and nothing is copied.

    Rows of n-grams hashed as fastText does are noted for unseen words; those of other n-grams are left out.
    """
    notes.unit = "row"
    parts = _parts(Bounded(source, mapped(source, notes)))
    storage, count = parts.storage, len(parts.vocabulary.words)
    if storage.shape[0] < count or (parts.norms is not None and len(parts.norms) != count):
        lengths = "" if parts.norms is None else f" and {len(parts.norms)} norms"
        raise source.error(f"has {count} words, {storage.shape[0]} rows{lengths}: one a word belongs")
    _note_ngrams(notes, parts)
    for block in blocks(count):
        rows = np.arange(block.start, block.stop)
        lazy = isinstance(storage, Dense) and parts.norms is None and source.rereadable
        offsets = storage.start + 4 * storage.shape[1] * rows if isinstance(storage, Dense) and lazy else None
        words = parts.vocabulary.words[block]
        yield Block(words, _vectors(parts, rows), rows.tolist(), source.size * block.stop // count, offsets)


class _Vocabulary(NamedTuple):
    """Words, the byte after their chunk, and how n-grams are hashed if that is as fastText does."""

    words: list[bytes]
    end: int
    hashing: tuple[int, int, int] | None


class _Parts(NamedTuple):
    """What the chunks of a file hold."""

    vocabulary: _Vocabulary
    storage: Dense | Quantized
    norms: Floats | None


def _parts(file: Bounded) -> _Parts:
    version, count = file.numbers("II", len(MAGIC))
    if version != 0:
        raise file.source.error(f"is of finalfusion's format version {version}, this release reads 0")
    start = FIRST_CHUNK + 4 * count
    vocabulary, storage, lengths = None, None, None
    for kind in file.numbers(f"{count}I", FIRST_CHUNK):
        chunk = _chunk(file, kind, start)
        start = chunk.end
        if kind in WORDS:
            vocabulary = _vocabulary(file, chunk)
            start = vocabulary.end  # chunks with n-grams are known that give a length too short
        elif kind in (DENSE, QUANTIZED):
            storage = dense(file, chunk) if kind == DENSE else quantized(file, chunk)
        elif kind == NORMS:
            lengths = norms(file, chunk)
        elif kind == FLORET:
            raise file.source.error("is of floret: rows of hashes and no words, so there is no table in it")
    if vocabulary is None or storage is None:
        raise file.source.error(f"has no chunk of {'words' if vocabulary is None else 'vectors'}")
    return _Parts(vocabulary, storage, lengths)


def _chunk(file: Bounded, kind: int, start: int) -> Chunk:
    found, size = file.numbers("IQ", start)
    if found != kind:
        raise file.source.error(f"byte {start}: has a chunk {found} where its header promises {kind}")
    chunk = Chunk(kind, start + 12, start + 12 + size)
    file.check(chunk.start, chunk.end)
    return chunk


def _vocabulary(file: Bounded, chunk: Chunk) -> _Vocabulary:
    count, *facts = file.numbers(WORDS[chunk.kind], chunk.start)
    start = chunk.start + (8 if chunk.kind == SIMPLE else 24 if chunk.kind == EXPLICIT else 20)
    words, end = _texts(file, start, count, 0)
    if chunk.kind == EXPLICIT:
        _, end = _texts(file, end, facts[0], 8)
    return _Vocabulary(words, end, (facts[0], facts[1], facts[2]) if chunk.kind == FASTTEXT else None)


def _texts(file: Bounded, start: int, count: int, between: int) -> tuple[list[bytes], int]:
    """`count` texts, each after its length and before `between` other bytes; and the byte after them all."""
    file.check(start, start + count * (4 + between))
    texts = []
    for _ in range(count):
        (size,) = file.numbers("I", start)
        end = start + 4 + size
        file.check(start, end)
        texts.append(bytes(file.content.data[start + 4 : end]))
        start = end + between
    return texts, start


def _note_ngrams(notes: Notes, parts: _Parts) -> None:
    """Take down the rows that follow the words'."""
    count = len(parts.vocabulary.words)
    rest = parts.storage.after(count)
    hashing = parts.vocabulary.hashing
    if hashing is not None and hashing[2] == rest.shape[0] > 0:
        minn, maxn, buckets = hashing
        if not 1 <= minn <= maxn <= LONGEST_NGRAM:
            raise notes.source.error(f"has n-grams of {minn} to {maxn} characters, 1 to {LONGEST_NGRAM} can be read")
        notes.ngrams = NgramRows(minn, maxn, buckets, rest)
    elif rest.shape[0]:
        notes.add("rows of n-grams that this reader leaves out", count, rest.shape[0])


def _vectors(parts: _Parts, rows: Integers) -> Array2D:
    vectors = parts.storage[rows]
    if parts.norms is None:
        return vectors
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(vectors * parts.norms[rows, None])
