"""Where gensim itself is needed: tables handed over to it, and its evaluation."""

from __future__ import annotations

import os
import warnings
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from itertools import compress
from typing import TYPE_CHECKING, Any

from embcompress.arrays import Floats
from embcompress.errors import UsageError
from embcompress.vectors._arguments import as_list
from embcompress.vectors._keys import Key
from embcompress.vectors._lookup import Lookup

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


class Gensim(Lookup):
    """Tables for gensim, and its ways to evaluate one."""

    @abstractmethod
    def _measured(self) -> Any:
        """What an evaluation reads instead of this table."""

    def to_gensim(self) -> KeyedVectors:
        """The decoded table as gensim's ``KeyedVectors``: 4 d bytes a word, and some 200 for its word.

        Words that answer with another's row do so there too.
        """
        vectors = self.vectors
        vectors.setflags(write=True)  # this copy is the new table's own
        return _keyed_vectors(list(self._words), dict(self.key_to_index.items()), vectors)

    def vectors_for_all(
        self,
        keys: Iterable[Key],
        allow_inference: bool = True,
        copy_vecattrs: bool = False,  # noqa: ARG002
    ) -> KeyedVectors:
        """A new table of chosen words, for gensim.

        Parameters
        ----------
        keys : iterable of str
            Repeated and unknown ones are left out.
        allow_inference : bool
            Make vectors of words outside the vocabulary from n-grams, if the table has them.
        copy_vecattrs : bool
            There for gensim's sake: compressed tables keep no attributes of words.

        Returns
        -------
        gensim.models.KeyedVectors
            Words in the order given.
        """
        listed = list(dict.fromkeys(as_list(keys)))
        vectors, has_vector = self._looked_up(listed, unit=False)
        kept = has_vector if allow_inference else self._rows(listed) >= 0
        chosen = list(compress(listed, kept))
        return _keyed_vectors(chosen, {key: row for row, key in enumerate(chosen)}, vectors[kept])

    def word_vec(self, *args: Any, **kwargs: Any) -> Floats:
        """Old name of `get_vector`."""
        warnings.warn("word_vec is an old name: use get_vector", DeprecationWarning, stacklevel=2)
        return self.get_vector(*args, **kwargs)

    def evaluate_word_analogies(
        self,
        analogies: str | os.PathLike[str],
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[dict[str, Any]]]:
        """Accuracy on analogies by gensim's protocol, in blocked products.

        Parameters
        ----------
        analogies : path-like
            Lines of four words, in sections that begin with ``: name``.
        restrict_vocab : int or None
            Leave out questions with a word outside so many first words.
        case_insensitive : bool
            Compare words in upper case; the first of several spellings counts.
        dummy4unknown : bool
            Count questions with unknown words as wrong, instead of leaving them out.
        similarity_function : {"most_similar"}
            gensim ignores it.

        Returns
        -------
        score : float
        sections : list of dict
            ``section``, ``correct`` and ``incorrect``; the last one is the total.
        """
        from embcompress.evaluation.gensim_measures import gensim_analogies

        if similarity_function != "most_similar":
            raise UsageError(f"similarity_function is 'most_similar', not {similarity_function!r}")
        return gensim_analogies(
            self._measured(),
            analogies,
            restrict_vocab=restrict_vocab,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
        )

    def evaluate_word_pairs(
        self,
        pairs: str | os.PathLike[str],
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
    ) -> tuple[Any, Any, float]:
        r"""Correlation of similarities with people's judgements, by gensim's protocol.

        Parameters
        ----------
        pairs : path-like
            Lines of two words and a number; those that begin with ``#`` are left out.
        delimiter, encoding : str
        restrict_vocab : int or None
            Leave out pairs with a word outside so many first words.
        case_insensitive : bool
            Compare words in upper case; the first of several spellings counts.
        dummy4unknown : bool
            Count pairs with unknown words as of similarity 0, instead of leaving them out.

        Returns
        -------
        pearson, spearman : (correlation, two-sided p-value)
        oov_ratio : float
            Percentage of pairs with unknown words.
        """
        from embcompress.evaluation.gensim_measures import gensim_pairs

        return gensim_pairs(
            self._measured(),
            pairs,
            delimiter=delimiter,
            encoding=encoding,
            restrict_vocab=restrict_vocab,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
        )

    @staticmethod
    def log_evaluate_word_pairs(pearson: Any, spearman: Any, oov: float, pairs: Any) -> None:
        """Log the result of `evaluate_word_pairs` as gensim does."""
        from gensim.models import KeyedVectors

        KeyedVectors.log_evaluate_word_pairs(pearson, spearman, oov, pairs)

    @staticmethod
    def log_accuracy(section: Mapping[str, Any]) -> None:
        """Log the accuracy of a section of `evaluate_word_analogies` as gensim does."""
        from gensim.models import KeyedVectors

        KeyedVectors.log_accuracy(section)

    @staticmethod
    def _log_evaluate_word_analogies(section: Mapping[str, Any]) -> float:
        """What gensim's own `evaluate_word_analogies` calls: log and return the accuracy of a section."""
        from gensim.models import KeyedVectors

        accuracy: float = KeyedVectors._log_evaluate_word_analogies(section)
        return accuracy


def _keyed_vectors(words: list[Any], rows: dict[Any, int], vectors: Floats) -> KeyedVectors:
    """A table of gensim's that takes over words, their rows and vectors (n, d)."""
    from gensim.models import KeyedVectors

    made = KeyedVectors(vectors.shape[1])
    made.index_to_key, made.key_to_index, made.vectors, made.next_index = words, rows, vectors, len(words)
    return made
