"""The words nearest to a word, or to what words and vectors add up to."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any, overload

from embcompress.arrays import Floats
from embcompress.errors import EmptyError, UsageError, WrongTypeError
from embcompress.vectors._arguments import Items, Vector, as_vector, as_whole, with_weights
from embcompress.vectors._documents import Documents
from embcompress.vectors._keys import KEY_TYPES, Key
from embcompress.vectors._sums import Sum

Found = list[tuple[str, float]]
"""Words and their scores, best first; equal scores in row order."""


class Neighbours(Documents):
    """Nearest words of one question."""

    @abstractmethod
    def _best(self, asked: Sum, wanted: int) -> Found:
        """The best `wanted` words, those given left out, and their scores."""

    @overload
    def most_similar(
        self,
        positive: Items = None,
        negative: Items = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
        *,
        exact: bool = False,
    ) -> Found: ...
    @overload
    def most_similar(
        self,
        positive: Items = None,
        negative: Items = None,
        *,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
        exact: bool = False,
    ) -> Floats: ...
    def most_similar(
        self,
        positive: Items = None,
        negative: Items = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
        *,
        exact: bool = False,
    ) -> Found | Floats:
        """Words nearest to the weighted mean of what is given; the words given are left out.

        Parameters
        ----------
        positive, negative : word, row number, vector, or a list of them
            Words and rows count with their vectors scaled to length one, vectors as they are given. In a list, an item
            may be a pair with its weight, which otherwise is 1 in `positive` and -1 in `negative`.
        topn : int or None
            None: the cosines of all rows, instead of the best words.
        clip_start, clip_end : int
            Rows to choose from, as in a slice.
        restrict_vocab : int, optional
            Choose from so many first rows; overrides the two above.
        indexer : None
            There for gensim's sake: the search is ours.
        exact : bool
            Score every row, instead of the rows FAISS nominates.

        Returns
        -------
        list of (word, cosine), or (rows,) float32 if `topn` is None
            Best first; equal cosines in row order. Empty if `topn` is below 1.

        Raises
        ------
        UnknownWordError
            If words have no vector; all of them are named.
        UsageError
            If nothing is given, a vector has a wrong length or is not finite, or an argument is of a wrong type.
        """
        if isinstance(topn, Integral) and topn < 1:
            return []
        if indexer is not None:
            raise UsageError("indexer must be None: compressed tables bring their own search")
        within = self._within(clip_start, clip_end, restrict_vocab)
        terms = with_weights(positive, 1.0) + with_weights(negative, -1.0)
        if not terms:
            raise EmptyError("most_similar needs at least one word or vector")
        asked = Sum(terms, within, exact=exact)
        return self._scores(asked) if topn is None else self._best(asked, as_whole(topn, "topn"))

    @overload
    def similar_by_key(
        self, key: Key, topn: int = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found: ...
    @overload
    def similar_by_key(
        self, key: Key, topn: None, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Floats: ...
    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found | Floats:
        """Words nearest to a word; see `most_similar`."""
        if not isinstance(key, KEY_TYPES):
            raise self._unknown([key])
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab, exact=exact)

    @overload
    def similar_by_word(
        self, word: Key, topn: int = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found: ...
    @overload
    def similar_by_word(
        self, word: Key, topn: None, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Floats: ...
    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found | Floats:
        """Words nearest to a word; gensim's other name of `similar_by_key`."""
        return self.similar_by_key(word, topn, restrict_vocab, exact=exact)

    @overload
    def similar_by_vector(
        self, vector: Vector, topn: int = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found: ...
    @overload
    def similar_by_vector(
        self, vector: Vector, topn: None, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Floats: ...
    def similar_by_vector(
        self, vector: Vector, topn: int | None = 10, restrict_vocab: int | None = None, *, exact: bool = False
    ) -> Found | Floats:
        """Words nearest to a vector (d,); see `most_similar`."""
        checked = as_vector(vector, self.vector_size)
        return self.most_similar([checked], topn=topn, restrict_vocab=restrict_vocab, exact=exact)

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Cosine of two words over the sum of the cosines of `wa` with its `topn` nearest words.

        A. Leeuwenberg et al., "A Minimally Supervised Approach for Synonym Extraction with Word Embeddings", 2016,
        equation 1: for synonyms, above 0.10 with ten words.

        Raises
        ------
        UsageError
            If `topn` is below 1 or None.
        """
        nearest = self.similar_by_key(wa, as_whole(topn, "topn"))
        if not nearest:
            raise UsageError("relative_cosine_similarity needs at least one neighbour: topn is 1 or more")
        return float(self.similarity(wa, wb)) / sum(score for _, score in nearest)

    def _within(self, clip_start: Any, clip_end: Any, restrict_vocab: Any) -> range:
        """Rows to choose from, as gensim reads these arguments."""
        bounds = slice(0, restrict_vocab) if restrict_vocab else slice(clip_start, clip_end or None)
        try:
            return range(*bounds.indices(len(self)))
        except TypeError:
            raise WrongTypeError("clip_start, clip_end and restrict_vocab are whole numbers or None") from None
