"""What a format hands over, and what becomes of it: cleaned words, and vectors that need not fit in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from embcompress.arrays import Array2D, Floats, Integers, Mask
from embcompress.disk import access_error
from embcompress.formats._source import Source
from embcompress.table import NgramRows, Repairs, Rows, Table
from embcompress.text import is_utf8
from embcompress.vocabulary import Vocabulary, to_text


@dataclass(frozen=True)
class Block:
    """Some rows of a table, as they stand in the file.

    Parameters
    ----------
    words : list of bytes
    vectors : (k, d) array of floats
    places : sequence of int
        Line, byte or row of each word in the file.
    position : int
        Bytes of the file read so far.
    offsets : (k,) int64, optional
        Where in an unwrapped file each row's float32 numbers begin: such rows are read again when they are needed,
        instead of being kept.
    counts : (k,) int64, optional
        How often each word occurred where the table was trained; of all blocks of a file or of none.
    """

    words: list[bytes]
    vectors: Array2D
    places: Sequence[int] | Integers
    position: int
    offsets: Integers | None = None
    counts: Integers | None = None


@dataclass
class Notes:
    """Takes down what a reader leaves out or puts right; under `strict` the first such thing is an error.

    Parameters
    ----------
    source : Source
    strict : bool
    unit : str
        What places count: ``line``, ``byte`` or ``row``.
    ngrams : NgramRows or None
        Set by a reader whose file holds rows of n-grams.
    folder : str or None
        Where temporary files are made; None is the system's folder for them.
    """

    source: Source
    strict: bool
    unit: str = "line"
    repairs: Repairs = field(default_factory=Repairs)
    ngrams: NgramRows | None = None
    folder: str | None = None

    def at(self, place: int | np.signedinteger[Any]) -> str:
        """A place in the file, in words."""
        return f"{self.unit} {place}"

    def add(self, kind: str, place: int | np.signedinteger[Any], count: int = 1, detail: str = "") -> None:
        """Count `count` repairs of a kind, the first of them at `place`."""
        where = self.at(place)
        if self.strict:
            raise self.source.error(f"{where}: {kind}{detail} (without --strict such things are left out and counted)")
        self.repairs.note(kind, where, count)


class FileRows:
    """float32 rows at known offsets of a file, read when they are asked for.

    Parameters
    ----------
    path : Path
    offsets : (n,) int64
    dims : int
    """

    def __init__(self, path: Path, offsets: Integers, dims: int) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._offsets = offsets
        self.shape = (len(offsets), dims)

    def __getitem__(self, rows: slice | Integers) -> Floats:
        size = 4 * self.shape[1]
        view = self._bytes.data
        content = b"".join([view[start : start + size] for start in self._offsets[rows].tolist()])
        return np.frombuffer(content, dtype="<f4").reshape(-1, self.shape[1])


class Collector:
    """Gathers the usable rows of blocks: the first of every word, finite, not all zero.

    Rows that can be read again later are remembered by their offsets; others go to a temporary file without a name,
    which the operating system removes however the program ends.

    Parameters
    ----------
    notes : Notes
    limit : int or None
        Stop after this many rows.
    """

    def __init__(self, notes: Notes, limit: int | None) -> None:
        self._notes = notes
        self._limit = limit
        self._seen: set[bytes] = set()
        self._words: list[bytes] = []
        self._offsets: list[Integers] = []
        self._counts: list[Integers] = []
        self._spool: IO[bytes] | None = None
        self._dims = 0
        self._dtype: np.dtype[np.floating[Any]] = np.dtype("<f4")

    def close(self) -> None:
        """Let go of the temporary file; a table that was made keeps its rows."""
        if self._spool is not None:
            self._spool.close()

    def take(self, block: Block) -> bool:
        """Keep what is usable; False once there is enough."""
        keep = self._usable(block)
        kept = np.flatnonzero(keep)
        if self._limit is not None:
            kept = kept[: self._limit - len(self._words)]
        self._words += block.words if len(kept) == len(keep) else [block.words[place] for place in kept.tolist()]
        self._dims = block.vectors.shape[1]
        if block.counts is not None:
            self._counts.append(block.counts[kept])
        if block.offsets is not None:
            self._offsets.append(block.offsets[kept])
        else:
            self._write(block.vectors[kept])
        return self._limit is None or len(self._words) < self._limit

    def table(self) -> Table:
        """The rows taken so far, as a table."""
        source = self._notes.source
        if not self._words:
            found = ", ".join(f"{count} {kind}" for kind, count in self._notes.repairs.counts.items())
            raise source.error(f"has no usable row{': left out ' + found if found else ''}")
        rows: Rows
        if self._offsets:
            rows = FileRows(source.path, np.concatenate(self._offsets), self._dims)
        else:
            assert self._spool is not None
            self._spool.flush()
            rows = np.memmap(self._spool, dtype=self._dtype, mode="r", shape=(len(self._words), self._dims))
        return Table(
            Vocabulary.from_words(self._words),
            rows,
            source=source.path.name,
            source_bytes=source.size,
            repairs=self._notes.repairs,
            counts=np.concatenate(self._counts) if self._counts else None,
            ngrams=self._notes.ngrams,
        )

    def _usable(self, block: Block) -> Mask:
        keep = self._sound(block)
        fresh = set(block.words)
        plain = len(fresh) == len(block.words) and b"" not in fresh and b"".join(block.words).isascii()
        if plain and keep.all() and self._seen.isdisjoint(fresh):
            self._seen |= fresh  # as nearly all blocks are: no word needs a look of its own
        else:
            self._leave_out_words(keep, block)
        return keep

    def _leave_out_words(self, keep: Mask, block: Block) -> None:
        """Take words that are empty or not new out of `keep`; count those that are not UTF-8."""
        for place in np.flatnonzero(keep).tolist():
            word = block.words[place]
            if not word:
                self._notes.add("rows without a word", block.places[place])
            elif word in self._seen:
                self._notes.add("duplicate words", block.places[place], detail=f", here {to_text(word)!r}")
            else:
                self._seen.add(word)
                if not word.isascii() and not is_utf8(word):
                    where = self._notes.at(block.places[place])
                    self._notes.repairs.note("words that are not UTF-8, kept byte for byte", where)
                continue
            keep[place] = False

    def _sound(self, block: Block) -> Mask:
        """Which rows are finite and not all zero; a sum of squares tells at once for nearly all of them."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            squares = np.vecdot(block.vectors, block.vectors)
            sound: Mask = np.asarray((squares > 0) & (squares < np.inf))
        doubtful = np.flatnonzero(~sound)
        if not len(doubtful):
            return sound
        rows = block.vectors[doubtful]  # squares overflow and vanish before numbers do
        infinite, empty = np.zeros_like(sound), np.zeros_like(sound)
        with np.errstate(invalid="ignore"):
            infinite[doubtful] = ~np.isfinite(rows).all(axis=1)
            empty[doubtful] = ~rows.any(axis=1)
        self._leave_out("rows with a number that is not finite", infinite, block)
        self._leave_out("rows of zeros", empty, block)
        return np.asarray(~(infinite | empty))

    def _leave_out(self, kind: str, rows: Mask, block: Block) -> None:
        count = int(rows.sum())
        if count:
            self._notes.add(kind, block.places[int(rows.argmax())], count)

    def _write(self, vectors: Array2D) -> None:
        try:
            if self._spool is None:
                self._spool = tempfile.TemporaryFile(dir=self._notes.folder)  # noqa: SIM115 - the table's memory map goes on using it
                self._dtype = np.dtype("<f2") if vectors.dtype == np.float16 else np.dtype("<f4")
            self._spool.write(np.ascontiguousarray(vectors, dtype=self._dtype).data)
        except OSError as error:
            raise access_error(
                "write a temporary file in", self._notes.folder or tempfile.gettempdir(), error
            ) from None


def checked_dims(source: Source, dims: int) -> int:
    """`dims` if a table can have it."""
    if not 1 <= dims <= MOST_DIMS:
        raise source.error(f"says its vectors have {dims} numbers, allowed are 1 to {MOST_DIMS}")
    return dims


MOST_DIMS = 1_000_000
"""Longest vector that is believed: a damaged header must not lead to rows of gigabytes."""
