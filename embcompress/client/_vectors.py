"""The reading methods of a table that a service holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, directions
from embcompress.client._table import RemoteTable
from embcompress.client._words import RemoteWords
from embcompress.vectors.reading import Found, Key, Reading, Sum, Vector, as_finite, as_vector

if TYPE_CHECKING:
    from gensim.models import KeyedVectors


class RemoteVectors(Reading):
    """A table of a service, with the reading methods of `CompressedVectors`: the same arguments, results, exceptions.

    Made by `connect`. Any number of threads may ask at once; requests of many words, rows or vectors are cut into what
    the service takes at a time, while a question for more neighbours than it gives of one (10,000, unless it was
    started otherwise) is a UsageError. Use it in a ``with`` statement, or `close` it.

    Look-ups, cosines and neighbours take one request, and row numbers and `closer_than` one or two more. ``vectors``,
    `get_normed_vectors`, `to_gensim` and the ``evaluate_`` methods fetch the whole table. What is about codes and files
    is not there: ``coded_rows``, ``segment``, ``lists``, ``nprobe``, `build_ivf`, `save`, `save_word2vec_format`,
    `to_table` and ``path``. Words that answer with another's row are found, but not listed by ``key_to_index``.

    Parameters
    ----------
    table : RemoteTable
    """

    _words: RemoteWords

    def __init__(self, table: RemoteTable) -> None:
        super().__init__(RemoteWords(table))
        self._table = table
        self.name = table.name
        self.metadata = table.facts

    def __enter__(self) -> RemoteVectors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._table.close()

    def __repr__(self) -> str:
        return f"<RemoteVectors: {len(self)} words x {self.vector_size} dimensions, {self.spec}>"

    @property
    def index_to_key(self) -> RemoteWords:
        """The words by row: a sequence of str."""
        return self._words

    @property
    def spec(self) -> str:
        """The spec the table was encoded with."""
        return str(self.metadata["spec"])

    @property
    def vector_size(self) -> int:
        """Length d of a vector."""
        return self._table.dims

    @property
    def ngrams(self) -> int:
        """Rows of n-grams that vectors of unseen words are made from."""
        return int(self.metadata["ngrams"])

    @property
    def norms(self) -> Floats:
        """Length of each vector, (n,) float32, asked for at each use."""
        return self._table.norms()

    def has_vector(self, word: object) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""
        return bool(self._looked_up([word], unit=False)[1][0])

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Vector of a word (d,) float32, the caller's own; see `CompressedVectors.get_vector`."""
        return np.asarray(self._vectors([key], unit=norm)[0])

    def _of_rows(self, rows: slice, *, unit: bool) -> Floats:
        vectors = self._table.vectors("rows", range(len(self))[rows])
        return directions(vectors) if unit else vectors

    def _looked_up(self, keys: Sequence[Any], *, unit: bool) -> tuple[Floats, Mask]:
        is_name = np.array([self._is_name(key) for key in keys], dtype=bool)
        vectors = np.full((len(keys), self.vector_size), np.nan, dtype=np.float32)
        if is_name.any():
            vectors[is_name] = self._table.vectors("words", [key for key in keys if self._is_name(key)])
        if not is_name.all():
            places = np.flatnonzero(~is_name)
            rows = self._rows([keys[place] for place in places.tolist()])
            vectors[places[rows >= 0]] = self._table.vectors("rows", rows[rows >= 0].tolist())
        known = ~np.isnan(vectors[:, 0])
        vectors[~known] = 0
        return directions(vectors) if unit else vectors, known

    def _scores(self, asked: Sum) -> Floats:
        return self._table.scores(self._question(asked))

    def _best(self, asked: Sum, wanted: int) -> Found:
        (_, weight), *more = asked.terms
        if not (more or asked.multiply or asked.exact) and 0 < weight < np.inf and asked.within == range(len(self)):
            # Of one vector, the mean has the same direction; and the service gathers such questions with others'.
            return self._best_of_each(asked.items, wanted, asked.within, exact=False)[0]
        question = self._question(asked) | {"k": wanted}
        return self._table.best(question | ({"exact": True} if asked.exact else {}))

    def _best_of_each(self, items: list[Key | Vector], wanted: int, within: range, exact: bool) -> list[Found]:
        terms = self._as_json(items)
        found: list[Found | None] = [None] * len(terms)
        for kind, of_kind in (("words", str), ("vectors", list)):
            places = [place for place, term in enumerate(terms) if isinstance(term, of_kind)]
            asked = [terms[place] for place in places]
            answers = self._table.neighbours(kind, asked, self._options(wanted, within, exact))
            for place, each in zip(places, answers, strict=True):
                found[place] = each
        self._all_known(terms, np.array([each is not None for each in found]))
        return [each for each in found if each is not None]

    def _nearest(self, queries: Floats, k: int, within: range, exact: bool) -> tuple[Floats, Integers]:
        scores, rows = self._table.search(queries, self._options(k, within, exact))
        shape = len(queries), min(k, len(within))
        return scores.reshape(shape), rows.reshape(shape)

    def _words_of(self, rows: Integers) -> list[str]:
        return self._table.words(rows.tolist())

    def _measured(self) -> KeyedVectors:
        return self.to_gensim()

    def _is_name(self, key: object) -> bool:
        """Whether the service knows a key by itself: row numbers, and names that were assigned to rows, it does not."""
        return isinstance(key, str) and self._assigned is None

    def _as_json(self, items: Sequence[Key | Vector]) -> list[Any]:
        """Words, and vectors as lists of numbers."""
        others = [item for item in items if not isinstance(item, np.ndarray) and not self._is_name(item)]
        rows = self._rows(others)
        self._all_known(others, rows >= 0)
        spelt = iter(self._words_of(rows))
        return [
            as_vector(item, self.vector_size).tolist()
            if isinstance(item, np.ndarray)
            else item
            if self._is_name(item)
            else next(spelt)
            for item in items
        ]

    def _question(self, asked: Sum) -> dict[str, Any]:
        """A sum as the service is asked for it."""
        weights = as_finite(np.array([weight for _, weight in asked.terms])).tolist()
        terms = list(zip(self._as_json(asked.items), weights, strict=True))
        if asked.multiply:
            above, below = ([term for term, weight in terms if (weight > 0) == side] for side in (True, False))
            return {"positive": above, "negative": below, "method": "3cosmul", "restrict_vocab": asked.within.stop}
        weighted = [term if weight == 1 else {"item": term, "weight": weight} for term, weight in terms]
        within = asked.within or range(len(self), len(self))
        return {"positive": weighted, "clip_start": within.start, "clip_end": within.stop}

    def _options(self, k: int, within: range, exact: bool) -> dict[str, Any]:
        return {"k": k, "exact": exact, "restrict_vocab": within.stop if within.stop < len(self) else None}
