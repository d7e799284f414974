"""The ``.embc`` file: enough is said here to write a reader in another language.

**Container.** A safetensors file (`embcompress.container`). ``__metadata__["embcompress"]`` is a JSON object:

=================  ===================================================================================================
``version``        ``"major.minor"``, major 1, or 2 of shards (see there); a reader refuses a major number it does not
                   know and ignores unknown keys; it refuses unknown arrays, unless the minor number is a later one
``words, dims``    n and d
``spec``           the stages that made the file, for people; decoding never needs it
``segments``       one object a segment: ``rows``, ``components`` c, ``radix`` L or null, ``length_scale`` [lowest,
                   step]. The first ones hold the words' rows, one after the other, until there are n; one more, if
                   there is one, holds rows of n-grams, with ``minn``, ``maxn`` and ``buckets``
``lists``          ``nprobe`` and ``recall`` of the inverted file, if there is one
``source``         ``name`` and ``bytes`` of what was compressed
``choice``         ``goal`` and ``front``, if the encoding was chosen: what was asked for, and the best that was tried
``repaired``       how the codec was trained after it was fitted, if it was
``certificate``    what was measured when the file was made
``coders``         names of the coders that arrays may be packed by, where the file is packed
``packed``         how each packed array is to be expanded, by its name (`embcompress.packed_arrays`); all that follows
                   is said of expanded arrays
``digests``        SHA-256 of each array's bytes, of a packed one's when it is expanded
=================  ===================================================================================================

**Shards** (`embcompress.manifest`) have version 2.0 and share the codecs of another file, which has no rows itself:
``codec`` names that ``file``, in the same folder, and its ``digest``, the ``embcompress.digest`` it has. The arrays of
a shard's segment are its ``codes``, ``rows`` and ``lengths``; all else is taken from the segment of the other file
whose number is the ``codec`` of the segment's object.

**Vocabulary.** ``words.text`` (all words' bytes in row order), ``words.lengths`` (u8, one a word; 255 means that the
length is the next one of ``words.long_lengths``, i64), ``words.order`` (u8, (n, k): the words' numbers, little-endian
in k bytes, sorted by the words' bytes). With ``words.mapped`` (i64, (m,)) there are m words after the n that have rows:
each answers with the row named there.

**Unseen words.** The vector of a word outside the vocabulary is the mean of the vectors of its n-grams' rows in the
last segment i. N-grams are runs of ``minn`` to ``maxn`` characters of the word between ``<`` and ``>``, these two alone
left out; an n-gram's bucket is the 32-bit FNV-1a hash of its UTF-8 bytes, each sign-extended from 8 bits, modulo
``buckets``. Its row is the bucket itself, or the bucket's place in ``i.kept`` (i32, ascending); n-grams without a row
do not count.

**Inverted file.** Only where one segment holds the words' rows. They lie in lists around centroids:
``lists.centroids`` (f32 (nlist, d), of length one), ``lists.rows`` (i32 (n,), every row once, list after list),
``lists.sizes`` (i32 (nlist,)). A query searches the ``nprobe`` lists whose centroids have the largest cosine with it. A
reader may ignore all three.

**Segment i.** Every array's name begins with ``i.``:

=================  ===================================================================================================
``codes``          u8 (rows, code_size). Radix null: c little-endian float16 numbers. Else M symbols below L, p of them
                   a byte (the largest p with L**p <= 256): byte = sum over i < p of symbol[i] * L**i; a last byte's
                   missing symbols are 0
``rows``           u8 (rows, k), optional: ``codes`` are then fewer, u8 (m, code_size), and a row's code is the one of
                   this number, little-endian in k bytes (the fewest that hold m - 1)
``centroids``      f32 (M, L, w): the point symbol s of column m stands for is ``centroids[m, s]``
``lowest, step``   f32 (c,), instead of centroids: axis j has the level ``lowest[j] + s * step[j]``; M = c, w = 1
``axes``           i32 (M, w): the axes of code space that column m covers, -1 for none. Absent: column m covers axes
                   m*w to m*w + w - 1. Axes that no column covers are 0
``thresholds``     f32 (M, L - 1), optional: where an encoder cuts between levels; decoding never needs it
``A, a, Bt, b``    the map from d numbers to c and its way back. ``Bt`` is f32 (c, d), or i32 (c,): the place of each of
                   the c numbers among the d; absent, it is ``A``, and if that is absent too, the identity. Absent
                   vectors are zero
``lengths``        u8 (rows,): 0 is a zero row, else the row's length is exp(lowest + step * (byte - 1))
=================  ===================================================================================================

**Limits.** d is at most 32,768, c at most d, M at most c, and M w at most 65,536; axes are distinct; what rows are
decoded by is finite and at most 10**6; the header has at most 4 MB. A reader refuses what is beyond.

**Decoding row i:** read its symbols, put their points on their axes (y, c numbers), x = y Bt + b (d numbers), scale x
to length one, multiply by the row's length. **Similarity** is the cosine of decoded vectors.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from embcompress import container
from embcompress.arrays import Array
from embcompress.codec import Codec
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.header import Header
from embcompress.lists import Lists
from embcompress.packed_arrays import Arrays
from embcompress.parts import Parts
from embcompress.segment import CodedRows
from embcompress.segment_arrays import codec_arrays, row_arrays, segment_facts
from embcompress.segment_parts import dims_of, rows_of, segment
from embcompress.segmented_rows import in_one, joined
from embcompress.sharded_words import TableWords, in_one_vocabulary
from embcompress.subwords import Subwords
from embcompress.table_parts import lists_of, subwords_of, words_of

VERSION = "1.2"
SHARD_VERSION = "2.0"
KNOWN = {1: 2, 2: 0}
"""Latest minor number of each major one."""

OBJECTS = "source", "choice", "certificate", "repaired"
"""Facts for people, by the names of the metadata."""

NOT_WRITTEN = Header({}, {})
LONGEST_SPEC = 10_000
VERSION_FORM = re.compile(r"\d{1,4}\.\d{1,4}")
PLAIN_NAME = re.compile(r"\w[\w.-]{0,99}")
"""Of a file in the same folder, whatever system reads it."""


@dataclass(frozen=True)
class Contents:
    """What an ``.embc`` file holds."""

    words: TableWords
    rows: CodedRows
    metadata: dict[str, Any]
    subwords: Subwords | None = None
    lists: Lists | None = None


class CodecFile(NamedTuple):
    """Codecs in a file of their own, which shards share.

    Parameters
    ----------
    name : str
        The file's, in the shards' folder.
    digest : str
        What tells it from any other.
    codecs : tuple of Codec
        One a segment of that file.
    """

    name: str
    digest: str
    codecs: tuple[Codec, ...]


def write(path: str | os.PathLike[str], contents: Contents, codec_file: CodecFile | None = None) -> int:
    """Write an ``.embc`` file, atomically; returns its bytes.

    Parameters
    ----------
    path : path-like
    contents : Contents
    codec_file : CodecFile, optional
        Write a shard: of its segments, each codec is one of these, and is left out.

    Raises
    ------
    FileAccessError
        If the file cannot be written.
    FormatError
        If it could not be read again.
    """
    words, subwords, parts = in_one_vocabulary(contents.words), contents.subwords, joined(contents.rows.parts)
    segments = [segment_facts(part) for part in parts]
    arrays: dict[str, Array | None] = {
        "words.text": words.text,
        "words.lengths": words.lengths,
        "words.order": words.order,
        "words.long_lengths": words.long_lengths if len(words.long_lengths) else None,
        "words.mapped": words.mapped if len(words.mapped) else None,
    }
    for number, part in enumerate(parts):
        arrays |= row_arrays(number, part)
        if codec_file is None:
            arrays |= codec_arrays(number, part)
        else:
            segments[number]["codec"] = next(k for k, codec in enumerate(codec_file.codecs) if codec is part.codec)
    if subwords is not None:
        shape = {"minn": subwords.minn, "maxn": subwords.maxn, "buckets": subwords.buckets}
        segments.append(segment_facts(subwords.segment) | shape)
        arrays |= row_arrays(len(parts), subwords.segment) | codec_arrays(len(parts), subwords.segment)
        arrays[f"{len(parts)}.kept"] = subwords.kept
    lists = contents.lists
    if lists is not None:
        arrays |= {"lists.centroids": lists.centroids, "lists.rows": lists.rows, "lists.sizes": lists.sizes}
    metadata = {
        **{key: value for key, value in contents.metadata.items() if key not in ("lists", "codec")},
        **({} if lists is None else {"lists": {"nprobe": lists.nprobe, "recall": lists.recall}}),
        **({} if codec_file is None else {"codec": {"file": codec_file.name, "digest": codec_file.digest}}),
        "version": VERSION if codec_file is None else SHARD_VERSION,
        "words": len(words),
        "dims": contents.rows.dims,
        "segments": segments,
    }
    there = {name: array for name, array in arrays.items() if array is not None}
    unwritten = Container(Path(path), metadata, Arrays(path, there, {}, 0), NOT_WRITTEN)
    from_container(unwritten, codec_file)  # or it is not readable
    return container.write(path, metadata, there)


def read(path: str | os.PathLike[str]) -> Contents:
    """Map an ``.embc`` file.

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    FormatError
        If it is not an ``.embc`` file, is of a later major version, or its parts do not fit together.
    """
    return from_container(container.read(path))


def read_codecs(folder: Path, name: str) -> CodecFile:
    """The codecs in a file of a folder; raises as `read`, and FormatError if that file is a shard itself."""
    stored = container.read(folder / name)
    if _version(stored)[0] != 1:
        raise FormatError(f"{stored.path}: a shard, where a file with codecs of its own belongs")
    return CodecFile(name, stored.digest or "", tuple(part.codec for part in from_container(stored).rows.parts))


def from_container(stored: Container, codec_file: CodecFile | None = None) -> Contents:
    """The meaning of a container's arrays; raises FormatError where its parts do not fit together.

    Parameters
    ----------
    stored : Container
    codec_file : CodecFile, optional
        The codecs that a shard shares; by default they are read.
    """
    version = _version(stored)
    parts = Parts(stored)
    segments = _segments(parts)
    count, dims = parts.whole(stored.metadata, "words", 0), dims_of(parts)
    words = words_of(parts, count)
    of_words = _word_segments(parts, segments, count)
    codecs = _shared_codecs(parts, codec_file) if version[0] == 2 else None
    rows = in_one([segment(parts, number, segments[number], dims, codecs) for number in range(of_words)])
    subwords = subwords_of(parts, of_words, segments[of_words], dims) if of_words < len(segments) else None
    lists = lists_of(parts, count, dims)
    if lists is not None and of_words > 1:
        raise parts.error(f"there is an inverted file, yet {of_words} segments hold the words' rows")
    if version[1] <= KNOWN[version[0]]:  # what a later version adds, it may be read without
        parts.check_all_taken()
    return Contents(words, rows, stored.metadata, subwords, lists)


def _version(stored: Container) -> tuple[int, int]:
    """Major and minor number of the format that a file is written in."""
    version = stored.metadata.get("version")
    major, minor = _numbers(version) if isinstance(version, str) and VERSION_FORM.fullmatch(version) else (-1, 0)
    if major not in KNOWN:
        raise FormatError(
            f"{stored.path}: written in format version {version!r:.20}, this release reads {VERSION} and "
            f"{SHARD_VERSION}; update with: pip install --upgrade embcompress"
        )
    return major, minor


def _shared_codecs(parts: Parts, codec_file: CodecFile | None) -> tuple[Codec, ...]:
    """The codecs that a shard says it shares, read if they are not given."""
    match parts.stored.metadata.get("codec"):
        case {"file": str(name), "digest": str(digest)} if PLAIN_NAME.fullmatch(name):
            found = read_codecs(parts.stored.path.parent, name) if codec_file is None else codec_file
        case other:
            raise parts.error(
                f"its metadata gives codec = {other!r:.60} where a file of its folder and a digest belong"
            )
    if (found.name, found.digest) != (name, digest):
        raise parts.error(f"its codes were made with another {name} than the one beside it (the digests differ)")
    return found.codecs


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


def _segments(parts: Parts) -> list[dict[str, Any]]:
    """What the metadata says of each segment."""
    segments = parts.stored.metadata.get("segments")
    described = isinstance(segments, list) and all(isinstance(each, dict) for each in segments)
    if not segments or not described:
        raise parts.error("its metadata does not describe the segments that hold its rows")
    for name in OBJECTS:
        if not isinstance(parts.stored.metadata.get(name), dict | None):
            raise parts.error(f"its metadata gives a {name} that is no object")
    spec = parts.stored.metadata.get("spec", "")
    if not isinstance(spec, str) or len(spec) > LONGEST_SPEC:
        raise parts.error(f"its metadata gives a spec that is no text of at most {LONGEST_SPEC:,} characters")
    return list(segments)


def _word_segments(parts: Parts, segments: list[dict[str, Any]], count: int) -> int:
    """How many segments, from the first on, hold the rows of so many words."""
    held = [rows_of(parts, number) for number in range(len(segments))]
    number = len(segments) - ("maxn" in segments[-1])
    if not number or sum(held[:number]) != count:
        names = ", ".join(f"array '{segment}.lengths' has {rows} rows" for segment, rows in enumerate(held))
        raise parts.error(f"{names:.200}, which are not those of {count} words")
    return number
