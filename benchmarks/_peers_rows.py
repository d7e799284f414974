"""Contenders that store rows by number: usearch, FAISS and sentence-transformers, the words in JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from _peers_contender import ASKED, Contender, Opened, all_rows

import embcompress
from embcompress import Table
from embcompress.arrays import Floats, Integers, directions
from embcompress.exports._words import words_beside, write_words

INDEX = "index"


def row_tables(dims: int) -> dict[str, Contender]:
    """All of them by name."""
    return (
        {f"usearch {kind}": usearch(kind) for kind in ("f16", "i8", "b1")}
        | {f"FAISS {factory}": faiss_index(factory) for factory in factories(dims)}
        | {
            "sentence-transformers int8": SENTENCE_TRANSFORMERS_INT8,
            "sentence-transformers binary": sentence_transformers_binary(dims),
        }
    )


def factories(dims: int) -> list[str]:
    """FAISS's codes at 16 bits a dimension, 8, 4, 2 and 1, as its factory spells them."""
    quarters, eighths = -(-dims // 4), max(1, dims // 8)
    pad = f"Pad{4 * quarters}," if dims % 4 else ""
    return [
        "SQfp16",
        "SQ8",
        "SQ4",
        f"{pad}PQ{quarters}x8np",
        f"{pad}PQ{quarters}x4fs",
        f"OPQ{eighths}_{dims // eighths * eighths},PQ{eighths}x8np",
        f"RR{dims},RaBitQ",
        f"RR{dims},RaBitQfs",
    ]


def by_number(folder: Path, row: Callable[[int], Floats], nearest: Callable[[Floats], Integers]) -> Opened:
    """What knows rows only, with the words beside it as a dictionary and a list."""
    rows: dict[str, int] = json.loads(words_beside(folder / INDEX)[0].read_text(encoding="ascii"))
    words = list(rows)
    return Opened(lambda word: row(rows[word]), lambda query: [words[number] for number in nearest(query)])


def write_words_beside(table: Table, folder: Path) -> None:
    """The words and their rows."""
    write_words(words_beside(folder / INDEX)[0], ((word, row) for row, word in enumerate(table.words)))


def usearch(kind: str) -> Contender:
    """Its index, a graph, with its own settings; of bits by Hamming distance, of other numbers by cosine."""

    def write(table: Table, folder: Path) -> None:
        embcompress.export(table, folder / INDEX, f"usearch:{kind}")

    def open_(folder: Path) -> Opened:
        index = import_module("usearch.index").Index.restore(str(folder / INDEX))
        if kind == "b1":
            return by_number(
                folder,
                lambda row: signs(index.get(row), index.ndim),
                lambda query: index.search(np.packbits(query > 0), ASKED, threads=1).keys,
            )
        return by_number(folder, index.get, lambda query: index.search(query, ASKED, threads=1).keys)

    return Contender(("usearch.index",), f"{kind}, a graph", False, write, open_)


def signs(packed: Any, dims: int) -> Floats:
    """Packed bits as +1 and -1, (d,) float32."""
    bits = np.unpackbits(np.asarray(packed).view(np.uint8).ravel(), count=dims)
    return 2 * bits.astype(np.float32) - 1


def faiss_index(factory: str) -> Contender:
    """A plain index by inner products over directions, scored by its own search alone."""

    def write(table: Table, folder: Path) -> None:
        import faiss

        rows = directions(all_rows(table))
        index = faiss.index_factory(table.dims, factory, faiss.METRIC_INNER_PRODUCT)
        index.train(rows)
        index.add(rows)
        faiss.write_index(index, str(folder / INDEX))
        write_words_beside(table, folder)

    def open_(folder: Path) -> Opened:
        index = import_module("faiss").read_index(str(folder / INDEX))
        return by_number(folder, index.reconstruct, lambda query: index.search(query[None], ASKED)[1][0])

    return Contender(("faiss",), "codes", False, write, open_)


QUANTIZATION = "sentence_transformers.util.quantization"


def _write_int8(table: Table, folder: Path) -> None:
    package, rows = import_module(QUANTIZATION), directions(all_rows(table))
    ranges = np.vstack([rows.min(axis=0), rows.max(axis=0)])
    codes = package.quantize_embeddings(rows, "int8", ranges=ranges)
    _, _, index = package.semantic_search_usearch(
        rows[:1], corpus_embeddings=codes, corpus_precision="int8", ranges=ranges, output_index=True
    )
    index.save(str(folder / INDEX))
    np.save(folder / "ranges.npy", ranges)
    write_words_beside(table, folder)


def _open_int8(folder: Path) -> Opened:
    search = import_module(QUANTIZATION).semantic_search_usearch
    index = import_module("usearch.index").Index.restore(str(folder / INDEX))
    ranges = np.load(folder / "ranges.npy")
    steps = (ranges[1] - ranges[0]) / 255

    def nearest(query: Floats) -> Integers:
        found, _ = search(query[None], corpus_index=index, corpus_precision="int8", ranges=ranges, top_k=ASKED)
        return numbers(found)

    return by_number(folder, lambda row: (index.get(row).astype(np.float32) + 128) * steps + ranges[0], nearest)


def sentence_transformers_binary(dims: int) -> Contender:
    """Its signs in FAISS's index of bits, rescored with the query's own numbers, as its search does by default."""

    def write(table: Table, folder: Path) -> None:
        import faiss

        package, rows = import_module(QUANTIZATION), directions(all_rows(table))
        codes = package.quantize_embeddings(rows, "ubinary")
        _, _, index = package.semantic_search_faiss(
            rows[:1], corpus_embeddings=codes, corpus_precision="ubinary", output_index=True
        )
        faiss.write_index_binary(index, str(folder / INDEX))
        write_words_beside(table, folder)

    def open_(folder: Path) -> Opened:
        search = import_module(QUANTIZATION).semantic_search_faiss
        index = import_module("faiss").read_index_binary(str(folder / INDEX))

        def nearest(query: Floats) -> Integers:
            found, _ = search(query[None], corpus_index=index, corpus_precision="ubinary", top_k=ASKED)
            return numbers(found)

        return by_number(folder, lambda row: signs(index.reconstruct(row), dims), nearest)

    return Contender((QUANTIZATION, "faiss"), "bits", False, write, open_)


def numbers(found: list[list[dict[str, Any]]]) -> Integers:
    """The rows that sentence-transformers found for one query."""
    return np.array([each["corpus_id"] for each in found[0]])


SENTENCE_TRANSFORMERS_INT8 = Contender((QUANTIZATION, "usearch.index"), "int8, a graph", False, _write_int8, _open_int8)
