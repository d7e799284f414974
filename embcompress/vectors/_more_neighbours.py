"""Nearest words in other ways: 3CosMul, many questions at once, bare matrices, and words by their beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import overload

import numpy as np

from embcompress.arrays import Floats, Integers, blocks, directions, row_norms
from embcompress.errors import UsageError, WrongTypeError
from embcompress.topk import TopK
from embcompress.vectors._arguments import Items, Vector, as_finite, as_items, as_list, as_numbers, as_whole
from embcompress.vectors._keys import Key
from embcompress.vectors._neighbours import Found, Neighbours

SMALLEST_DIVISOR = 1e-6
"""Added to 3CosMul's denominator (Levy & Goldberg 2014, equation 4)."""


class MoreNeighbours(Neighbours):
    """Nearest words in other ways."""

    @overload
    def most_similar_cosmul(
        self, positive: Items = None, negative: Items = None, topn: int = 10, restrict_vocab: int | None = None
    ) -> Found: ...
    @overload
    def most_similar_cosmul(
        self, positive: Items = None, negative: Items = None, *, topn: None, restrict_vocab: int | None = None
    ) -> Floats: ...
    def most_similar_cosmul(
        self, positive: Items = None, negative: Items = None, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Found | Floats:
        """Words by the product of their similarities to `positive` over that of those to `negative`.

        3CosMul of O. Levy & Y. Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", 2014,
        equation 4: a similarity is ``(1 + cosine) / 2``. Every row is scored.

        Parameters
        ----------
        positive, negative : word, row number, vector, or a list of them
            Vectors are not scaled to length one.
        topn : int or None
            None: the scores of all rows, instead of the best words.
        restrict_vocab : int, optional
            Choose from so many first rows. (gensim has this argument and ignores it.)

        Returns
        -------
        list of (word, score), or (rows,) float32 if `topn` is None
            Best first; the words given are left out. Empty if `topn` is below 1.

        Raises
        ------
        UnknownWordError
            If words have no vector.
        UsageError
            If `positive` is empty, or a vector has a wrong length or is not finite.
        """
        if isinstance(topn, Integral) and topn < 1:
            return []
        above, below = as_items(positive), as_items(negative)
        if not above:
            raise UsageError("most_similar_cosmul needs at least one positive word or vector")
        within = self._within(0, None, restrict_vocab)
        rows, terms = self._resolve(above + below)
        if topn is None:
            return np.concatenate(
                [self._products(terms, len(above), part) for part in _parts(within)] or [terms[:0, 0]]
            )
        given = {row for row in rows.tolist() if row >= 0}
        wanted = as_whole(topn, "topn")
        best = TopK(1, min(wanted + len(given), len(within)))
        for part in _parts(within):
            best.add(self._products(terms, len(above), part)[None], part.start)
        scores, found = best.result()
        return self._named(scores[0], found[0], given, wanted)

    def _products(self, terms: Floats, positives: int, rows: slice) -> Floats:
        """3CosMul of terms, the first `positives` of them above the line, with chosen rows, (k,) float32."""
        cosines = self.coded_rows.scores(directions(terms), rows)
        similarities = (1 + cosines * row_norms(terms)[:, None]) / 2  # (m, k)
        above, below = similarities[:positives].prod(axis=0), similarities[positives:].prod(axis=0)
        return np.asarray(above / (below + SMALLEST_DIVISOR), dtype=np.float32)

    def most_similar_batch(
        self, queries: Sequence[Key | Vector] | Vector, topn: int = 10, *, exact: bool = False
    ) -> list[Found]:
        """The words nearest to each of many words or vectors, found in one search.

        Parameters
        ----------
        queries : list of word, row number or vector, or an array (m, d)
        topn : int
        exact : bool
            Score every row, instead of the rows FAISS nominates.

        Returns
        -------
        list of list of (word, cosine)
            For each query what `most_similar` gives for it.

        Raises
        ------
        UnknownWordError
            If words have no vector; all of them are named.
        UsageError
            If `queries` is no list, or a vector has a wrong length or is not finite.
        """
        if isinstance(queries, str):
            raise UsageError("queries are a list; for one word there is most_similar")
        items = as_list(queries)
        wanted = as_whole(topn, "topn")
        if wanted < 1 or not items:
            return [[] for _ in items]
        rows, vectors = self._resolve(items)
        scores, found = self._search.nearest(directions(vectors), wanted + 1, exact=exact)
        answers = zip(scores, found, rows.tolist(), strict=True)
        return [self._named(near, words, {own}, wanted) for near, words, own in answers]

    def neighbours(self, matrix: Vector, k: int = 10, *, exact: bool = False) -> tuple[Floats, Integers]:
        """The rows nearest to each of many vectors, as arrays.

        Parameters
        ----------
        matrix : (m, d) numbers
        k : int
        exact : bool
            Score every row, instead of the rows FAISS nominates.

        Returns
        -------
        scores : (m, k) float32
            Cosines, best first; equal ones in row order.
        indices : (m, k) int64
            Fewer columns if the table has not as many rows.

        Raises
        ------
        UsageError
            If `matrix` has a wrong shape or is not finite, or `k` is below 1.
        """
        queries = as_finite(as_numbers(matrix, "vectors"))
        if queries.ndim != 2 or queries.shape[1] != self.vector_size:
            raise UsageError(f"vectors of shape {queries.shape} were given, they have to be (m, {self.vector_size})")
        if as_whole(k, "k") < 1:
            raise UsageError(f"k is {k}: ask for at least 1 neighbour")
        return self._search.nearest(directions(queries), k, exact=exact)

    def complete(self, prefix: str, limit: int = 10) -> list[str]:
        """Words that begin with `prefix`, the most frequent first.

        Parameters
        ----------
        prefix : str
        limit : int
            At most so many.

        Returns
        -------
        list of str

        Raises
        ------
        WrongTypeError
            If `prefix` is no text.
        """
        if not isinstance(prefix, str):
            raise WrongTypeError(f"a prefix is text, not {type(prefix).__name__}")
        return self._words.starting_with(prefix, as_whole(limit, "limit"))


def _parts(within: range) -> Iterator[slice]:
    """Consecutive rows in blocks."""
    return (slice(within.start + part.start, within.start + part.stop) for part in blocks(len(within)))
