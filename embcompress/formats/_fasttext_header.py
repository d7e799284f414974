"""What a fastText file begins with: a magic number and a version since 2017, and how the model was trained."""

from __future__ import annotations

import struct
from typing import NamedTuple

from embcompress.formats._fasttext_fields import Fields
from embcompress.formats._reading import MOST_DIMS
from embcompress.ngrams import LONGEST_NGRAM

MAGIC = struct.pack("<i", 793712314)
VERSIONS = 11, 12
OLD = 0
"""The version of files from before there was one: they begin with the arguments."""

ARGUMENTS = "12id"
SUPERVISED = 3


class Header(NamedTuple):
    """The version and those arguments that vectors are made by."""

    version: int
    dims: int
    buckets: int
    minn: int
    maxn: int

    @property
    def hashes_ngrams(self) -> bool:
        """Whether a word's vector is made of rows of n-grams too."""
        return self.maxn > 0 and self.buckets > 0


def begins_fasttext(head: bytes) -> bool:
    """Whether a file's head is fastText's, of any version."""
    return head.startswith(MAGIC) or _is_old(head)


def read_header(fields: Fields) -> Header:
    """The header, its numbers within what can be."""
    version = OLD
    if fields.content[: len(MAGIC)].tobytes() == MAGIC:
        _, version = fields.integers("2i", "version")
        if version not in VERSIONS:
            known = " and ".join(map(str, VERSIONS))
            raise fields.error(
                f"its fastText format is version {version}, versions {known} can be read: "
                "save its vectors as text (.vec) with the fastText that wrote it"
            )
    dims, *_, model, buckets, minn, maxn, _, _ = fields.integers(ARGUMENTS, "arguments")
    if version < 12 and model == SUPERVISED:
        maxn = 0  # fastText's own reading: such models had no n-grams of characters
    if not 1 <= dims <= MOST_DIMS:
        raise fields.error(f"says its vectors have {dims} numbers, allowed are 1 to {MOST_DIMS}")
    if buckets < 0 or minn < 0 or not 0 <= maxn <= LONGEST_NGRAM:
        raise fields.error(
            f"says it hashes n-grams of {minn} to {maxn} characters to {buckets} buckets, "
            f"allowed are up to {LONGEST_NGRAM} characters"
        )
    return Header(version, dims, buckets, minn, maxn)


def _is_old(head: bytes) -> bool:
    """Whether the arguments and the sizes of a dictionary stand at the very beginning.

    No text passes for that, as the upper bytes of small numbers are zeros.
    """
    layout = struct.Struct(f"<{ARGUMENTS}3i")
    if len(head) < layout.size:
        return False
    dims, *training, loss, model, buckets, minn, maxn, _, threshold, size, words, labels = layout.unpack_from(head)
    return bool(
        1 <= dims < 1 << 16
        and all(0 <= number < 1 << 24 for number in training)
        and 1 <= loss <= 4
        and 1 <= model <= SUPERVISED
        and buckets >= 0
        and 0 <= minn <= LONGEST_NGRAM
        and 0 <= maxn <= LONGEST_NGRAM
        and 0 <= threshold <= 1
        and words >= 1
        and labels >= 0
        and size == words + labels
    )
