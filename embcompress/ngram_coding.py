"""Rows of n-grams: which are worth keeping, and their code."""

from __future__ import annotations

from itertools import islice

import numpy as np

from embcompress.arrays import BLOCK_ROWS, Array2D, Doubles, Integers, blocks, row_norms
from embcompress.encode import Progress, encode, fit, no_progress, sample_directions, split_head
from embcompress.ngrams import ngrams_of_words
from embcompress.selection import SelectedRows
from embcompress.spec import Spec
from embcompress.subwords import Subwords
from embcompress.table import NgramRows, Rows, Table, read_rows


def most_useful(table: Table, ngrams: NgramRows, count: int) -> NgramRows:
    """The `count` rows of n-grams that unseen words will miss least.

    A row's importance is how often its n-grams occur in the vocabulary, each word weighing as often as it occurred in
    the corpus where that is known, times the row's length.

    Parameters
    ----------
    table : Table
        Words, and their counts if there are any.
    ngrams : NgramRows
    count : int

    Returns
    -------
    NgramRows
        At most `count` rows.
    """
    rows = ngrams.vectors.shape[0]
    buckets = np.arange(rows) if ngrams.kept is None else ngrams.kept
    if count >= rows:
        return ngrams
    importance = _usage(table, ngrams)[buckets]
    for part in blocks(rows):
        importance[part] *= row_norms(read_rows(ngrams.vectors, part))
    chosen = np.sort(np.argsort(-importance, kind="stable")[:count])
    kept = SelectedRows(ngrams.vectors, chosen)
    return NgramRows(ngrams.minn, ngrams.maxn, ngrams.buckets, kept, buckets[chosen])


def encode_ngrams(
    ngrams: NgramRows,
    spec: Spec,
    *,
    seed: int,
    sample_rows: int,
    block_rows: int = BLOCK_ROWS,
    progress: Progress = no_progress,
) -> Subwords:
    """Code rows of n-grams with a codec fitted to them; a head is for words only."""
    vectors = _FiniteRows(ngrams.vectors)
    codec = fit(split_head(spec)[1], sample_directions(vectors, sample_rows, seed), seed=seed)
    segment = encode(
        vectors, codec, lambda _, done, total: progress("encoding n-grams", done, total), block_rows=block_rows
    )
    kept = None if ngrams.kept is None else ngrams.kept.astype(np.int32)
    return Subwords(ngrams.minn, ngrams.maxn, ngrams.buckets, segment, kept)


def _usage(table: Table, ngrams: NgramRows) -> Doubles:
    """How often each bucket's n-grams occur in the words of a table, (buckets,) float64."""
    usage = np.zeros(ngrams.buckets)
    weights = np.ones(len(table)) if table.counts is None else np.maximum(table.counts, 1).astype(np.float64)
    words = table.words.every_word()
    for part in blocks(len(table)):
        found, sizes = ngrams_of_words(
            list(islice(words, part.stop - part.start)), ngrams.minn, ngrams.maxn, ngrams.buckets
        )
        usage += np.bincount(found, np.repeat(weights[part], sizes), ngrams.buckets)
    return usage


class _FiniteRows:
    """Rows of n-grams, those with a number that is not finite as zeros: they have no word to be left out by."""

    def __init__(self, vectors: Rows) -> None:
        self._vectors = vectors
        self.shape = vectors.shape

    def __getitem__(self, rows: slice | Integers) -> Array2D:
        found = read_rows(self._vectors, rows)
        finite = np.asarray(np.isfinite(found).all(axis=1))
        return found if finite.all() else np.where(finite[:, None], found, np.float32(0))
