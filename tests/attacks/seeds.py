"""Small sound files of every format, which mutants are made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as safetensors_bytes

import embcompress
from embcompress import Table
from embcompress.table import NgramRows
from tests.writers import FORMATS, VECTORS, WORDS

ROWS, DIMS = 320, 12
"""Enough rows that FAISS is asked."""

SPECS = [
    "int8",
    "float16",
    "binary",
    "ternary",
    "center,rotate,lloyd:4",
    "pq:3x4:balance",
    "pq:4x8",
    "groups:2",
    "kmeans:17",
    "vq:40,int8",
    "head:150:float16,dims:7,lloyd:2",
    "prune:0.5,int8,bitmap,zstd",
    "int4",
    "int2",
    "kmeans:3",
    "opq:3x4",
    "pca:5,pq:2x4",
    "abtt:1,int8",
    "delta:0.5",
]
"""A file each. The first twelve hold every array there is."""

VARIETY = 12


@dataclass(frozen=True)
class Seed:
    """A sound file and those beside it; the first is the one that is opened.

    Parameters
    ----------
    name : str
    files : dict of str to bytes
    """

    name: str
    files: dict[str, bytes]


@cache
def seeds(reader: str, *, all_specs: bool = True) -> list[Seed]:
    """Sound files for one of `READERS`."""
    built = _embc(SPECS if all_specs else SPECS[:VARIETY]) if reader == "embc" else READERS[reader]()
    return [Seed(name, files) for name, files in built]


def _table() -> Table:
    generator = np.random.default_rng(3)
    rows = np.repeat(generator.standard_normal((ROWS // 10, DIMS)), 10, axis=0)
    rows += 0.4 * generator.standard_normal((ROWS, DIMS))
    rows *= generator.uniform(0.3, 3, (ROWS, 1))
    words: list[str | bytes] = [*(f"word{row}" for row in range(ROWS - 3)), "東京", "x" * 300, b"caf\xe9"]
    ngrams = generator.standard_normal((60, DIMS)).astype(np.float32)
    return Table(words, rows.astype(np.float32), ngrams=NgramRows(2, 4, 60, ngrams))


def _embc(specs: list[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    table = _table()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.embc"

        def content(vectors: embcompress.CompressedVectors) -> dict[str, bytes]:
            vectors.save(path)
            return {path.name: path.read_bytes()}

        for number, spec in enumerate(specs):
            vectors = embcompress.shrink(table, spec, ngrams=0 if number % 3 else 40)
            yield spec, content(vectors)
            if number < 3:
                vectors.build_ivf(12, nprobe=3)
                yield f"{spec} with lists", content(vectors)
                embcompress.pack(path, path)
                yield f"{spec} with lists, packed", {path.name: path.read_bytes()}
        dropped = Table([f"late{row}" for row in range(20)], table.rows(slice(20)))
        yield "mapped words", content(embcompress.shrink(table, "binary", dropped=dropped))


def _written(name: str) -> Iterator[tuple[str, dict[str, bytes]]]:
    many = [f"word{row}" for row in range(60)]
    rows = np.random.default_rng(4).standard_normal((60, 5)).astype(np.float32)
    for form, write in FORMATS.items():
        if form.startswith(name):
            yield form, {"table": write(WORDS, VECTORS)}
            yield f"{form}, longer", {"table": write(many, rows)}


def _fasttext() -> Iterator[tuple[str, dict[str, bytes]]]:
    from tests.test_fasttext import FTZ, NUMBERS, PRUNED, SMALL, SMALL_WORDS, WHOLE, dense, model

    yield "with n-grams", {"table": WHOLE}
    yield "quantized", {"table": FTZ}
    yield "pruned", {"table": PRUNED}
    yield "old", {"table": model(SMALL_WORDS, dense(SMALL), version=0, **NUMBERS)}
    own: dict[str, Any] = {**NUMBERS, "buckets": 0, "maxn": 0}
    yield "words alone", {"table": model(SMALL_WORDS, dense(SMALL[: len(SMALL_WORDS)]), labels=(b"__label__a",), **own)}


def _gensim() -> Iterator[tuple[str, dict[str, bytes]]]:
    from tests.test_gensim_saved import fasttext, keyed_vectors, word2vec

    models = {"keyed vectors": keyed_vectors, "word2vec": word2vec, "fasttext": fasttext}
    for name, make in models.items():
        for apart in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "table"
                model: Any = make()
                (model if name == "keyed vectors" else model.wv).save(str(path), sep_limit=0 if apart else 1 << 30)
                files = {each.name: each.read_bytes() for each in sorted(Path(folder).iterdir())}
            yield f"{name}{', arrays apart' if apart else ''}", files


def _npz() -> Iterator[tuple[str, dict[str, bytes]]]:
    import io

    yield from _written(".npz")
    for dtype in ("<f2", "<f8"):
        content = io.BytesIO()
        np.savez(content, words=np.array([word.encode() for word in WORDS]), vectors=VECTORS.astype(dtype))
        yield f"plain, {dtype}", {"table": content.getvalue()}


def _fifu() -> Iterator[tuple[str, dict[str, bytes]]]:
    from tests.test_more_formats import bucketed, fifu, lengths, matrix, quantized_file, simple

    norms = np.full(6, 2, dtype=np.float32)
    yield "dense", {"table": fifu(simple(WORDS), matrix(VECTORS))}
    yield "n-grams", {"table": fifu(bucketed(7, WORDS[:6], 4), matrix(VECTORS), lengths(norms))}
    yield "quantized", {"table": quantized_file()[0]}
    yield "quantized, plain", {"table": quantized_file(projected=False, normed=False)[0]}


def _safetensors() -> Iterator[tuple[str, dict[str, bytes]]]:
    from tests.test_more_formats import tokenizer

    beside = {"tokenizer.json": tokenizer(WORDS).encode()}
    yield "plain", {"table": safetensors_bytes({"embeddings": VECTORS}), **beside}
    clustered: dict[str, Any] = {
        "embeddings": VECTORS[:5],
        "mapping": np.arange(len(WORDS)) % 5,
        "weights": np.linspace(0.1, 1, len(WORDS)),
    }
    yield "clustered", {"table": safetensors_bytes(clustered), **beside}
    halves: dict[str, Any] = {"embeddings": VECTORS.astype(np.float16), "other": np.zeros((3, 2), dtype=np.int32)}
    yield "halves", {"table": safetensors_bytes(halves), "vocab.txt": "\n".join(WORDS[:8]).encode()}


READERS: dict[str, Callable[[], Iterator[tuple[str, dict[str, bytes]]]]] = {
    "embc": lambda: _embc(SPECS),
    "word2vec": lambda: _written("word2vec .bin"),
    "text": lambda: _written("word2vec text"),
    "fasttext": _fasttext,
    "kv": _gensim,
    "npz": _npz,
    "fifu": _fifu,
    "safetensors": _safetensors,
}
"""Readers by name, and what builds their seeds."""
