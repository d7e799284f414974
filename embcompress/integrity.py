"""Reading every byte of an ``.embc`` file to see that it is what was written."""

from __future__ import annotations

import os

from embcompress import container, file
from embcompress.arrays import blocks
from embcompress.errors import FormatError
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
        As `embcompress.open`; and where an array is not what was written, the text names it.
    """
    stored = container.read(path)
    contents = file.from_container(stored)
    container.check_digests(stored)
    segments = [*contents.rows.parts, *([] if contents.subwords is None else [contents.subwords.segment])]
    for number, segment in enumerate(segments):
        codebook = segment.codec.codebook
        for block in blocks(len(segment)):
            if codebook is not None and not codebook.valid(segment.codes[block]):
                raise FormatError(
                    f"{path}: array '{number}.codes' has a byte that stands for nothing, after row {block.start}"
                )
    words = list(contents.words.every_word())
    rebuilt = Vocabulary.from_words(words)
    if len(set(words)) != len(words) or rebuilt.order.tobytes() != contents.words.order.tobytes():
        raise FormatError(f"{path}: array 'words.order' does not sort distinct words")
    if len(rebuilt.text) != len(contents.words.text):
        raise FormatError(f"{path}: array 'words.text' is longer or shorter than its words")
    return sorted(stored.arrays)
