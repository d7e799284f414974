"""A compressed table that answers, shaped like gensim's ``KeyedVectors``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from embcompress import file
from embcompress.segment import Segment
from embcompress.subwords import Subwords
from embcompress.vectors._gensim import Gensim
from embcompress.vectors._more_neighbours import MoreNeighbours
from embcompress.vectors._read_only import ReadOnly
from embcompress.vocabulary import Vocabulary


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
    return CompressedVectors(
        contents.words, contents.segment, contents.metadata, contents.subwords, path=Path(path).absolute()
    )


class CompressedVectors(MoreNeighbours, Gensim, ReadOnly):
    """Words and coded vectors; look-ups, similarity and neighbours straight from the codes.

    Made by `open` and `shrink`. It has the reading methods of gensim's ``KeyedVectors``. Similarity is the cosine of
    decoded vectors, so that ``most_similar(..., exact=True)`` is what gensim answers on `to_gensim`. Any number of
    threads may ask at once. A pickle of an opened file is its path, so that other processes map the same pages.

    Parameters
    ----------
    words : Vocabulary
    segment : Segment
        Codec, codes and lengths, a row a word.
    metadata : dict
        What the file says of itself: ``spec``, ``source``, ``certificate``.
    subwords : Subwords, optional
        Rows of n-grams, from which words outside the vocabulary get vectors.
    path : Path, optional
        The file it was opened from.
    """

    def __init__(
        self,
        words: Vocabulary,
        segment: Segment,
        metadata: dict[str, Any],
        subwords: Subwords | None = None,
        *,
        path: Path | None = None,
    ) -> None:
        super().__init__(words, segment, subwords)
        self.metadata = metadata
        self._path = path

    def __repr__(self) -> str:
        return f"<CompressedVectors: {len(self)} words x {self.vector_size} dimensions, {self.spec}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._path is not None:
            return open, (self._path,)
        return CompressedVectors, (self._words, self._segment, self.metadata, self._subwords)

    @property
    def spec(self) -> str:
        """The spec the table was encoded with."""
        return str(self.metadata.get("spec", ""))

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write an ``.embc`` file, replacing `path` only when it is complete; returns its bytes.

        Raises
        ------
        FileAccessError
            If it cannot be written.
        """
        return file.write(path, file.Contents(self._words, self._segment, self.metadata, self._subwords))
