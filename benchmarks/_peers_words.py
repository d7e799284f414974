"""Contenders that store words: ours, and other libraries for tables of words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from _peers_contender import ASKED, Contender, Opened, all_rows

import embcompress
from embcompress import Table
from embcompress.arrays import Floats

NAVEC_ROWS, NAVEC_ITERATIONS = 20_000, 10
"""It is fitted to so many rows, evenly spread: like its own fitting, which draws a sample."""


def word_tables(dims: int) -> dict[str, Contender]:
    """All of them by name, ours first."""
    products = [f"pq:{max(1, dims // share)}x8:balance" for share in (4, 8)]  # 2 bits a dimension and 1
    specs = ("int8", "lloyd:4", "lloyd:2", products[0], "groups:1", products[1], "binary")
    parts, half = equal_parts(dims), dims // 2
    return {f"embcompress {spec}": ours(spec) for spec in specs} | {
        "gensim KeyedVectors": gensim(mapped=False),
        "gensim KeyedVectors, mmap": gensim(mapped=True),
        "finalfusion array, mmap": FINALFUSION,
        "magnitude": MAGNITUDE,
        "model2vec int8": model2vec(None),
        f"model2vec PCA {half}, int8": model2vec(half),
        f"navec PQ {parts}x8": navec(parts),
        f"compress-fasttext PQ {parts}": compress_fasttext_pq(parts),
        f"compress-fasttext SVD {half}": compress_fasttext_svd(half),
    }


def equal_parts(dims: int) -> int:
    """Into how many parts of one length, three or more, vectors can be cut at most: 100 of 300, as navec does."""
    return max(parts for parts in range(1, max(1, dims // 3) + 1) if dims % parts == 0)


def ours(spec: str) -> Contender:
    """A spec of ours."""

    def write(table: Table, folder: Path) -> None:
        embcompress.shrink(table, spec).save(folder / "table.embc")

    def open_(folder: Path) -> Opened:
        vectors = embcompress.open(folder / "table.embc")
        return Opened(vectors.__getitem__, lambda query: words_of(vectors.similar_by_vector(query, topn=ASKED)))

    return Contender(("embcompress.vectors", "faiss"), "codes, lengths", True, write, open_)


def gensim(*, mapped: bool) -> Contender:
    """gensim's own class over float32 rows."""

    def write(table: Table, folder: Path) -> None:
        embcompress.export(table, folder / "table.kv")

    def open_(folder: Path) -> Opened:
        loaded = import_module("gensim.models").KeyedVectors.load(
            str(folder / "table.kv"), mmap="r" if mapped else None
        )
        return gensim_like(loaded)

    return Contender(("gensim.models",), "float32", True, write, open_)


def gensim_like(keyed: Any) -> Opened:
    """What is asked as gensim is."""
    return Opened(keyed.__getitem__, lambda query: words_of(keyed.most_similar(positive=[query], topn=ASKED)))


def compress_fasttext_pq(parts: int) -> Contender:
    """Its product quantizer with its 255 centroids."""
    return compress_fasttext(
        lambda rows: import_module("compress_fasttext.quantization").quantize(rows, qdim=parts, centroids=255), "PQ"
    )


def compress_fasttext_svd(axes: int) -> Contender:
    """Its truncated SVD in half precision."""
    return compress_fasttext(
        lambda rows: import_module("compress_fasttext.decomposition").DecomposedMatrix.compress(rows, axes), "SVD fp16"
    )


def compress_fasttext(coded: Callable[[Floats], Any], stores: str) -> Contender:
    """Its model without rows of n-grams, which a table of words has none of."""

    def write(table: Table, folder: Path) -> None:
        fasttext = import_module("gensim.models.fasttext")
        compress = import_module("compress_fasttext.compress")
        np.random.seed(0)  # its fitting draws from numpy's global generator
        model = compress.make_new_fasttext_model(
            fasttext.FastTextKeyedVectors(vector_size=table.dims, min_n=3, max_n=6, bucket=0),
            coded(all_rows(table)),
            np.zeros((0, table.dims), dtype=np.float32),
            {word: row for row, word in enumerate(table.words)},
        )
        model.save(str(folder / "model.kv"))

    def open_(folder: Path) -> Opened:
        model = import_module("compress_fasttext.compress").CompressedFastTextKeyedVectors
        return gensim_like(model.load(str(folder / "model.kv")))

    return Contender(("compress_fasttext.compress",), stores, True, write, open_)


