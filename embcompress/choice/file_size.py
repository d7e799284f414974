"""How many bytes a file will take before its rows are coded."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from embcompress import file
from embcompress.affine import Affine
from embcompress.codec import Codec
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.vocabulary import Vocabulary

CERTIFICATE = 6144
"""At most so many bytes of metadata come with the certificate and the source's name."""

CHOICE = 2048
"""At most so many come with what was asked for and chosen."""

KEPT_BYTES = 4
"""Of the number that says which n-gram a row is of."""


class FileSize:
    """Bytes of a table's file under any codec: never fewer than it takes, and at most some kilobytes more.

    What does not grow with the rows is written to a file and looked at.

    Parameters
    ----------
    words : Vocabulary
        All words of the file, those without a row too.
    ngrams : int
        Rows of n-grams.
    spare : int
        Bytes to be added later.

    Raises
    ------
    FileAccessError
        If nothing can be written to the system's folder for temporary files.
    """

    def __init__(self, words: Vocabulary, ngrams: int = 0, spare: int = 0) -> None:
        self.rows = len(words)
        self._ngrams = ngrams
        halves = Codec(Affine(1), None)
        self.without_codes = _written(words, halves) - self.rows * halves.code_size + CERTIFICATE + CHOICE + spare
        """Words, lengths of rows, metadata, and what is spare."""

    def of(self, codec: Codec) -> int:
        """Of the whole file."""
        codes = (self.rows + self._ngrams) * codec.code_size
        meaning = _written(Vocabulary.from_words([]), codec) * (2 if self._ngrams else 1)
        return self.without_codes + codes + meaning + self._ngrams * (1 + KEPT_BYTES)

    def growth(self, codec: Codec, taken: int) -> int:
        """Bytes that another byte a row costs, of a codec whose file takes so many."""
        return max(1, (taken - self.without_codes) // codec.code_size)


def _written(words: Vocabulary, codec: Codec) -> int:
    """Bytes of a file of words whose rows are zeros."""
    codes = np.zeros((len(words), codec.code_size), dtype=np.uint8)
    segment = Segment(codec, codes, np.zeros(len(words), dtype=np.uint8), LengthScale.spanning(np.ones(1)))
    with tempfile.TemporaryDirectory() as folder:
        return file.write(Path(folder) / "empty.embc", file.Contents(words, segment, {}))
