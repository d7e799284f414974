"""The ``.embc`` file: enough is said here to write a reader in another language.

**Container.** A safetensors file (`embcompress.container`). ``__metadata__["embcompress"]`` is a JSON object:

=================  ===================================================================================================
``version``        ``"major.minor"``; a reader refuses a major number it does not know and ignores unknown keys
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

**Decoding row i:** read its symbols, put their points on their axes (y, c numbers), x = y Bt + b (d numbers), scale x
to length one, multiply by the row's length. **Similarity** is the cosine of decoded vectors.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from embcompress import container
from embcompress.arrays import Array
from embcompress.container import Container
from embcompress.errors import FormatError
from embcompress.lists import Lists
from embcompress.parts import Parts
from embcompress.segment import CodedRows, Segment
from embcompress.segmented_rows import in_one
from embcompress.shared_codes import SharedCodes
from embcompress.subwords import Subwords
from embcompress.vocabulary import Vocabulary, row_bytes

VERSION = "1.1"


@dataclass(frozen=True)
class Contents:
    """What an ``.embc`` file holds."""

    words: Vocabulary
    rows: CodedRows
    metadata: dict[str, Any]
    subwords: Subwords | None = None
    lists: Lists | None = None


def write(path: str | os.PathLike[str], contents: Contents) -> int:
    """Write an ``.embc`` file, atomically; returns its bytes.

    Raises
    ------
    FileAccessError
        If the file cannot be written.
    """
    words, subwords, parts = contents.words, contents.subwords, contents.rows.parts
    segments = [_segment_facts(part) for part in parts]
    arrays: dict[str, Array | None] = {
        "words.text": words.text,
        "words.lengths": words.lengths,
        "words.order": words.order,
        "words.long_lengths": words.long_lengths if len(words.long_lengths) else None,
        "words.mapped": words.mapped if len(words.mapped) else None,
    }
    for number, part in enumerate(parts):
        arrays |= _segment_arrays(number, part)
    if subwords is not None:
        shape = {"minn": subwords.minn, "maxn": subwords.maxn, "buckets": subwords.buckets}
        segments.append(_segment_facts(subwords.segment) | shape)
        arrays |= _segment_arrays(len(parts), subwords.segment) | {f"{len(parts)}.kept": subwords.kept}
    lists = contents.lists
    if lists is not None:
        arrays |= {"lists.centroids": lists.centroids, "lists.rows": lists.rows, "lists.sizes": lists.sizes}
    metadata = {
        **{key: value for key, value in contents.metadata.items() if key != "lists"},
        **({} if lists is None else {"lists": {"nprobe": lists.nprobe, "recall": lists.recall}}),
        "version": VERSION,
        "words": len(words),
        "dims": contents.rows.dims,
        "segments": segments,
    }
    return container.write(path, metadata, {name: array for name, array in arrays.items() if array is not None})


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


def _segment_facts(segment: Segment) -> dict[str, Any]:
    codebook = segment.codec.codebook
    return {
        "rows": len(segment),
        "components": segment.codec.affine.components,
        "radix": None if codebook is None else codebook.radix,
        "length_scale": [segment.scale.lowest, segment.scale.step],
    }


def _segment_arrays(number: int, segment: Segment) -> dict[str, Array | None]:
    affine, codebook = segment.codec.affine, segment.codec.codebook
    codes = segment.codes
    stored, pointers = (codes.distinct, codes.pointers) if isinstance(codes, SharedCodes) else (codes, None)
    arrays: dict[str, Array | None] = {
        "codes": stored,
        "rows": pointers,
        "lengths": segment.lengths,
        "A": affine.A,
        "a": affine.a,
        "Bt": affine.Bt,
        "b": affine.b,
    }
    if codebook is not None:
        arrays |= {"axes": codebook.axes, "thresholds": codebook.thresholds}
        if codebook.step is None:
            arrays["centroids"] = codebook.centroids
        else:
            arrays |= {"lowest": codebook.centroids[:, 0, 0], "step": codebook.step}
    return {f"{number}.{name}": array for name, array in arrays.items()}


def from_container(stored: Container) -> Contents:
    """The meaning of a container's arrays; raises FormatError where its parts do not fit together."""
    version = stored.metadata.get("version")
    if not isinstance(version, str) or version.split(".")[0] != VERSION.split(".")[0]:
        raise FormatError(
            f"{stored.path}: written in format version {version!r}, this release reads {VERSION}; "
            "update with: pip install --upgrade embcompress"
        )
    parts = Parts(stored)
    segments = parts.segments()
    count, dims = parts.whole(stored.metadata, "words", 0), parts.whole(stored.metadata, "dims", 1)
    mapped = parts.optional("words.mapped", "<i8", None, default=np.zeros(0, dtype=np.int64))
    if mapped.size and not 0 <= mapped.min() <= mapped.max() < count:
        raise parts.error(f"array 'words.mapped' names a row outside 0 to {count - 1}")
    total = count + len(mapped)
    words = Vocabulary(
        parts.array("words.text", "|u1", None),
        parts.array("words.lengths", "|u1", total),
        parts.array("words.order", "|u1", total, row_bytes(total)),
        parts.optional("words.long_lengths", "<i8", None, default=np.zeros(0, dtype=np.int64)),
        mapped,
    )
    of_words = _word_segments(parts, segments, count)
    rows = in_one([parts.segment(number, segments[number], dims) for number in range(of_words)])
    subwords = _subwords(parts, of_words, segments[of_words], dims) if of_words < len(segments) else None
    lists = _lists(parts, count, dims)
    if lists is not None and of_words > 1:
        raise parts.error(f"there is an inverted file, yet {of_words} segments hold the words' rows")
    return Contents(words, rows, stored.metadata, subwords, lists)


