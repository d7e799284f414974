"""Every reading method answers from a service what it answers from the file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import gensim
import numpy as np
import pytest
from gensim.models import KeyedVectors

import embcompress
from embcompress import CompressedVectors, Table, shrink
from embcompress.client._vectors import RemoteVectors
from tests.common import DIMS, shrunk, small_table, unit_queries
from tests.serving import running, save_small
from tests.test_gensim_agreement import CALLS as GENSIM_CALLS
from tests.test_gensim_agreement import keyed

for package in ("httpx", "fastapi", "uvicorn", "httptools", "orjson", "prometheus_client"):
    pytest.importorskip(package, reason="the extras client and serve are not installed")

TOLERANCE = 1e-5
QUERIES = unit_queries(60)
OWN = QUERIES[0]
WORDS = [f"word{row}" for row in range(1, 700, 9)]

ONLY_OF_FILES = {
    "build_ivf",
    "close",
    "coded_rows",
    "lists",
    "nprobe",
    "path",
    "save",
    "save_word2vec_format",
    "segment",
    "to_table",
}
"""What is about codes and files, which a service's client has none of; `close` closes something else there."""

ONLY_OF_SERVICES = {"close", "name"}


@cache
def judgements(folder: Path) -> tuple[Path, Path]:
    """A file of word pairs with scores, and one of analogies, of the small table's words."""
    pairs, questions = folder / "pairs.tsv", folder / "questions.txt"
    pairs.write_text("".join(f"word{row}\tWORD{row + step}\t{10 - step}\n" for row in range(9) for step in (1, 2, 7)))
    lines = [f"word{row} word{row + 1} word{row + 10} word{row + 11}\n" for row in range(0, 300, 7)]
    questions.write_text(": clusters\n" + "".join(lines))
    return pairs, questions


CALLS: dict[str, Callable[[Any], Any]] = {
    **GENSIM_CALLS,
    "metadata": lambda v: [v.metadata["certificate"], v.metadata["source"], v.spec, v.ngrams],
    "representation": lambda v: repr(v).partition(": ")[2],
    "slices of rows": lambda v: [v[5:300:4], v[690:], v[9:9], v[-3:]],
    "words and rows": lambda v: v[["word3", 4, np.int64(5), "word699"]],
    "rows of a table": lambda v: [v.index_to_key[-5:], v.index_to_key[9:9], list(v.index_to_key)[40:44]],
    "no such row of words": lambda v: v.index_to_key[700],
    "rows by word": lambda v: dict(v.key_to_index.items()),
    "no row by word": lambda v: v.key_to_index["x"],
    "mapped": lambda v: [v.is_mapped("word3"), v.is_mapped("x")],
    "has_vector": lambda v: [v.has_vector(key) for key in ("word3", "x", 5, 700, None)],
    "has_vector of a list": lambda v: v.has_vector(["word3"]),
    "table for gensim": lambda v: keyed(v.to_gensim()),
    "vectors_for_all without inference": lambda v: keyed(v.vectors_for_all(["word9", "x", 3], allow_inference=False)),
    "vectors_for_all of nothing": lambda v: v.vectors_for_all([]).index_to_key,
    "init_sims": lambda v: v.init_sims(),
    "init_sims in place": lambda v: v.init_sims(replace=True),
    "logged pairs": lambda v: v.log_evaluate_word_pairs((0.5, 0.1), (0.4, 0.1), 1.0, "pairs"),
    "logged analogies": lambda v: v.log_accuracy({"section": "a", "correct": [1], "incorrect": []}),
    "word movers": lambda v: [
        v.wmdistance(["word3", "word8", "x", "word3"], ["word90"]),
        v.wmdistance(["x"], ["word3"]),
    ],
    "word movers of lists": lambda v: v.wmdistance([["word3"]], ["word90"]),
    "exact": lambda v: [v.most_similar("word3", exact=True), v.similar_by_word("word3", exact=True)],
    "weight of one": lambda v: v.most_similar([("word3", 0.2)]),
    "negative weight of one": lambda v: v.most_similar([("word3", -1.0)]),
    "restricted and exact": lambda v: v.most_similar(["word3", OWN], "word8", restrict_vocab=100, exact=True),
    "batch": lambda v: v.most_similar_batch(WORDS, 4),
    "batch of vectors": lambda v: v.most_similar_batch(QUERIES, 3),
    "batch of everything": lambda v: v.most_similar_batch(["word3", OWN, 5, "word699", QUERIES[1]], 4),
    "batch restricted": lambda v: v.most_similar_batch(["word3", OWN, "word690"], 30, 20),
    "batch restricted and exact": lambda v: v.most_similar_batch(WORDS, 2, restrict_vocab=50, exact=True),
    "batch of none": lambda v: [v.most_similar_batch([]), v.most_similar_batch(["word3"], 0)],
    "batch with the unknown": lambda v: v.most_similar_batch(["x", OWN, "word3", "Word12", "x"]),
    "batch with no such row": lambda v: v.most_similar_batch(["word3", 700]),
    "batch of a wrong length": lambda v: v.most_similar_batch([np.ones(3)]),
    "batch of a word": lambda v: v.most_similar_batch("word3"),
    "neighbours": lambda v: v.neighbours(QUERIES, 7),
    "neighbours restricted": lambda v: v.neighbours(QUERIES[:3], 30, 20),
    "neighbours exact": lambda v: v.neighbours(3 * QUERIES[:3].astype(np.float64), 3, exact=True),
    "neighbours of nothing": lambda v: v.neighbours(QUERIES[:0], 3),
    "neighbours, none": lambda v: v.neighbours(QUERIES, 0),
    "neighbours of a wrong length": lambda v: v.neighbours(np.ones((2, 3))),
    "complete": lambda v: [v.complete("word5", 20), v.complete("x"), v.complete("w", 0), v.complete("\ud800")],
    "complete bytes": lambda v: v.complete(b"w"),
    "near spellings": lambda v: v["Word12"],
    "unknown, all named": lambda v: v.most_similar(["none", "word1", ("nothing", 2)], ["Word12"]),
    "weight not finite": lambda v: v.most_similar([("word3", np.inf), "word4"]),
    "vector not finite": lambda v: v.most_similar(np.full(DIMS, np.nan)),
    "cosmul of long vectors": lambda v: v.most_similar_cosmul([1e25 * OWN, 1e25 * OWN]),
    "closer_than, both unknown": lambda v: v.closer_than("x", "y"),
    "other gensim words": lambda v: [v.distance("word3", 4), v.rank(3, "word9"), v.closer_than(3, 9)],
    **{
        f"refused: {name}": lambda v, name=name: getattr(v, name)("word3")  # type: ignore[misc]
        for name in (
            "add_vector",
            "add_vectors",
            "allocate_vecattrs",
            "intersect_word2vec_format",
            "resize_vectors",
            "set_vecattr",
            "sort_by_descending_frequency",
            "unit_normalize_all",
        )
    },
}