def navec(parts: int) -> Contender:
    """Its codes, archive and look-up. FAISS finds the centroids: navec itself comes without the k-means it calls."""

    def write(table: Table, folder: Path) -> None:
        import faiss

        quantizer = faiss.ProductQuantizer(table.dims, parts, 8)
        quantizer.cp.niter = NAVEC_ITERATIONS
        rows = all_rows(table)
        quantizer.train(rows[:: -(-len(rows) // NAVEC_ROWS)])
        centroids = faiss.vector_to_array(quantizer.centroids).reshape(parts, quantizer.ksub, -1)
        codes = quantizer.compute_codes(rows)
        package = import_module("navec.navec")
        words = package.Vocab(list(table.words), [0] * len(table))
        coded = package.PQ(len(table), table.dims, parts, quantizer.ksub, codes, centroids)
        package.Navec(package.Meta("table"), words, coded).dump(str(folder / "table.tar"))

    def open_(folder: Path) -> Opened:
        return Opened(import_module("navec").Navec.load(str(folder / "table.tar")).__getitem__, None)

    return Contender(("navec",), "PQ", True, write, open_)


def model2vec(axes: int | None) -> Contender:
    """A static model of bytes, one scale for all; of principal axes, as its distillation takes, or of all numbers."""

    def write(table: Table, folder: Path) -> None:
        from sklearn.decomposition import PCA

        rows = all_rows(table) if axes is None else PCA(axes, random_state=0).fit_transform(all_rows(table))
        embcompress.export(Table(table.words, rows), folder / "float32", "model2vec")
        package = import_module("model2vec.model")
        whole = package.StaticModel.from_pretrained(folder / "float32")
        package.quantize_model(whole, quantize_to="int8").save_pretrained(folder / "int8")
        for file in (folder / "float32").iterdir():
            file.unlink()

    def open_(folder: Path) -> Opened:
        model = import_module("model2vec").StaticModel.from_pretrained(folder / "int8")
        row_of = model.tokenizer.token_to_id
        return Opened(lambda word: np.asarray(model.embedding[row_of(word)], dtype=np.float32), None)

    return Contender(("model2vec",), "int8", True, write, open_)


def _write_magnitude(table: Table, folder: Path) -> None:
    text = folder / "table.txt"
    table.save(text)
    import_module("pymagnitude.converter").convert(str(text), str(folder / "table.magnitude"))
    text.unlink()


def _open_magnitude(folder: Path) -> Opened:
    rows = tempfile.mkdtemp(dir=folder)  # where the first query writes all rows as float32, which later ones map
    vectors = import_module("pymagnitude").Magnitude(str(folder / "table.magnitude"), temp_dir=rows, log=False)
    return Opened(vectors.query, lambda query: words_of(vectors.most_similar(query, topn=ASKED)))


MAGNITUDE = Contender(("pymagnitude",), "integers in SQLite", True, _write_magnitude, _open_magnitude)


def _write_finalfusion(table: Table, folder: Path) -> None:
    binary = folder / "table.bin"
    table.save(binary)
    import_module("finalfusion.compat.word2vec").load_word2vec(str(binary)).write(str(folder / "table.fifu"))
    binary.unlink()


def _open_finalfusion(folder: Path) -> Opened:
    vectors = import_module("finalfusion").load_finalfusion(str(folder / "table.fifu"), mmap=True)
    return Opened(
        vectors.__getitem__, lambda query: [each.word for each in vectors.embedding_similarity(query, k=ASKED)]
    )


FINALFUSION = Contender(("finalfusion",), "float32", True, _write_finalfusion, _open_finalfusion)


def words_of(found: list[Any]) -> list[str]:
    """The words of pairs of word and score."""
    return [pair[0] for pair in found]
