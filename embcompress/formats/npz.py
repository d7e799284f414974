"""NumPy's .npz: an array of words and an array of vectors."""

from __future__ import annotations

import shutil
import struct
import sys
import tempfile
import tokenize
import warnings
import zipfile
from collections.abc import Iterator
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from embcompress.arrays import BLOCK_ROWS, Array2D, blocks
from embcompress.errors import FormatError
from embcompress.formats._reading import Block, Notes, checked_dims
from embcompress.formats._source import Source
from embcompress.formats._wrappers import Limited, wrapper_of_start
from embcompress.vocabulary import to_bytes

NAME = ".npz of words and vectors"
BLOCK_BYTES = 8 << 20

DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    RuntimeError,
    SyntaxError,
    OverflowError,
    MemoryError,
    struct.error,
    tokenize.TokenError,
)
"""What is raised on a damaged archive, or on a damaged header: that is a Python literal."""


class _Header(NamedTuple):
    """What the header of an array says."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]


def matches(source: Source) -> bool:
    """A zip archive; other archives were unwrapped before."""
    return wrapper_of_start(source.head) == "zip"


def read(source: Source, notes: Notes) -> Iterator[Block]:
    """Blocks of rows, words and vectors as they stream by."""
    notes.unit = "row"
    with source.open() as (stream, raw), tempfile.TemporaryFile(dir=notes.folder) as unwrapped:
        archive: IO[bytes] = stream
        if not source.rereadable:  # a zip archive is read from its end: it has to be on disk
            shutil.copyfileobj(stream, unwrapped)
            archive = unwrapped
        try:
            yield from _read(source, archive, raw)
        except FormatError:
            raise
        except DAMAGE as error:
            raise source.error(f"is a damaged .npz ({' '.join(str(error).split())[:200]})") from None


def _read(source: Source, archive: IO[bytes], raw: IO[bytes]) -> Iterator[Block]:
    with zipfile.ZipFile(archive) as members:
        headers = {name: _header(members, name) for name in members.namelist() if name.endswith(".npy")}
        words_name = _only(source, headers, "words", ndim=1, kinds="US", what="one-dimensional array of text")
        vectors_name = _only(source, headers, "vectors", ndim=2, kinds="f", what="two-dimensional array of floats")
        count, word = headers[words_name].shape[0], headers[words_name].dtype
        shape, fortran, number = headers[vectors_name]
        if fortran or shape[0] != count:
            raise source.error(
                f"has {count} words and vectors of shape {shape}"
                + (" in column order: save np.ascontiguousarray(vectors)" if fortran else ": one row a word belongs")
            )
        dims = checked_dims(source, shape[1])
        at_a_time = min(BLOCK_ROWS, BLOCK_BYTES // max(word.itemsize, dims * number.itemsize))
        with members.open(words_name) as of_words, members.open(vectors_name) as of_vectors:
            words_stream = Limited(of_words, archive, source.name)
            vectors_stream = Limited(of_vectors, archive, source.name)
            _skip_header(words_stream)
            _skip_header(vectors_stream)
            for rows in blocks(count, max(1, at_a_time)):
                words = _items(source, words_stream, rows, word, 1, "words")
                vectors: Array2D = _items(source, vectors_stream, rows, number, dims, "vectors").reshape(-1, dims)
                if number.itemsize > 4:
                    with np.errstate(over="ignore"):
                        vectors = vectors.astype(np.float32)
                texts = _texts(words)
                yield Block(texts, vectors, range(rows.start, rows.stop), raw.tell())


def _texts(words: NDArray[Any]) -> list[bytes]:
    """Words of an array of text or bytes; ValueError where a number stands for no character."""
    if words.dtype.kind == "S":
        return list(words.tolist())
    numbers = words.view(f"{words.dtype.str[0]}u4")
    if numbers.size and numbers.max() > sys.maxunicode:
        raise ValueError(f"a word holds a character of number {numbers.max()}")
    return [to_bytes(text) for text in words.tolist()]


def _items(source: Source, stream: Limited, rows: slice, dtype: np.dtype[Any], each: int, what: str) -> NDArray[Any]:
    """The next rows of an array, `each` items in each."""
    size = (rows.stop - rows.start) * each * dtype.itemsize
    content = stream.read(size)
    if len(content) != size:
        raise source.error(f"ends in the middle of its {what}, between row {rows.start} and {rows.stop}")
    return np.frombuffer(content, dtype=dtype)


def _header(members: zipfile.ZipFile, name: str) -> _Header:
    with members.open(name) as member:
        return _skip_header(member)


def _skip_header(member: IO[bytes] | Limited) -> _Header:
    stream = cast(Any, member)
    version = npy.read_magic(stream)
    reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        return _Header(*reader(stream))


def _only(source: Source, headers: dict[str, _Header], wanted: str, *, ndim: int, kinds: str, what: str) -> str:
    """The array of that name, else the only one of that kind."""
    fitting = [name for name, (shape, _, dtype) in headers.items() if len(shape) == ndim and dtype.kind in kinds]
    if f"{wanted}.npy" in fitting:
        return f"{wanted}.npy"
    if len(fitting) == 1:
        return fitting[0]
    found = ", ".join(f"{name[:-4]} {dtype} {shape}" for name, (shape, _, dtype) in headers.items())
    raise source.error(
        f"needs one {what} named {wanted!r}; it holds {found}. "
        "Save one with: np.savez(path, words=np.array(words), vectors=vectors)"
    )
