"""Words and their float32 vectors, however many there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from embcompress.arrays import Array2D, Floats, Integers
from embcompress.errors import UsageError
from embcompress.saving import save_table
from embcompress.vocabulary import Vocabulary, to_bytes


class Rows(Protocol):
    """Vectors that may stay on disk: an ndarray, a memory map, or a reader of a file's rows."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""
        ...

    def __getitem__(self, rows: slice | Integers, /) -> Array2D:
        """Chosen rows, (k, d), of any float type."""
        ...


@dataclass(frozen=True)
class Repairs:
    """What a reader left out or put right, so that nothing goes missing in silence.

    Parameters
    ----------
    counts : dict of str to int
        How often each kind of repair was made.
    first : dict of str to str
        Where each kind was met first ("line 12", "byte 4096").
    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, place: str, count: int = 1) -> None:
        """Count a repair."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        self.first.setdefault(kind, place)


@dataclass(frozen=True)
class NgramRows:
    """Rows of hashed character n-grams, from which vectors of unseen words are made (Bojanowski et al. 2017).

    Parameters
    ----------
    minn, maxn : int
        Shortest and longest n-gram, in characters, ``<`` and ``>`` around the word counted.
    buckets : int
        Numbers that n-grams are hashed to.
    vectors : (k, d) array of floats
        May be a memory map.
    kept : (k,) int64, ascending, optional
        The bucket of each row; None: row i is bucket i, and ``k`` is `buckets`.
    """

    minn: int
    maxn: int
    buckets: int
    vectors: Rows
    kept: Integers | None = None


class Table:
    """A word-embedding table.

    Parameters
    ----------
    words : Vocabulary or iterable of str or bytes
        Distinct words, most frequent first where that is known.
    vectors : (n, d) array of floats
        A row a word. May be a memory map: rows are read as they are needed.
    source : str, optional
        Where the table came from, for reports.
    source_bytes : int, optional
        Size of the file it came from.
    repairs : Repairs, optional
        What its reader left out.
    counts : (n,) int64, optional
        How often each word occurred where the table was trained.
    ngrams : NgramRows, optional
        Rows that vectors of unseen words are made from.

    Raises
    ------
    UsageError
        If words and vectors do not fit together, or a word occurs twice.
    """

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: Rows,
        *,
        source: str = "",
        source_bytes: int | None = None,
        repairs: Repairs | None = None,
        counts: Integers | None = None,
        ngrams: NgramRows | None = None,
    ) -> None:
        self.words = words if isinstance(words, Vocabulary) else _distinct(words)
        self.vectors = vectors
        self.source = source
        self.source_bytes = source_bytes
        self.repairs = Repairs() if repairs is None else repairs
        self.counts = counts
        self.ngrams = ngrams
        shape = vectors.shape
        if len(shape) != 2 or shape[0] != len(self.words) or shape[1] < 1:
            raise UsageError(
                f"{len(self.words)} words do not fit vectors of shape {shape}: a row of at least one number a word"
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def __getitem__(self, word: str) -> Floats:
        """The vector of a word, (d,) float32; KeyError if there is none."""
        row = self.words.find(word)
        if row is None:
            raise KeyError(word)
        return np.asarray(self.rows(np.array([row]))[0])

    @property
    def dims(self) -> int:
        """Length d of a vector."""
        return int(self.vectors.shape[1])

    def rows(self, rows: slice | Integers) -> Floats:
        """Chosen rows, (k, d) float32."""
        return read_rows(self.vectors, rows)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Write words and float32 vectors in a format that other programs read.

        Parameters
        ----------
        path : path-like
        format : {"word2vec-binary", "word2vec-text", "glove", "npz"}, optional
            By default the file's ending tells: .bin, .txt or .vec (word2vec's text), .npz.

        Raises
        ------
        UsageError
            If the format is unknown, or cannot hold one of the words.
        FileAccessError
            If the file cannot be written.
        """
        save_table(self, path, format)

    @property
    def float32_bytes(self) -> int:
        """Bytes of the words and of float32 rows: what every ratio is measured against."""
        return float32_bytes(self.words, self.dims)


def float32_bytes(words: Sequence[str], dims: int) -> int:
    """Bytes of distinct words and of a float32 row of so many dimensions for each."""
    if isinstance(words, Vocabulary) and not len(words.mapped):
        return len(words) * dims * 4 + len(words.text)
    return len(words) * dims * 4 + sum(len(to_bytes(word)) for word in words)


def read_rows(vectors: Rows, rows: slice | Integers) -> Floats:
    """Chosen rows of vectors of any float type, (k, d) float32."""
    return np.asarray(vectors[rows], dtype=np.float32)


def _distinct(words: Iterable[str | bytes]) -> Vocabulary:
    listed = list(words)
    if len(set(listed)) != len(listed):
        seen: set[str | bytes] = set()
        twice = next(word for word in listed if word in seen or seen.add(word))  # type: ignore[func-returns-value]
        raise UsageError(f"the word {twice!r} occurs twice: a table's words are distinct")
    return Vocabulary.from_words(listed)
