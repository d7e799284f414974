"""A compressed table that answers, shaped like gensim's ``KeyedVectors``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np

from embcompress import file
from embcompress.arrays import Floats, Integers, directions
from embcompress.errors import UnknownWordError, UsageError
from embcompress.search import Search
from embcompress.segment import Segment
from embcompress.subwords import Subwords
from embcompress.vocabulary import Vocabulary

Key = str | int | np.integer[Any]
Item = Key | np.ndarray[Any, Any]


def open(path: str | os.PathLike[str]) -> CompressedVectors:
    """Open an ``.embc`` file: memory-mapped, nothing but its header is read.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    CompressedVectors

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    FormatError
        If it is not an ``.embc`` file, or is damaged.
    """
    contents = file.read(path)
    return CompressedVectors(contents.words, contents.segment, contents.metadata, contents.subwords)


class CompressedVectors:
    """Words and coded vectors; look-ups, similarity and neighbours straight from the codes.

    Made by `open` and `shrink`. Similarity is the cosine of decoded vectors, so that ``most_similar(..., exact=True)``
    is what gensim answers on the decoded table.

    Parameters
    ----------
    words : Vocabulary
    segment : Segment
        Codec, codes and lengths, a row a word.
    metadata : dict
        What the file says of itself: ``spec``, ``source``, ``certificate``.
    subwords : Subwords, optional
        Rows of n-grams, from which words outside the vocabulary get vectors.
    """

    def __init__(
        self, words: Vocabulary, segment: Segment, metadata: dict[str, Any], subwords: Subwords | None = None
    ) -> None:
        self._words = words
        self._segment = segment
        self._subwords = subwords
        self.metadata = metadata

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __repr__(self) -> str:
        return f"<CompressedVectors: {len(self)} words x {self.vector_size} dimensions, {self.spec}>"

    @overload
    def __getitem__(self, key: Key) -> Floats: ...
    @overload
    def __getitem__(self, key: Sequence[Key]) -> Floats: ...
    def __getitem__(self, key: Key | Sequence[Key]) -> Floats:
        """Vector of a word (d,), or of a list of words (k, d), float32; UnknownWordError if none can be made of one."""
        if isinstance(key, str | int | np.integer):
            return self.get_vector(key)
        return self._vectors(list(key))

    @property
    def spec(self) -> str:
        """The spec the table was encoded with."""
        return str(self.metadata.get("spec", ""))

    @property
    def vector_size(self) -> int:
        """Length d of a vector."""
        return self._segment.codec.dims

    @property
    def index_to_key(self) -> Sequence[str]:
        """The words by row."""
        return self._words

    @property
    def segment(self) -> Segment:
        """The coded rows."""
        return self._segment

    @property
    def ngrams(self) -> int:
        """Rows of n-grams that vectors of unseen words are made from."""
        return 0 if self._subwords is None else len(self._subwords.segment)

    def has_vector(self, word: str) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""
        return word in self._words or self._from_subwords(word) is not None

    def is_mapped(self, word: str) -> bool:
        """Whether a word was dropped when the table was made, and answers with the row of its nearest neighbour."""
        return self._words.is_mapped(word)

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Row of a word; of an int, itself.

        Parameters
        ----------
        key : str or int
        default : int, optional
            Returned for an unknown word; without it, UnknownWordError is raised.
        """
        row = self._find(key)
        if row is not None:
            return row
        if default is not None:
            return default
        raise self._unknown([key])

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Decoded vector of a word.

        Parameters
        ----------
        key : str or int
        norm : bool
            Scale it to length one.

        Returns
        -------
        (d,) float32
        """
        vectors = self._vectors([key])
        return np.asarray((directions(vectors) if norm else vectors)[0])

    def similarity(self, w1: Key, w2: Key) -> float:
        """Cosine of two words' vectors."""
        first, second = directions(self._vectors([w1, w2]))
        return float(first @ second)

    def most_similar(
        self,
        positive: Item | Sequence[Item] | None = None,
        negative: Item | Sequence[Item] | None = None,
        topn: int = 10,
        *,
        exact: bool = False,
    ) -> list[tuple[str, float]]:
        """Words nearest to the mean of `positive` less `negative`; the words given are left out.

        Parameters
        ----------
        positive, negative : word, row, vector, or a list of them
            Each counts with its vector scaled to length one.
        topn : int
        exact : bool
            Score every row, instead of the rows FAISS nominates.

        Returns
        -------
        list of (word, cosine)
            Best first; equal cosines in row order.

        Raises
        ------
        UnknownWordError
            If a word is not in the vocabulary.
        UsageError
            If nothing is given, or a vector has a wrong length or is not finite.
        """
        items = [(item, 1.0) for item in _listed(positive)] + [(item, -1.0) for item in _listed(negative)]
        if not items:
            raise UsageError("most_similar needs at least one word or vector")
        keys = [item for item, _ in items if not isinstance(item, np.ndarray)]
        known = iter(self._vectors(keys))
        rows = [self._checked(item) if isinstance(item, np.ndarray) else next(known) for item, _ in items]
        weights = np.array([weight for _, weight in items], dtype=np.float32)
        query = weights @ directions(np.stack(rows)) / np.float32(len(items))
        given = {row for key in keys if (row := self._find(key)) is not None}
        return self._answer(query, topn, exclude=np.array(sorted(given), dtype=np.int64), exact=exact)

    def similar_by_vector(
        self, vector: np.ndarray[Any, Any], topn: int = 10, *, exact: bool = False
    ) -> list[tuple[str, float]]:
        """Words nearest to a vector (d,); see `most_similar`."""
        return self.most_similar([vector], topn=topn, exact=exact)

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write an ``.embc`` file, replacing `path` only when it is complete; returns its bytes.

        Raises
        ------
        FileAccessError
            If it cannot be written.
        """
        return file.write(path, file.Contents(self._words, self._segment, self.metadata, self._subwords))

    @cached_property
    def _search(self) -> Search:
        return Search(self._segment)

    def _answer(self, query: Floats, topn: int, *, exclude: Integers, exact: bool) -> list[tuple[str, float]]:
        if topn < 1:
            return []
        scores, rows = self._search.nearest(query[None], topn + len(exclude), exact=exact)
        kept = ~np.isin(rows[0], exclude)
        found = zip(scores[0, kept].tolist()[:topn], rows[0, kept].tolist()[:topn], strict=True)
        return [(self._words[row], score) for score, row in found]

    def _checked(self, vector: np.ndarray[Any, Any]) -> Floats:
        if vector.shape != (self.vector_size,):
            raise UsageError(f"a vector of shape {vector.shape} was given, this table's are ({self.vector_size},)")
        if not np.isfinite(vector).all():
            raise UsageError("the vector given holds a number that is not finite")
        return vector.astype(np.float32)

    def _vectors(self, keys: list[Key]) -> Floats:
        """Vectors of keys, (k, d): rows that are there decoded in one go, others made from n-grams."""
        rows = [self._find(key) for key in keys]
        made = {key: self._from_subwords(key) for key, row in zip(keys, rows, strict=True) if row is None}
        unknown = [key for key, vector in made.items() if vector is None]
        if unknown:
            raise self._unknown(unknown)
        vectors = self._segment.vectors(np.array([0 if row is None else row for row in rows], dtype=np.int64))
        for place, (key, row) in enumerate(zip(keys, rows, strict=True)):
            if row is None:
                vectors[place] = made[key]
        return vectors

    def _from_subwords(self, key: Key) -> Floats | None:
        return self._subwords.vector(key) if self._subwords is not None and isinstance(key, str) else None

    def _find(self, key: Key) -> int | None:
        if isinstance(key, str):
            return self._words.find(key)
        if isinstance(key, int | np.integer):
            return int(key) if 0 <= key < len(self) else None
        raise UsageError(f"a key is a word or a row number, not {type(key).__name__}")

    def _unknown(self, keys: list[Key]) -> UnknownWordError:
        return UnknownWordError([str(key) for key in keys], self._words.near(str(keys[0])))


def _listed(items: Item | Sequence[Item] | None) -> list[Item]:
    if items is None:
        return []
    if isinstance(items, str | int | np.integer) or (isinstance(items, np.ndarray) and items.ndim == 1):
        return [items]
    return list(items)
