"""Reading every byte of an ``.embc`` file to see that it is what was written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from embcompress import container, file, manifest
from embcompress.arrays import blocks
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.file import CodecFile, Contents
from embcompress.manifest import Meaning
from embcompress.sharded_words import in_one_vocabulary
from embcompress.vocabulary import Vocabulary


def verify(path: str | os.PathLike[str]) -> list[str]:
    """Check all digests, that every code stands for something, and that the words are distinct and sorted.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of str
        The arrays that were checked; of a folder of shards, each behind its file's name.

    Raises
    ------
    FileAccessError, FormatError
        As `embcompress.open`; and where an array or the header is not what was written, the text names it and its
        bytes in the file.
    """
    checked: list[str] = []

    def check(stored: Container, codec_file: CodecFile | None) -> Contents:
        checked.extend(name if codec_file is None else f"{stored.path.name}/{name}" for name in stored.arrays)
        return _checked(stored, codec_file)

    _read(path, check)
    return sorted(checked)


def read_verified(path: str | os.PathLike[str]) -> Contents:
    """What a file or a folder of shards holds, checked as `verify` does, which raises the same."""
    return _read(path, _checked)


def read_undamaged(path: str | os.PathLike[str]) -> Contents:
    """What a file or a folder of shards holds, every byte of which is what was written; raises as `verify`."""
    return _read(path, _undamaged)


def _read(path: str | os.PathLike[str], meaning: Meaning) -> Contents:
    """What each file means; the codecs that shards share are compared with their digests once, before."""
    folder = Path(path)
    if folder.is_dir():
        container.check_digests(container.read(folder / manifest.read_manifest(folder).codec_file))
    return manifest.read(path, meaning)


def _undamaged(stored: Container, codec_file: CodecFile | None) -> Contents:
    contents = file.from_container(stored, codec_file)
    container.check_digests(stored)
    return contents


def _checked(stored: Container, codec_file: CodecFile | None) -> Contents:
    contents = _undamaged(stored, codec_file)
    _check_codes(stored, contents)
    _check_words(stored, in_one_vocabulary(contents.words))
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
