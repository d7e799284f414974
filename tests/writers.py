"""Tables written in the formats people have, by the few lines each format takes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from embcompress import FormatError, load
from embcompress.arrays import Floats

WORDS = ["the", "naïve", "König", "東京", "a b", "0.5", "\u0085", "\u00a0", "e-mail", "x" * 300]
VECTORS = np.random.default_rng(3).standard_normal((len(WORDS), 6)).astype(np.float32)


def binary(words: list[str], vectors: Floats, newline: bytes = b"\n") -> bytes:
    rows = b"".join(
        word.encode() + b" " + row.astype("<f4").tobytes() + newline for word, row in zip(words, vectors, strict=True)
    )
    return b"%d %d\n" % vectors.shape + rows


def glove(words: list[str], vectors: Floats) -> bytes:
    lines = (word + " " + " ".join(str(number) for number in row) for word, row in zip(words, vectors, strict=True))
    return "".join(line + "\n" for line in lines).encode()


def text(words: list[str], vectors: Floats) -> bytes:
    return b"%d %d\n" % vectors.shape + glove(words, vectors)


def npz(words: list[str], vectors: Floats) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, words=np.array(words), vectors=vectors)
    return content.getvalue()


FORMATS: dict[str, Callable[[list[str], Floats], bytes]] = {
    "word2vec .bin": binary,
    "word2vec .bin without newlines": lambda words, vectors: binary(words, vectors, b""),
    "word2vec text": text,
    "GloVe text": glove,
    ".npz": npz,
}


def zipped(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("folder/", b"")
        members.writestr("folder/table", content)
    return archive.getvalue()


WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstandard.compress,
    "zip": zipped,
}


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def assert_refused(path: Path, reason: str) -> None:
    """Loading a file fails with one line that begins with its path and gives the reason."""
    with pytest.raises(FormatError) as caught:
        load(path)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
