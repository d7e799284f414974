"""fastText's vectors of words: the mean of a word's own row and of the rows of its n-grams."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.ngrams import kept_places, ngrams_of_words
from embcompress.table import NgramRows, Rows


def finished_rows(words: list[bytes], own: Floats, ngrams: NgramRows) -> Floats:
    """Means of words' own rows and those of their n-grams; an n-gram that was pruned is as if it were not there.

    Parameters
    ----------
    words : list of bytes
    own : (k, d) float32
        The words' own rows.
    ngrams : NgramRows

    Returns
    -------
    (k, d) float32
    """
    rows, sizes = ngrams_of_words(words, ngrams.minn, ngrams.maxn, ngrams.buckets)
    if ngrams.kept is not None:
        owners = np.repeat(np.arange(len(words)), sizes)
        places, there = kept_places(ngrams.kept, rows)
        rows, sizes = places[there], np.bincount(owners[there], minlength=len(words))
    return _means(own, rows, sizes, ngrams.vectors)


def _means(own: Floats, rows: Integers, sizes: Integers, vectors: Rows) -> Floats:
    """Means of each own row and as many of `rows` as `sizes` says, added up in fastText's order.

    The words with most n-grams first, so that the i-th n-grams of all words that have one are added at once.
    """
    order = np.argsort(-sizes, kind="stable")
    starts, sizes = (np.cumsum(sizes) - sizes)[order], sizes[order]
    sums = own[order]
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is left out and counted later
        for added, having in enumerate(np.searchsorted(-sizes, -np.arange(sizes[0])).tolist()):
            sums[:having] += vectors[rows[starts[:having] + added]]
        sums /= (sizes + 1)[:, None].astype(np.float32)
    means = np.empty_like(sums)
    means[order] = sums
    return means
