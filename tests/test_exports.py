"""Every export, read by the program it is for: the vectors are those that the codes decode to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from safetensors import safe_open

import embcompress
from embcompress import CompressedVectors, Table, exports
from embcompress.arrays import Floats
from embcompress.exports import Format
from embcompress.table import NgramRows
from tests.common import DIMS, ROWS, shrunk, small_table, unit_queries
from tests.writers import WORDS

Read = tuple[list[str], Floats]
"""Words by row, and their vectors (n, d)."""


def gensim_text(path: Path, **options: Any) -> Read:
    read = KeyedVectors.load_word2vec_format(str(path), **options)
    return read.index_to_key, read.vectors


def gensim_saved(path: Path) -> Read:
    read = KeyedVectors.load(str(path), mmap="r")
    assert isinstance(read.vectors, np.memmap)
    assert read.key_to_index == {word: row for row, word in enumerate(read.index_to_key)}
    return read.index_to_key, read.vectors


def numpy_archive(path: Path) -> Read:
    with np.load(path) as arrays:
        return arrays["words"].tolist(), arrays["vectors"]


def by_row(rows: dict[str, int]) -> list[str]:
    return sorted(rows, key=rows.__getitem__)


def words_of(path: Path) -> list[str]:
    return by_row(json.loads(path.with_name(f"{path.name}.words.json").read_text()))


def tensor(path: Path) -> Read:
    with safe_open(path, framework="numpy") as file:
        return by_row(json.loads((path.parent / "vocab.json").read_text())), file.get_tensor("embeddings")


def static_model(path: Path) -> Read:
    model2vec = pytest.importorskip("model2vec", reason="reads static models")
    model = model2vec.StaticModel.from_pretrained(path)
    words = [word for word in model.tokens if word != "[UNK]"]
    return words, model.encode(words)


def usearch(path: Path, dtype: str) -> Read:
    index = pytest.importorskip("usearch.index", reason="reads USearch's indexes").Index.restore(path)
    words = words_of(path)
    assert len(index) == len(words)
    return words, np.stack(index.get(np.arange(len(words)), dtype=dtype))


def sqlite(path: Path) -> Read:
    with closing(sqlite3.connect(path)) as database:
        records = database.execute("SELECT word, vector FROM words ORDER BY row").fetchall()
        assert database.execute("SELECT row FROM words WHERE word = ?", [records[5][0]]).fetchone() == (5,)
    return [word for word, _ in records], np.stack([np.frombuffer(vector, dtype="<f4") for _, vector in records])


def parquet(path: Path) -> Read:
    table = pytest.importorskip("pyarrow.parquet", reason="reads Parquet").read_table(path)
    return table["word"].to_pylist(), np.array(table["vector"].to_pylist(), dtype=np.float32)


def arrow(path: Path) -> Read:
    ipc = pytest.importorskip("pyarrow.ipc", reason="reads Arrow")
    with ipc.open_file(path) as file:
        table = file.read_all()
    return table["word"].to_pylist(), np.array(table["vector"].to_pylist(), dtype=np.float32)


def onnx(path: Path) -> Read:
    runtime = pytest.importorskip("onnxruntime", reason="runs graphs of ONNX")
    words = words_of(path)
    ids = np.arange(len(words), dtype=np.int64)
    return words, runtime.InferenceSession(path).run(["vectors"], {"ids": ids})[0]


def torch_layer(path: Path) -> Read:
    torch = pytest.importorskip("torch", reason="loads state dicts")
    from embcompress.apps.torch_codes import CodedEmbedding

    words = words_of(path)
    return words, CodedEmbedding(torch.load(path, weights_only=True))(torch.arange(len(words))).numpy()


EXACT: dict[str, Callable[[Path], Read]] = {
    "word2vec:binary": partial(gensim_text, binary=True),
    "word2vec:text": partial(gensim_text, binary=False),
    "glove": partial(gensim_text, binary=False, no_header=True),
    "gensim": gensim_saved,
    "npz": numpy_archive,
    "model2vec": static_model,
    "sqlite:plain": sqlite,
    "parquet": parquet,
    "arrow": arrow,
}
"""Formats of float32, by what reads them."""

HALVES: dict[str, Callable[[Path], Read]] = {"safetensors": tensor, "usearch:f16": partial(usearch, dtype="f16")}
"""Formats of float16."""

OF_CODES: dict[str, Callable[[Path], Read]] = {"onnx": onnx, "torch": torch_layer}
"""Formats that decode by themselves."""

TESTED_APART = {"faiss", "js", "usearch:i8", "usearch:b1", "sqlite:vec"}


def written(vectors: CompressedVectors | Table, name: str, folder: Path, **options: Any) -> Path:
    chosen = exports.find(name)
    if chosen.name in ("onnx", "usearch", "torch"):
        pytest.importorskip(chosen.name, reason="writes the format")
    if chosen.name in ("parquet", "arrow"):
        pytest.importorskip("pyarrow", reason="writes the format")
    path = folder / f"table{chosen.about.suffixes[0]}"
    size = embcompress.export(vectors, path, name, **options)
    made = [file for file in folder.rglob("*") if file.is_file()]
    assert size == sum(file.stat().st_size for file in made)
    assert set(folder.iterdir()) == set(chosen.files(path))
    return path


def test_every_format_is_tested() -> None:
    assert {str(each) for each in exports.formats()} == {*EXACT, *HALVES, *OF_CODES, *TESTED_APART}


@pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning")  # gensim leaves GloVe's open
@pytest.mark.parametrize("spec", ["lloyd:4", "center,rotate,lloyd:2", "head:60:float16,center,vq:30,binary"])
@pytest.mark.parametrize("name", EXACT)
def test_formats_of_float32_hold_what_is_decoded_bit_for_bit(name: str, spec: str, tmp_path: Path) -> None:
    vectors = shrunk(spec)
    words, rows = EXACT[name](written(vectors, name, tmp_path))
    assert words == list(vectors.index_to_key)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, vectors.vectors)


@pytest.mark.parametrize("name", [*EXACT, *HALVES])
def test_it_is_told_how_far_writing_has_come(name: str, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    written(shrunk("lloyd:4"), name, tmp_path, progress=lambda *each: told.append(each))
    assert told[-1] == ("writing", 700, 700)


@pytest.mark.parametrize("name", HALVES)
def test_formats_of_float16_hold_what_is_decoded_rounded(name: str, tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    words, rows = HALVES[name](written(vectors, name, tmp_path))
    assert words == list(vectors.index_to_key)
    np.testing.assert_array_equal(rows, vectors.vectors.astype(np.float16))


def test_our_own_readers_read_what_is_written(tmp_path: Path) -> None:
    vectors = shrunk("center,int8")
    for name in ("word2vec", "word2vec:text", "glove", "gensim", "npz", "safetensors", "model2vec"):
        folder = tmp_path / name.replace(":", "-")
        folder.mkdir()
        table = embcompress.load(written(vectors, name, folder))
        assert list(table.words) == list(vectors.index_to_key)
        exact = vectors.vectors if name != "safetensors" else vectors.vectors.astype(np.float16)
        np.testing.assert_array_equal(table.rows(slice(None)), exact)


def test_int8_of_usearch_holds_directions(tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    words, rows = usearch(written(vectors, "usearch:i8", tmp_path), "i8")
    assert words == list(vectors.index_to_key)
    assert np.abs(rows - 127 * vectors.get_normed_vectors()).max() <= 1


def test_signs_of_usearch(tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    path = written(vectors, "usearch:b1", tmp_path)
    _, rows = usearch(path, "b1")
    signs = vectors.vectors > 0
    np.testing.assert_array_equal(rows, np.packbits(signs, axis=1))
    index = pytest.importorskip("usearch.index").Index.restore(path)
    found = index.search(np.packbits(signs[7]), 5, exact=True)
    assert found.distances.tolist() == np.sort((signs != signs[7]).sum(axis=1))[:5].tolist()


def test_usearch_finds_neighbours(tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    index = pytest.importorskip("usearch.index", reason="reads USearch's indexes").Index.restore(
        written(vectors, "usearch", tmp_path)
    )
    queries = vectors.get_normed_vectors()[::20]
    found = np.stack([index.search(query, 10).keys for query in queries])
    _, expected = vectors.neighbours(queries, k=10, exact=True)
    shared = [len(set(one) & set(other)) for one, other in zip(found.tolist(), expected.tolist(), strict=True)]
    assert np.mean(shared) > 9.5


def test_sentence_transformers_load_a_static_model(tmp_path: Path) -> None:
    transformers = pytest.importorskip("sentence_transformers", reason="loads static models")
    vectors = shrunk("lloyd:4")
    path = written(vectors, "model2vec", tmp_path)
    encoded = transformers.SentenceTransformer(str(path), device="cpu").encode(["word3", "word3 word4, (word9)"])
    np.testing.assert_array_equal(encoded[0], vectors["word3"])
    bag = transformers.models.StaticEmbedding.from_model2vec(str(path))
    np.testing.assert_array_equal(bag.embedding.weight[3].detach().numpy(), vectors["word3"])


def test_a_static_model_takes_text(tmp_path: Path) -> None:
    model2vec = pytest.importorskip("model2vec", reason="reads static models")
    words = ["king", "queen", "e-mail", ",", "'", "New"]
    vectors = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    model = model2vec.StaticModel.from_pretrained(written(Table(words, vectors), "model2vec", tmp_path))
    tokens = [words[place] for place in model.tokenize(["'king', e-mail unheard New queen."])[0]]
    assert tokens == ["'", "king", "e-mail", "New", "queen"]
    np.testing.assert_allclose(model.encode(["queen king?"])[0], vectors[:2].mean(axis=0), rtol=1e-6)
    lower = Table(["king", "queen"], vectors[:2])
    (tmp_path / "lower").mkdir()
    model = model2vec.StaticModel.from_pretrained(written(lower, "model2vec", tmp_path / "lower"))
    np.testing.assert_array_equal(model.encode(["KING"])[0], vectors[0])
    assert not model.encode(["unheard"])[0].any()


def test_words_that_answer_with_another_row_have_one_of_their_own(tmp_path: Path) -> None:
    dropped = Table([f"late{row}" for row in range(40)], small_table().rows(slice(40)))
    vectors = embcompress.shrink(small_table(), "int8", dropped=dropped)
    table = embcompress.load(written(vectors, "word2vec", tmp_path))
    assert len(table) == ROWS + 40
    np.testing.assert_array_equal(table["late7"], vectors["late7"])
    np.testing.assert_array_equal(table.rows(slice(ROWS)), vectors.vectors)


def test_words_of_every_kind_beside_codes(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="writes the format")
    words = [*WORDS, "new\nline", "caf\udce9"]
    dropped = Table(["late"], np.ones((1, DIMS), dtype=np.float32))
    vectors = embcompress.shrink(Table(words, small_table().rows(slice(len(words)))), "int8", dropped=dropped)
    path = written(vectors, "onnx", tmp_path)
    rows = json.loads(path.with_name(f"{path.name}.words.json").read_text())
    assert rows == {**{word: row for row, word in enumerate(words)}, "late": vectors.get_index("late")}


def test_a_compressed_table_as_one_that_is_not() -> None:
    ngrams = NgramRows(3, 4, 50, unit_queries(50))
    table = Table(small_table().words, small_table().rows(slice(None)), ngrams=ngrams)
    dropped = Table(["late"], small_table().rows(slice(3, 4)))
    vectors = embcompress.shrink(table, "center,rotate,int8", dropped=dropped)
    decoded = vectors.to_table()
    assert list(decoded.words) == [*table.words, "late"]
    np.testing.assert_array_equal(decoded["late"], vectors["late"])
    np.testing.assert_array_equal(decoded.rows(slice(5, 90)), vectors[5:90])
    np.testing.assert_array_equal(decoded.rows(np.array([ROWS, 2])), vectors[["late", "word2"]])
    assert decoded.ngrams is not None
    assert (decoded.ngrams.minn, decoded.ngrams.maxn, decoded.ngrams.buckets) == (3, 4, 50)
    np.testing.assert_allclose(decoded.ngrams.vectors[0:50], ngrams.vectors[0:50], atol=0.02)


def test_counts_go_to_gensim(tmp_path: Path) -> None:
    table = Table(["a", "b"], np.eye(2, dtype=np.float32), counts=np.array([7, 3]))
    assert KeyedVectors.load(str(written(table, "gensim", tmp_path))).get_vecattr("b", "count") == 3


def test_a_vector_search_in_sqlite(tmp_path: Path) -> None:
    sqlite_vec = pytest.importorskip("sqlite_vec", reason="the extension that vec is for")
    with closing(sqlite3.connect(":memory:")) as database:
        if not hasattr(database, "enable_load_extension"):
            with pytest.raises(embcompress.UsageError, match=r"this Python's does not: take sqlite:plain"):
                embcompress.export(shrunk("int8"), tmp_path / "table.vec.sqlite")
            assert not list(tmp_path.iterdir())
            pytest.skip("this Python's SQLite loads no extensions")
    vectors = shrunk("int8")
    path = written(vectors, "sqlite:vec", tmp_path)
    with closing(sqlite3.connect(path)) as database:
        database.enable_load_extension(True)
        sqlite_vec.load(database)
        query = "SELECT row, distance FROM nearest WHERE vector MATCH ? AND k = 6 ORDER BY distance"
        found = database.execute(query, [vectors["word3"].tobytes()]).fetchall()
    expected = vectors.most_similar("word3", topn=5, exact=True)
    assert [row for row, _ in found] == [3, *(vectors.get_index(word) for word, _ in expected)]
    np.testing.assert_allclose([1 - distance for _, distance in found[1:]], [score for _, score in expected], atol=1e-5)


def test_formats_are_found_by_name_and_by_ending() -> None:
    assert str(exports.find("usearch")) == "usearch:f16"
    assert str(exports.find("usearch:b1")) == "usearch:b1"
    for ending, name in {"a.bin": "word2vec:binary", "a.VEC": "word2vec:text", "a.glove.txt": "glove"}.items():
        assert str(exports.of_ending(ending)) == name
    for each in exports.formats():
        assert isinstance(each, Format)
        for suffix in each.about.suffixes:
            assert str(exports.of_ending(f"table{suffix}")) == str(each)
        assert each.about.help
        assert each.reader
