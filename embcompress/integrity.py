"""Reading every byte of an ``.embc`` file to see that it is what was written."""

from __future__ import annotations

import os

import numpy as np

from embcompress import container, file
from embcompress.arrays import blocks
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.file import Contents
from embcompress.vocabulary import Vocabulary


def verify(path: str | os.PathLike[str]) -> list[str]:
    """Check all digests, that every code stands for something, and that the words are distinct and sorted.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of str
        The arrays that were checked.

    Raises
    ------
    FileAccessError, FormatError
        As `embcompress.open`; and where an array or the header is not what was written, the text names it and its
        bytes in the file.
    """
    stored = container.read(path)
    _checked(stored)
    return sorted(stored.arrays)


def read_verified(path: str | os.PathLike[str]) -> Contents:
    """What a file holds, checked as `verify` does, which raises the same."""
    return _checked(container.read(path))


def _checked(stored: Container) -> Contents:
    contents = file.from_container(stored)
    container.check_digests(stored)
    _check_codes(stored, contents)
    _check_words(stored, contents.words)
    _check_ngrams(stored, contents)
    if contents.lists is not None:
        contents.lists.check_rows()
    return contents


def _check_codes(stored: Container, contents: Contents) -> None:
    segments = [*contents.rows.parts, *([] if contents.subwords is None else [contents.subwords.segment])]
    for number, segment in enumerate(segments):
        for block in blocks(len(segment)):
            if not segment.codec.valid(segment.codes[block]):
                raise FormatError(
                    f"{stored.path}: array '{number}.codes' has a byte that stands for nothing, after row {block.start}"
                )


def _check_words(stored: Container, vocabulary: Vocabulary) -> None:
    words = list(vocabulary.every_word())
    rebuilt = Vocabulary.from_words(words)
    if len(set(words)) != len(words) or rebuilt.order.tobytes() != vocabulary.order.tobytes():
        raise FormatError(f"{stored.path}: array 'words.order' does not sort distinct words")


def _check_ngrams(stored: Container, contents: Contents) -> None:
    subwords = contents.subwords
    if subwords is None or subwords.kept is None:
        return
    edges = np.concatenate([[-1], subwords.kept, [subwords.buckets]])
    if (np.diff(edges) <= 0).any():
        name = f"{len(contents.rows.parts)}.kept"
        raise FormatError(f"{stored.path}: array {name!r} does not name buckets below {subwords.buckets}, ascending")
