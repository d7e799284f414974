"""Nothing that a file or a caller gives leads FAISS to an exception of C++'s, which would end the process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors, FormatError, UsageError, container
from embcompress.affine import Affine
from embcompress.codebook import Codebook
from embcompress.codec import Codec
from embcompress.errors import EmbcompressError
from embcompress.kernels.layouts import layout_of
from embcompress.kernels.symbols import TABLE_BYTES
from embcompress.lengths import LengthScale
from embcompress.search import Search
from embcompress.segment import Segment
from tests.attacks.seeds import SPECS
from tests.common import DIMS, ROWS, shrunk, small_table
from tests.test_file import rewritten

NLIST = 12


@cache
def with_lists(spec: str) -> CompressedVectors:
    vectors = embcompress.shrink(small_table(), spec)
    vectors.build_ivf(NLIST)
    return vectors


def saved(spec: str, folder: Path, *, lists: bool = False) -> Path:
    (with_lists(spec) if lists else shrunk(spec)).save(folder / "table.embc")
    return folder / "table.embc"


def scores(found: list[tuple[str, float]]) -> list[float]:
    return [score for _, score in found]


@pytest.mark.parametrize("byte", [0, 0x7C, 0x7F, 0xF3, 0xFF])
@pytest.mark.parametrize("spec", ["float16", "binary", "ternary", "lloyd:4", "int8", "pq:8x8", "kmeans:17", "groups:2"])
def test_codes_of_any_bytes_are_searched(spec: str, byte: int, tmp_path: Path) -> None:
    def ruin(_: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["0.codes"][::2] = byte

    vectors = embcompress.open(rewritten(saved(spec, tmp_path), ruin))
    assert np.isfinite(vectors.vectors).all()
    for word in ("word0", "word1"):
        exact, found = vectors.most_similar(word, exact=True), vectors.most_similar(word)
        if spec == "ternary" and byte >= 3**5:  # stands for nothing, so FAISS may take it for something else
            assert (np.array(scores(found)) <= np.array(scores(exact)) + 2e-6).all()
        else:
            assert scores(found) == pytest.approx(scores(exact), abs=2e-6)


def test_infinite_codes_stand_for_zero_and_fail_verification(tmp_path: Path) -> None:
    def infinite(_: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["0.codes"].view("<f2")[3, :2] = np.inf, np.nan

    path = rewritten(saved("float16", tmp_path), infinite)
    row = embcompress.open(path)["word3"]
    assert (row[:2] == 0).all()
    assert row[2:].any()
    with pytest.raises(FormatError, match=r"array '0\.codes' has a byte that stands for nothing, after row 0"):
        embcompress.verify(path)


@pytest.mark.parametrize("radix", [17, 100, 255])
def test_symbols_below_any_radix_are_searched(radix: int, tmp_path: Path) -> None:
    def fewer(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["segments"][0]["radix"] = radix
        arrays["0.centroids"] = arrays["0.centroids"][:, :radix]
        arrays["0.codes"] %= radix

    vectors = embcompress.open(rewritten(saved("pq:8x8", tmp_path), fewer))
    for word in ("word0", "word333"):
        assert scores(vectors.most_similar(word)) == pytest.approx(
            scores(vectors.most_similar(word, exact=True)), abs=2e-6
        )


def row_twice(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["lists.rows"][3] = arrays["lists.rows"][4]


def row_outside(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["lists.rows"][3] = ROWS


def row_below_zero(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["lists.rows"][3] = -1


@pytest.mark.parametrize("change", [row_twice, row_outside, row_below_zero])
@pytest.mark.parametrize("spec", ["binary", "int8", "float16", "pq:8x8"])
def test_lists_hold_every_row_once(spec: str, change: Any, tmp_path: Path) -> None:
    path = rewritten(saved(spec, tmp_path, lists=True), change)
    reason = r"table\.embc: array 'lists\.rows' names a row that is not there, or one twice"
    with pytest.raises(FormatError, match=reason):
        embcompress.open(path).most_similar("word1")
    with pytest.raises(FormatError, match=reason):
        embcompress.verify(path)
    assert len(embcompress.open(path).most_similar("word1", exact=True)) == 10


@pytest.mark.parametrize("nprobe", [0, -1, 13, 2**31, 2**63 - 1, "all", 3.0])
def test_lists_that_are_not_there_are_not_probed(nprobe: object, tmp_path: Path) -> None:
    path = saved("binary", tmp_path, lists=True)
    with pytest.raises(FormatError, match=r"nprobe = .* where a whole number from 1 to 12 belongs"):
        embcompress.open(rewritten(path, lambda metadata, _: metadata["lists"].update(nprobe=nprobe)))


@pytest.mark.parametrize("nlist", [0, 701])
def test_lists_are_as_many_as_rows_at_most(nlist: int, tmp_path: Path) -> None:
    def resized(_: dict[str, Any], arrays: dict[str, Any]) -> None:
        sizes = np.zeros(nlist, dtype=np.int32)
        sizes[:1] = ROWS
        arrays |= {"lists.centroids": np.ones((nlist, DIMS), dtype=np.float32), "lists.sizes": sizes}

    with pytest.raises(FormatError, match=f"tells of {nlist} lists of 700 rows"):
        embcompress.open(rewritten(saved("binary", tmp_path, lists=True), resized))


@pytest.mark.parametrize("spec", SPECS[:6])
def test_a_table_without_words_finds_nothing(spec: str, tmp_path: Path) -> None:
    def emptied(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["words"] = 0
        for name in {"0.codes", "0.rows", "0.lengths", "words.text", "words.lengths", "words.order"} & arrays.keys():
            arrays[name] = arrays[name][:0]
        arrays["words.order"] = arrays["words.order"][:, :1]

    vectors = embcompress.open(rewritten(saved(spec, tmp_path), emptied))
    query = np.ones(DIMS, dtype=np.float32)
    assert len(vectors) == 0
    assert vectors.vectors.shape == (0, DIMS)
    assert vectors.most_similar(query) == vectors.most_similar(query, exact=True) == []
    assert vectors.most_similar_batch([query]) == [[]]
    assert vectors.neighbours(query[None], 5)[1].shape == (1, 0)
    assert "word1" not in vectors
    assert embcompress.verify(tmp_path / "table.embc")


@pytest.mark.parametrize("dims", [0, -1, 2**15 + 1, 2**31, 2**63 - 1])
def test_vectors_of_no_length_or_any_length_are_refused(dims: int, tmp_path: Path) -> None:
    path = saved("int8", tmp_path)
    with pytest.raises(FormatError, match=f"dims = {dims} where a whole number from 1 to 32,768 belongs"):
        embcompress.open(rewritten(path, lambda metadata, _: metadata.update(dims=dims)))


WRONG = [np.full(DIMS, np.nan), np.full(DIMS, np.inf), np.full(DIMS, 1e300), np.ones(DIMS + 1), np.ones((2, 2, DIMS))]


@pytest.mark.parametrize("query", WRONG, ids=["nan", "inf", "too large", "too long", "too deep"])
@pytest.mark.parametrize("lists", [False, True])
def test_queries_that_are_none_are_refused(query: Any, lists: bool, tmp_path: Path) -> None:
    vectors = embcompress.open(saved("binary", tmp_path, lists=lists))
    asked: list[Any] = [
        lambda: vectors.most_similar(query),
        lambda: vectors.most_similar([query, "word1"], exact=True),
        lambda: vectors.similar_by_vector(query),
        lambda: vectors.most_similar_batch([query]),
        lambda: vectors.neighbours(query if query.ndim > 1 else query[None], 5),
    ]
    for ask in asked:
        with pytest.raises(EmbcompressError):
            ask()


def test_any_number_of_neighbours_may_be_wanted() -> None:
    for vectors in (shrunk("binary"), with_lists("binary")):
        for wanted in (1, 349, 699, 700, 10**6, 10**30):
            found = vectors.most_similar("word5", topn=wanted)
            assert len(found) == min(wanted, ROWS - 1)
            assert len(dict(found)) == len(found)
        assert vectors.most_similar("word5", topn=-1) == []
        for nprobe in (0, NLIST + 1, 10**30):
            with pytest.raises(UsageError):
                vectors.nprobe = nprobe


def test_many_queries_of_wide_tables_are_not_asked_at_once() -> None:
    dims, rows = 3000, 400
    generator = np.random.default_rng(0)
    codec = Codec(Affine(dims), Codebook.from_levels(np.tile(np.linspace(-1, 1, 256), (dims, 1))))
    codes = generator.integers(0, 256, (rows, dims), dtype=np.uint8)
    search = Search(Segment(codec, codes, np.ones(rows, dtype=np.uint8), LengthScale(0.0, 0.0)))
    assert layout_of(search._parts[0].segment).most_queries == TABLE_BYTES // (4 * 256 * (dims + 1)) == 21
    queries = generator.standard_normal((30, dims)).astype(np.float32)
    for count in (20, 30):
        found, exact = (search.nearest(queries[:count], 10, exact=exact)[0] for exact in (False, True))
        np.testing.assert_allclose(found, exact, atol=2e-6)


def test_metadata_of_lists_without_lists_is_ignored_and_lists_without_metadata_refused(tmp_path: Path) -> None:
    path = saved("binary", tmp_path, lists=True)
    with pytest.raises(FormatError, match="does not describe the inverted file"):
        embcompress.open(rewritten(path, lambda metadata, _: metadata.pop("lists")))
    stored = container.read(saved("binary", tmp_path))
    metadata = json.loads(json.dumps(stored.metadata)) | {"lists": {"nprobe": 3, "recall": 1.0}}
    container.write(path, metadata, dict(stored.arrays))
    assert embcompress.open(path).lists is None
