"""Nearest words in other ways: 3CosMul, many questions at once, bare matrices, and words by their beginning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Integral
from typing import overload

from embcompress.arrays import Floats, Integers, directions
from embcompress.errors import UsageError, WrongTypeError
from embcompress.vectors._arguments import Items, Vector, as_finite, as_items, as_list, as_numbers, as_whole
from embcompress.vectors._keys import Key
from embcompress.vectors._neighbours import Found, Neighbours
from embcompress.vectors._sums import Sum


class MoreNeighbours(Neighbours):
    """Nearest words in other ways."""

    @abstractmethod
    def _best_of_each(self, items: list[Key | Vector], wanted: int, within: range, exact: bool) -> list[Found]:
        """The best `wanted` words of each item, itself left out, and their cosines."""

    @abstractmethod
    def _nearest(self, queries: Floats, k: int, within: range, exact: bool) -> tuple[Floats, Integers]:
        """Scores and rows, (m, k), of the rows nearest to each query (m, d) of length one."""

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
        terms = [(item, 1.0) for item in above] + [(item, -1.0) for item in below]
        asked = Sum(terms, self._within(0, None, restrict_vocab), multiply=True)
        return self._scores(asked) if topn is None else self._best(asked, as_whole(topn, "topn"))

    def most_similar_batch(
        self,
        queries: Sequence[Key | Vector] | Vector,
        topn: int = 10,
        restrict_vocab: int | None = None,
        *,
        exact: bool = False,
    ) -> list[Found]:
        """The words nearest to each of many words or vectors, found in one search.

        Parameters
        ----------
        queries : list of word, row number or vector, or an array (m, d)
        topn : int
        restrict_vocab : int, optional
            Choose from so many first rows.
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
        wanted, within = as_whole(topn, "topn"), self._within(0, None, restrict_vocab)
        return self._best_of_each(items, wanted, within, exact) if wanted > 0 and items else [[] for _ in items]

    def neighbours(
        self, matrix: Vector, k: int = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> tuple[Floats, Integers]:
        """The rows nearest to each of many vectors, as arrays.

        Parameters
        ----------
        matrix : (m, d) numbers
        k : int
        restrict_vocab : int, optional
            Choose from so many first rows.
        exact : bool
            Score every row, instead of the rows FAISS nominates.

        Returns
        -------
        scores : (m, k) float32
            Cosines, best first; equal ones in row order.
        indices : (m, k) int64
            Fewer columns if there are not as many rows to choose from.

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
        return self._nearest(directions(queries), k, self._within(0, None, restrict_vocab), exact)

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
