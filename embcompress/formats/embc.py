"""This package's own .embc files, decoded, so that they can be shrunk otherwise or written in another format."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from embcompress import file, manifest
from embcompress.arrays import Floats, Integers, blocks
from embcompress.errors import FormatError
from embcompress.formats._mapped import copy_error, unwrap
from embcompress.formats._reading import Block, Notes
from embcompress.formats._safetensors import is_embc
from embcompress.formats._source import Source
from embcompress.segment import CodedRows
from embcompress.selection import subset
from embcompress.sharded_words import in_one_vocabulary
from embcompress.table import NgramRows, Table

NAME = ".embc"

DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError)
"""What decoding raises on arrays or facts that no writer made."""


def matches(source: Source) -> bool:
    """A safetensors file with our key among its metadata."""
    return is_embc(source)


def read(source: Source, notes: Notes) -> Iterator[Block]:
    """Blocks of decoded vectors, their lengths put back."""
    notes.unit = "row"
    with _on_disk(source, notes) as path:
        try:
            yield from _blocks(source, notes, path)
        except FormatError as error:
            # The copy's path means nothing to a person.
            raise source.error(str(error).removeprefix(f"{path}: ").replace(str(path), source.name)) from None
        except DAMAGE as error:
            raise source.error(f"is a damaged .embc file ({error}); embcompress verify says which part") from None


class _Decoded:
    """Coded rows, decoded when they are asked for."""

    def __init__(self, coded: CodedRows) -> None:
        self._coded = coded
        self.shape = (len(coded), coded.dims)

    def __getitem__(self, rows: slice | Integers) -> Floats:
        with np.errstate(all="ignore"):  # damaged numbers may overflow; the rows are then left out as not finite
            return self._coded.vectors(rows)


def read_shards(folder: Path, limit: int | None) -> Table:
    """The decoded vectors of a folder of shards, at most `limit` of them; raises as `manifest.read`."""
    contents = manifest.read(folder)
    size = manifest.stored_bytes(folder)
    table = Table(in_one_vocabulary(contents.words), _Decoded(contents.rows), source=folder.name, source_bytes=size)
    return table if limit is None or limit >= len(table) else subset(table, np.arange(limit))


def _blocks(source: Source, notes: Notes, path: Path) -> Iterator[Block]:
    contents = file.read(path)
    vectors = _decoded(source, contents.rows)
    # Words that answer with another's row become words with a row of their own.
    rows = np.concatenate([np.arange(len(contents.words)), contents.words.mapped])
    words = contents.words.every_word()
    subwords = contents.subwords
    if subwords is not None:
        decoded = _decoded(source, subwords.segment)
        notes.ngrams = NgramRows(subwords.minn, subwords.maxn, subwords.buckets, decoded, subwords.kept)
    for block in blocks(len(rows), contents.rows.parts[0].codec.rows_at_once):
        names = list(islice(words, block.stop - block.start))
        position = source.size * block.stop // len(rows)
        yield Block(names, vectors[rows[block]], range(block.start, block.stop), position)


def _decoded(source: Source, coded: CodedRows) -> _Decoded:
    for part in coded.parts:
        for block in blocks(len(part)):
            if not part.codec.valid(part.codes[block]):
                raise source.error(f"has a code that stands for nothing between row {block.start} and {block.stop}")
    return _Decoded(coded)


@contextmanager
def _on_disk(source: Source, notes: Notes) -> Iterator[Path]:
    """The path of an unwrapped file: its own, or that of a copy in a temporary folder."""
    if source.rereadable:
        yield source.path
        return
    try:
        folder = tempfile.TemporaryDirectory(dir=notes.folder, ignore_cleanup_errors=True)
    except OSError as error:
        raise copy_error(notes, error) from None
    with folder as name:
        path = Path(name) / "table.embc"
        with open(path, "wb") as copy:
            unwrap(source, notes, copy)
        yield path
