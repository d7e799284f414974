"""What the service asks of an open table: batches in, with unknown words told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, directions
from embcompress.errors import UnknownWordError, UsageError
from embcompress.vectors import CompressedVectors

Found = list[tuple[str, float]]
Query = str | np.ndarray[Any, Any]
Term = Query | tuple[Query, float]

LONGEST_UNSEEN = 1000
"""Characters of a word that a vector is made of n-grams for."""


def rows_of(vectors: CompressedVectors, words: Sequence[str]) -> tuple[Integers, Mask]:
    """Row of each word (m,), -1 for none, and whether it has a vector (m,), from its row or made of n-grams."""
    rows = vectors.index_to_key.find_all(words)
    known = rows >= 0
    if vectors.ngrams:
        for place in np.flatnonzero(~known).tolist():
            known[place] = len(words[place]) <= LONGEST_UNSEEN and vectors.has_vector(words[place])
    return rows, known


def existing(vectors: CompressedVectors, rows: Sequence[int]) -> Integers:
    """Rows (m,), -1 instead of those that there are not."""
    return np.array([row if row < len(vectors) else -1 for row in rows], dtype=np.int64)


def lookup(vectors: CompressedVectors, words: Sequence[str]) -> tuple[Floats, Integers, Mask]:
    """Vectors of words (m, d), NaN where a word has none; their rows and whether they have one as `rows_of` gives."""
    rows, known = rows_of(vectors, words)
    matrix = decoded(vectors, rows)
    for place in np.flatnonzero(known & (rows < 0)).tolist():
        matrix[place] = vectors.get_vector(words[place])
    return matrix, rows, known


def decoded(vectors: CompressedVectors, rows: Integers) -> Floats:
    """Vectors of rows (m, d), NaN where there is none."""
    matrix = np.full((len(rows), vectors.vector_size), np.nan, dtype=np.float32)
    in_table = rows >= 0
    if in_table.any():
        matrix[in_table] = vectors.coded_rows.vectors(rows[in_table])
    return matrix


def spelt(vectors: CompressedVectors, rows: Integers) -> list[str | None]:
    """The words of rows (m,), None where there is none."""
    words = vectors.index_to_key
    if len(rows) and rows[0] >= 0 and (np.diff(rows) == 1).all():  # as whoever lists them asks
        return list(words[int(rows[0]) : int(rows[-1]) + 1])
    return [words[row] if row >= 0 else None for row in rows.tolist()]


def unknown_words(words: Sequence[str], known: Mask) -> list[str]:
    """The words that have no vector, each once."""
    return list(dict.fromkeys(words[place] for place in np.flatnonzero(~known).tolist()))


def unknown(vectors: CompressedVectors, words: list[str]) -> UnknownWordError:
    """What to raise for words that have no vector, with near spellings of the first."""
    return UnknownWordError(words, vectors.index_to_key.near(words[0]))


def neighbours(
    vectors: CompressedVectors,
    queries: Sequence[Query],
    k: int,
    *,
    exact: bool = False,
    restrict_vocab: int | None = None,
) -> list[Found | None]:
    """What `most_similar` gives for each word or vector; None for words that have no vector.

    Raises
    ------
    UsageError
        If a vector has a wrong length or is not finite.
    """
    places = range(len(queries))
    if queries and isinstance(queries[0], str):
        places = np.flatnonzero(rows_of(vectors, queries)[1]).tolist()  # type: ignore[arg-type,assignment]
    asked = [queries[place] for place in places]
    found = vectors.most_similar_batch(asked, k, restrict_vocab, exact=exact)
    answers: list[Found | None] = [None] * len(queries)
    for place, each in zip(places, found, strict=True):
        answers[place] = each
    return answers


def summed(
    vectors: CompressedVectors,
    positive: Sequence[Term],
    negative: Sequence[Term],
    topn: Any,
    *,
    multiply: bool,
    exact: bool = False,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
) -> Any:
    """What `most_similar`, or `most_similar_cosmul` to multiply, gives for positive and negative words and vectors.

    Raises
    ------
    UnknownWordError
        If words have no vector.
    UsageError
        If a vector has a wrong length or is not finite, or 3CosMul is asked for without a positive one.
    """
    terms = [*positive, *negative]
    items = [term[0] if isinstance(term, tuple) else term for term in terms]
    words = [item for item in items if isinstance(item, str)]
    missing = unknown_words(words, rows_of(vectors, words)[1])
    if missing:
        raise unknown(vectors, missing)
    if not multiply:
        return vectors.most_similar(
            list(positive), list(negative), topn, clip_start, clip_end, restrict_vocab, exact=exact
        )
    if exact or clip_start or clip_end is not None or any(isinstance(term, tuple) for term in terms):
        raise UsageError("exact, weights, clip_start and clip_end belong to method 3cosadd")
    return vectors.most_similar_cosmul(list(positive), list(negative), topn, restrict_vocab)


def similarities(vectors: CompressedVectors, pairs: Sequence[tuple[str, str]]) -> tuple[list[float | None], list[str]]:
    """Cosine of the words of each pair, None where one has no vector, and the words that have none."""
    words = list(dict.fromkeys(word for pair in pairs for word in pair))
    matrix, _, known = lookup(vectors, words)
    matrix[known] = directions(matrix[known])
    place = {word: number for number, word in enumerate(words)}
    first, second = (np.array([place[pair[side]] for pair in pairs], dtype=np.int64) for side in (0, 1))
    cosines = np.vecdot(matrix[first], matrix[second]).tolist()
    return [None if np.isnan(cosine) else cosine for cosine in cosines], unknown_words(words, known)
