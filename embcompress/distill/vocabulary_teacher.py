"""A table of what a transformer says of a vocabulary (the recipe of model2vec, Tulkens & van Dongen 2024)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embcompress.arrays import Floats, blocks
from embcompress.distill.encoded_rows import EncodedRows
from embcompress.distill.transformer import Transformer
from embcompress.encode import Progress, no_progress
from embcompress.encodings import pca
from embcompress.errors import FormatError, UsageError
from embcompress.selection import read_words
from embcompress.table import Table

TOKENIZER = "tokenizer"
"""In place of a file of words: the model's own tokens."""

WORDS_AT_ONCE = 256

SIF = 1e-4
"""Smoothing of inverse frequencies (Arora et al. 2017)."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a transformer.

    Parameters
    ----------
    words : sequence of str
        Most frequent first.
    encode : callable
        Vectors (k, d) float32 of some of the words.
    dims : int
        Length d of a vector.
    name : str
        Tells a run from another one's: the model, and how the words are read.
    """

    words: Sequence[str]
    encode: Callable[[Sequence[str]], Floats]
    dims: int
    name: str


def asked_of(model: Transformer, vocabulary: str | os.PathLike[str]) -> Asked:
    """The words of a file, one a line, or the model's own tokens.

    Raises
    ------
    UsageError
        If the file holds no word.
    FileAccessError
        If it cannot be read.
    """
    if os.fspath(vocabulary) == TOKENIZER:
        return Asked(model.tokens(), model.of_tokens, model.dims, f"{model.name}, tokens")
    words = list(dict.fromkeys(word for line in read_words(vocabulary) if (word := line.strip())))
    if not words:
        raise UsageError(f"{os.fspath(vocabulary)} holds no word: give a file of one word a line, or {TOKENIZER}")
    return Asked([_readable(word, vocabulary) for word in words], model.of_words, model.dims, f"{model.name}, words")


def encoded(
    asked: Asked,
    *,
    dims: int | None = None,
    sif: bool = False,
    checkpoint: Path | None = None,
    progress: Progress = no_progress,
) -> Table:
    """The table of a vocabulary.

    Parameters
    ----------
    asked : Asked
    dims : int, optional
        Only so many principal axes, about the mean.
    sif : bool
        Vectors of frequent words are made shorter: times ``a / (a + p)``, a = 1e-4 and p the word's probability by
        Zipf's law for its rank, so that a text's mean is about its rare words.
    checkpoint : Path, optional
        A file that keeps what is encoded; a run that was interrupted goes on from it to the same table.
    progress : callable

    Returns
    -------
    Table

    Raises
    ------
    UsageError
        If there are not so many dimensions, or the checkpoint is of another run.
    FileAccessError
        If the checkpoint cannot be read or written.
    """
    kept = EncodedRows(checkpoint, asked.name, asked.words, WORDS_AT_ONCE)
    vectors = _encoded(asked, kept, progress)
    if dims is not None:
        if not 1 <= dims <= min(vectors.shape):
            raise UsageError(
                f"dims = {dims}: {len(vectors)} words in {vectors.shape[1]} dimensions have 1 to {min(vectors.shape)}"
            )
        vectors = pca.fit(vectors, dims).forward(vectors)
    if sif:
        shares = 1 / np.arange(2, len(vectors) + 2)
        vectors = vectors * (SIF / (SIF + shares / shares.sum())).astype(np.float32)[:, None]
    kept.remove()
    return Table(asked.words, vectors, source=asked.name)


def _encoded(asked: Asked, kept: EncodedRows, progress: Progress) -> Floats:
    """Vectors of all words, (n, d) float32; batches that the checkpoint holds are not encoded again."""
    vectors = np.empty((len(asked.words), asked.dims), dtype=np.float32)
    done = kept.read(vectors)
    for part in blocks(len(asked.words), WORDS_AT_ONCE):
        if part.start >= done:
            vectors[part] = asked.encode(asked.words[part])
            kept.add(vectors[part])
        progress("encoding words", part.stop, len(asked.words))
    return vectors


def _readable(word: str, path: str | os.PathLike[str]) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise FormatError(f"{os.fspath(path)}: {word!r} is not UTF-8: transformers read Unicode text only") from None
    return word
