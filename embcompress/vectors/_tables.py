"""A compressed table as one that is not: rows decoded as they are read, and word2vec's files of them."""

from __future__ import annotations

import os

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.errors import UsageError
from embcompress.saving import save_table
from embcompress.segment import CodedRows
from embcompress.sharded_words import in_one_vocabulary
from embcompress.table import NgramRows, Table
from embcompress.vectors._coded_lookup import CodedLookup
from embcompress.vocabulary import Vocabulary


class DecodedRows:
    """Vectors of coded rows, decoded when they are asked for.

    Parameters
    ----------
    coded : CodedRows
    mapped : (m,) int64
        More rows after those: each is the same as the row given here.
    """

    def __init__(self, coded: CodedRows, mapped: Integers) -> None:
        self._coded = coded
        self._rows = np.concatenate([np.arange(len(coded)), mapped]) if len(mapped) else None
        self.shape = (len(coded) + len(mapped), coded.dims)

    def __getitem__(self, rows: slice | Integers) -> Floats:
        return self._coded.vectors(rows if self._rows is None else self._rows[rows])


class Tables(CodedLookup):
    """What a compressed table is to programs that know no codes."""

    def to_table(self) -> Table:
        """The table, its rows decoded as they are read; words that answer with another's row get one of their own."""
        words, subwords, ngrams = self.index_to_key, self._subwords, None
        every = Vocabulary.from_words(words.every_word()) if len(words.mapped) else in_one_vocabulary(words)
        if subwords is not None:
            rows = DecodedRows(subwords.segment, np.zeros(0, dtype=np.int64))
            ngrams = NgramRows(subwords.minn, subwords.maxn, subwords.buckets, rows, subwords.kept)
        return Table(every, DecodedRows(self.coded_rows, words.mapped), ngrams=ngrams)

    def save_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        fvocab: None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",  # noqa: ARG002
    ) -> None:
        """Write words and decoded vectors as word2vec does, replacing `fname` only when the file is complete.

        Parameters
        ----------
        fname : path-like
        fvocab, total_vec, append
            There for gensim's sake: compressed tables keep no counts, and every row is written, to a new file.
        binary : bool
            Numbers as float32, instead of text with nine digits.
        write_header : bool
            Begin with rows and dimensions; text without is what GloVe has.
        prefix : str
            Of each word; compressed tables write words as they are.
        sort_attr : str
            gensim sorts by counts; rows are in the order of frequency already.

        Raises
        ------
        UsageError
            If an argument asks for something else, or the format cannot hold one of the words.
        FileAccessError
            If the file cannot be written.
        """
        if (
            fvocab is not None
            or total_vec not in (None, len(self))
            or prefix
            or append
            or (binary and not write_header)
        ):
            raise UsageError(
                "fvocab, total_vec, prefix, append, and binary=True without write_header are not there for compressed "
                "tables: use the gensim table that to_gensim() makes"
            )
        save_table(
            self.to_table(), fname, "word2vec-binary" if binary else "word2vec-text" if write_header else "glove"
        )