EVALUATIONS = {"evaluate_word_pairs", "evaluate_word_analogies"}
"""Methods with a test of their own: they need files."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tables")
    save_small(place / "small.embc")
    dropped = Table(["x", "Y", "\udcff"], np.asarray(small_table().rows(slice(70, 73))))
    shrink(small_table(), "int8", dropped=dropped).save(place / "mapped.embc")
    source = Path(gensim.__file__).parent / "test" / "test_data" / "crime-and-punishment.bin"
    shrink(embcompress.load(source), "lloyd:4").save(place / "grams.embc")
    return place


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    files = [folder / f"{name}.embc" for name in ("small", "mapped", "grams")]
    with running(*files, "--max-batch", 1000) as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def remote(url: str) -> Iterator[RemoteVectors]:
    with embcompress.connect(url, "small") as vectors:
        yield vectors


@pytest.fixture(scope="module")
def local(folder: Path) -> CompressedVectors:
    return embcompress.open(folder / "small.embc")


def outcome(call: Callable[[Any], Any], vectors: Any) -> Any:
    """What a call returns; of an exception, its type and text."""
    try:
        return call(vectors)
    except Exception as error:
        return type(error), str(error).replace("RemoteVectors", "CompressedVectors")


def assert_same(ours: Any, theirs: Any) -> None:
    """Fail unless two answers are of the same types, hold the same words, and numbers that agree."""
    assert type(ours) is type(theirs)
    if isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    elif isinstance(theirs, float | np.floating):
        assert float(ours) == pytest.approx(float(theirs), abs=TOLERANCE)
    else:
        assert ours == theirs


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", CALLS)
def test_the_same_call(name: str, remote: RemoteVectors, local: CompressedVectors) -> None:
    if name.startswith("word movers"):
        pytest.importorskip("ot", reason="the extra wmd is not installed")
    assert_same(outcome(CALLS[name], remote), outcome(CALLS[name], local))


@pytest.mark.parametrize("method", sorted(EVALUATIONS))
def test_the_same_evaluation(method: str, remote: RemoteVectors, local: CompressedVectors, folder: Path) -> None:
    pairs, questions = judgements(folder)
    file = pairs if method == "evaluate_word_pairs" else questions
    assert_same(getattr(remote, method)(file), getattr(local, method)(file))


def test_words_that_answer_with_another_row(url: str, folder: Path) -> None:
    local = embcompress.open(folder / "mapped.embc")
    with embcompress.connect(url, "mapped") as remote:
        calls: list[Callable[[Any], Any]] = [
            lambda v: [v.get_index(word) for word in ("x", "Y", "\udcff", "word3")],
            lambda v: [v.is_mapped(word) for word in ("x", "word3", "none")],
            lambda v: [v["x"], v.most_similar("x"), v.most_similar(["x", 5]), v.most_similar_batch(["Y", "x"], 3)],
            lambda v: [v.closer_than("x", "Y"), v.complete("x")],
        ]
        for call in calls:
            assert_same(call(remote), call(local))


def test_words_made_of_ngrams(url: str, folder: Path) -> None:
    local = embcompress.open(folder / "grams.embc")
    with embcompress.connect(url, "grams") as remote:
        word = local.index_to_key[3]
        calls: list[Callable[[Any], Any]] = [
            lambda v: [v["punishers"], v[["punishers", word]], v.get_vector("punishers", norm=True), v.ngrams],
            lambda v: ["punishers" in v, v.has_vector("punishers"), v.has_vector("")],
            lambda v: [v.most_similar("punishers"), v.similarity("punishers", word), v.distances("punishers", [word])],
            lambda v: [keyed(v.vectors_for_all(["punishers", word], allow_inference=each)) for each in (True, False)],
            lambda v: outcome(lambda given: given.get_index("punishers"), v),
        ]
        for call in calls:
            assert_same(call(remote), call(local))


def test_another_mapping_may_be_assigned_for_a_while(remote: RemoteVectors, local: CompressedVectors) -> None:
    for vectors in (remote, local):
        before = vectors.key_to_index
        vectors.key_to_index = {"A": 3, "B": 70}
        found = [vectors["A"], vectors[["B", "A"]], vectors.most_similar(["A"], ["B"], topn=3), vectors.rank("A", "B")]
        assert "word3" not in vectors
        vectors.key_to_index = before
        expected = [local[3], local[[70, 3]], local.most_similar([3], [70], topn=3), local.rank(3, 70)]
        assert_same(found, expected)


def public(kind: type) -> set[str]:
    """Public names of a class, and those its constructor sets."""
    return {name for name in dir(kind) if not name.startswith("_")}


def test_no_method_is_missing() -> None:
    set_by_constructor = {"coded_rows", "metadata", "path"}
    assert set(vars(shrunk("int8"))) >= set_by_constructor
    theirs = public(CompressedVectors) | set_by_constructor
    ours = public(RemoteVectors) | {"metadata", "name"}
    assert theirs - ONLY_OF_FILES == ours - ONLY_OF_SERVICES
    assert theirs >= ONLY_OF_FILES
    documentation = inspect.getdoc(RemoteVectors) or ""
    assert all(name in documentation for name in ONLY_OF_FILES)
    for name in sorted(ours & theirs):
        ours_of, theirs_of = (inspect.getattr_static(kind, name, None) for kind in (RemoteVectors, CompressedVectors))
        assert type(ours_of) is type(theirs_of), name
        if inspect.isfunction(theirs_of):
            assert inspect.signature(ours_of) == inspect.signature(theirs_of), name


class Noted:
    """A table that notes which of its attributes are used."""

    def __init__(self, vectors: CompressedVectors) -> None:
        self._vectors = vectors
        self._used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self._used.add(name)
        return getattr(self._vectors, name)

    def __len__(self) -> int:
        return len(self._vectors)

    def __contains__(self, key: object) -> bool:
        return key in self._vectors

    def __getitem__(self, keys: Any) -> Any:
        return self._vectors[keys]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_method_is_called() -> None:
    noted = Noted(shrunk("lloyd:4"))
    for call in CALLS.values():
        outcome(call, noted)
    assert noted._used >= public(CompressedVectors) - ONLY_OF_FILES - EVALUATIONS
    assert set(dir(KeyedVectors)) >= EVALUATIONS
