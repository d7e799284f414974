"""Vectors of words where the codes are: decoded row by row, or made from n-grams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embcompress.arrays import Floats, Integers, Mask, directions
from embcompress.errors import UsageError
from embcompress.segment import CodedRows, Segment
from embcompress.sharded_words import TableWords
from embcompress.subwords import Subwords
from embcompress.vectors._keys import Key
from embcompress.vectors.reading import Reading


class CodedLookup(Reading):
    """Words and their decoded vectors.

    Parameters
    ----------
    words : Vocabulary or ShardedWords
    coded_rows : CodedRows
        A row a word.
    subwords : Subwords, optional
        Rows of n-grams, from which words outside the vocabulary get vectors.
    """

    _words: TableWords

    def __init__(self, words: TableWords, coded_rows: CodedRows, subwords: Subwords | None = None) -> None:
        super().__init__(words)
        self.coded_rows = coded_rows
        self._subwords = subwords

    @property
    def index_to_key(self) -> TableWords:
        """The words by row: a sequence of str."""
        return self._words

    @property
    def vector_size(self) -> int:
        """Length d of a vector."""
        return self.coded_rows.dims

    @property
    def segment(self) -> Segment:
        """The segment that holds all rows.

        Raises
        ------
        UsageError
            If there are several, as ``head`` makes them.
        """
        if len(self.coded_rows.parts) > 1:
            raise UsageError(f"the rows are in {len(self.coded_rows.parts)} segments: ask coded_rows.parts for them")
        return self.coded_rows.parts[0]

    @property
    def ngrams(self) -> int:
        """Rows of n-grams that vectors of unseen words are made from."""
        return 0 if self._subwords is None else len(self._subwords.segment)

    @property
    def norms(self) -> Floats:
        """Length of each vector, (n,) float32."""
        return self.coded_rows.norms

    def has_vector(self, word: object) -> bool:
        """Whether a vector can be had: the word is in the vocabulary, or made of n-grams that are kept."""
        return word in self or self._from_subwords(word) is not None

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """Decoded vector of a word (d,) float32, the caller's own; see `Lookup.get_vector`."""
        row = self._find(key)
        if row is None:  # then it is made from n-grams, or this raises
            return np.asarray(self._vectors([key], unit=norm)[0])
        return self.coded_rows.direction(row) if norm else self.coded_rows.vector(row)

    def _of_rows(self, rows: slice | Integers, *, unit: bool) -> Floats:
        return self.coded_rows.directions(rows) if unit else self.coded_rows.vectors(rows)

    def _looked_up(self, keys: Sequence[Key], *, unit: bool) -> tuple[Floats, Mask]:
        rows = self._rows(keys)
        known = rows >= 0
        if len(rows) == 1 and known[0]:  # the commonest case, in half of the time
            row = int(rows[0])
            return (self.coded_rows.direction(row) if unit else self.coded_rows.vector(row))[None], known
        if known.all():
            return self._of_rows(rows, unit=unit), known
        vectors = np.zeros((len(keys), self.vector_size), dtype=np.float32)
        vectors[known] = self._of_rows(rows[known], unit=unit)
        for place in np.flatnonzero(~known).tolist():
            made = self._from_subwords(keys[place])
            if made is not None:
                vectors[place], known[place] = directions(made[None])[0] if unit else made, True
        return vectors, known

    def _measured(self) -> CodedLookup:
        return self

    def _from_subwords(self, key: object) -> Floats | None:
        return self._subwords.vector(key) if self._subwords is not None and isinstance(key, str) else None