def _word_segments(parts: Parts, segments: list[dict[str, Any]], count: int) -> int:
    """How many segments, from the first on, hold the rows of so many words."""
    held = [parts.rows(number) for number in range(len(segments))]
    ends = list(accumulate(held))
    number = 1 + bisect_left(ends, count)
    if not len(segments) - 1 <= number <= len(segments) or ends[number - 1] != count:
        names = ", ".join(f"array '{segment}.lengths' has {rows} rows" for segment, rows in enumerate(held))
        raise parts.error(f"{names}, which are not those of {count} words")
    return number


def _lists(parts: Parts, count: int, dims: int) -> Lists | None:
    centroids = parts.optional("lists.centroids", "<f4", None, dims)
    if centroids is None:
        return None
    facts = parts.stored.metadata.get("lists")
    if not isinstance(facts, dict):
        raise parts.error("its metadata does not describe the inverted file that array 'lists.centroids' belongs to")
    sizes = parts.array("lists.sizes", "<i4", len(centroids))
    if sizes.min(initial=0) < 0 or int(sizes.sum(dtype=np.int64)) != count:
        raise parts.error(f"array 'lists.sizes' does not add up to {count} rows")
    nprobe, (recall,) = parts.whole(facts, "nprobe", 1), parts.numbers({"recall": [facts.get("recall")]}, "recall", 1)
    return Lists(centroids, parts.array("lists.rows", "<i4", count), sizes, nprobe, recall)


def _subwords(parts: Parts, number: int, facts: dict[str, Any], dims: int) -> Subwords:
    minn, maxn = parts.whole(facts, "minn", 1), parts.whole(facts, "maxn", 1)
    rows, buckets = parts.rows(number), parts.whole(facts, "buckets", 1)
    kept = parts.optional(f"{number}.kept", "<i4", rows)
    if kept is None and rows != buckets:
        raise parts.error(f"array '{number}.kept' is missing, yet there are {rows} rows for {buckets} buckets")
    return Subwords(minn, maxn, buckets, parts.segment(number, facts, dims), kept)
