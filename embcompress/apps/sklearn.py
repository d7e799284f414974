"""Texts to mean word vectors, as a transformer of scikit-learn's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from embcompress.apps._opening import opened
from embcompress.arrays import Floats, directions
from embcompress.errors import WrongTypeError
from embcompress.evaluation.text_means import mean_directions
from embcompress.vectors import CompressedVectors

WORD = re.compile(r"\w+")


class EmbeddingVectorizer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Mean direction of each text's words: what ``get_mean_vector`` gives, of many texts at once.

    A word that is not in the table is looked up in lower case, and then made from n-grams if the table has them; else
    it is left out.

    Parameters
    ----------
    vectors : CompressedVectors or path-like
        An open table, or an ``.embc`` file, which `fit` opens.
    tokenizer : callable, optional
        The words of a text, such as ``str.split``. By default runs of letters, digits and ``_``.

    Attributes
    ----------
    vectors_ : CompressedVectors
        The open table: all that `fit` makes. A pickle of it is the file's path.

    Examples
    --------
    >>> classifier = make_pipeline(EmbeddingVectorizer("vectors.embc"), LogisticRegression())  # doctest: +SKIP
    """

    def __init__(
        self,
        vectors: CompressedVectors | str | os.PathLike[str],
        *,
        tokenizer: Callable[[Any], Iterable[str]] | None = None,
    ) -> None:
        self.vectors = vectors
        self.tokenizer = tokenizer

    def fit(self, texts: Iterable[Any], y: object = None) -> EmbeddingVectorizer:  # noqa: ARG002 - what pipelines pass
        """Open the table; nothing is learnt from the texts.

        Raises
        ------
        WrongTypeError
            If `vectors` is neither a table nor a path.
        FileAccessError, FormatError
            If the file cannot be opened.
        """
        self.vectors_ = opened(self.vectors)
        return self

    def transform(self, texts: Iterable[Any]) -> Floats:
        """Mean directions.

        Parameters
        ----------
        texts : iterable of str, or of what the tokenizer takes

        Returns
        -------
        (texts, d) float32
            Zero for a text without a known word.

        Raises
        ------
        WrongTypeError
            If `texts` is one text, or holds something that is none.
        """
        check_is_fitted(self)
        if isinstance(texts, str | bytes):
            raise WrongTypeError("texts are given as a list, not as one text: give [text]")
        words = list(map(self.tokenizer or _words, texts))
        spelt = {word: self._spelling(word) for word in {word for text in words for word in text}}
        known = [[spelling for word in text if (spelling := spelt[word]) is not None] for text in words]
        return mean_directions(known, self._directions, self.vectors_.vector_size)

    @property
    def _n_features_out(self) -> int:
        """How many names `get_feature_names_out` gives."""
        return self.vectors_.vector_size

    def _spelling(self, word: str) -> str | None:
        """A word as the table has a vector for it, None if it has none."""
        for spelling in (word, word.lower()):
            if spelling in self.vectors_:
                return spelling
        return word if self.vectors_.has_vector(word) else None

    def _directions(self, words: list[str]) -> Floats:
        return directions(self.vectors_[words])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def _words(text: Any) -> list[str]:
    if not isinstance(text, str):
        raise WrongTypeError(
            f"a text is a str, not {type(text).__name__}: give texts, or a tokenizer for what they are"
        )
    return WORD.findall(text)
