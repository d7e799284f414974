"""What a compressed table refuses: questions that make no sense, and changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embcompress import CompressedVectors, UnknownWordError, UsageError
from embcompress.errors import ReadOnlyError
from tests.common import DIMS, shrunk

NAN = np.full(DIMS, np.nan)
HUGE = np.full(DIMS, 1e300)


@pytest.mark.parametrize(
    ("method", "arguments", "reason"),
    [
        ("most_similar", [], "needs at least one word or vector"),
        ("most_similar", [[]], "needs at least one word or vector"),
        ("most_similar", [np.ones(5)], r"a vector of shape \(5,\) was given, this table's are \(24,\)"),
        ("most_similar", [NAN], "not finite"),
        ("most_similar", [HUGE], "not finite"),
        ("most_similar", [[("word1", np.inf)]], "not finite"),
        ("most_similar", [[("word1", "much")]], "weights are numbers, not 'much'"),
        ("most_similar", [[b"word1"]], "each a word, a row number, a vector, .* not bytes"),
        ("most_similar", [b"word1"], "words are given as a list, not as bytes"),
        ("most_similar", [np.array("word1")], "components are numbers"),
        ("most_similar", ["word1", None, 2.5], "topn is a whole number, not 2.5"),
        ("most_similar", ["word1", None, 10, 0, None, None, object()], "indexer must be None"),
        ("most_similar", ["word1", None, 10, 0, None, 2.5], "restrict_vocab are whole numbers"),
        ("most_similar_cosmul", [[], "word1"], "at least one positive"),
        ("similar_by_vector", [[1, 2, 3]], r"a vector of shape \(3,\)"),
        ("similar_by_vector", ["word1"], "a vector is an array or a list of numbers, not str"),
        ("similar_by_key", [["word1"]], "a key is a word or a row number, not list"),
        ("relative_cosine_similarity", ["word1", "word2", 0], "topn is 1 or more"),
        ("relative_cosine_similarity", ["word1", "word2", None], "topn is a whole number"),
        ("most_similar_batch", ["word1"], "queries are a list"),
        ("most_similar_batch", [[NAN]], "not finite"),
        ("neighbours", [np.ones(DIMS)], r"they have to be \(m, 24\)"),
        ("neighbours", [np.ones((2, 5))], r"they have to be \(m, 24\)"),
        ("neighbours", [np.array([["a"]])], "vectors are numbers"),
        ("neighbours", [NAN[None]], "not finite"),
        ("neighbours", [np.ones((2, DIMS)), 0], "at least 1 neighbour"),
        ("complete", [b"wo"], "a prefix is text, not bytes"),
        ("complete", ["wo", "many"], "limit is a whole number"),
        ("get_vector", [b"word1"], "a key is a word or a row number, not bytes"),
        ("get_vector", [None], "a key is a word or a row number, not NoneType"),
        ("get_index", [["word1"]], "a key is a word or a row number, not list"),
        ("__getitem__", [[]], "the list of words is empty"),
        ("__getitem__", [2.5], "words are given as a list, not as float"),
        ("get_mean_vector", [[]], "at least one word or vector"),
        ("get_mean_vector", [["word1"], [1, 2]], r"weights of shape \(2,\) were given for 1 words"),
        ("distances", [np.ones(3)], r"a vector of shape \(3,\)"),
        ("doesnt_match", [["nothing"]], "no word of the list has a vector"),
        ("n_similarity", [[], ["word1"]], "at least one word or vector"),
        ("cosine_similarities", [np.ones(3), np.ones(3)], r"give an array of shape \(k, d\)"),
        ("vectors_for_all", [5], "words are given as a list, not as int"),
        ("evaluate_word_analogies", ["nowhere", 10, True, False, "cosmul"], "similarity_function is 'most_similar'"),
    ],
)
def test_questions_that_make_no_sense(method: str, arguments: list[Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        getattr(shrunk("int8"), method)(*arguments)


@pytest.mark.parametrize("unknown", ["wrd12", "\ud800", "", 700, -1, np.int64(700)])
def test_every_way_to_ask_for_what_is_not_there(unknown: Any) -> None:
    vectors = shrunk("int8")
    asked: list[Callable[[], Any]] = [
        lambda: vectors[unknown],
        lambda: vectors[["word1", unknown]],
        lambda: vectors.get_index(unknown),
        lambda: vectors.most_similar(unknown),
        lambda: vectors.most_similar_cosmul(unknown),
        lambda: vectors.most_similar_batch(["word1", unknown]),
        lambda: vectors.similarity("word1", unknown),
        lambda: vectors.distances(unknown),
        lambda: vectors.closer_than("word1", unknown),
        lambda: vectors.get_mean_vector([unknown], ignore_missing=False),
        lambda: vectors.get_vecattr(unknown, "count"),
    ]
    for ask in asked:
        with pytest.raises(UnknownWordError, match="not in the vocabulary"):
            ask()
    assert unknown not in vectors
    assert vectors.get_index(unknown, -1) == -1


def test_all_unknown_words_are_named_once() -> None:
    with pytest.raises(UnknownWordError) as caught:
        shrunk("int8").most_similar_batch(["word1", "x", "y", "x"])
    assert caught.value.words == ["x", "y"]


@pytest.mark.parametrize(
    "change",
    [
        lambda vectors: vectors.add_vector("new", np.ones(DIMS)),
        lambda vectors: vectors.add_vectors(["new"], np.ones((1, DIMS))),
        lambda vectors: vectors.__setitem__("word1", np.ones(DIMS)),
        lambda vectors: vectors.set_vecattr("word1", "count", 3),
        lambda vectors: vectors.allocate_vecattrs(["count"], [int]),
        lambda vectors: vectors.resize_vectors(seed=1),
        lambda vectors: vectors.sort_by_descending_frequency(),
        lambda vectors: vectors.unit_normalize_all(),
        lambda vectors: vectors.intersect_word2vec_format("file.bin"),
    ],
)
def test_nothing_can_be_changed(change: Any) -> None:
    with pytest.raises(ReadOnlyError, match=r": compressed tables are read-only; .* to_gensim\(\)$") as caught:
        change(shrunk("int8"))
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, UsageError)


def test_changes_that_cannot_be_seen() -> None:
    vectors = shrunk("int8")
    vectors.fill_norms(force=True)
    with pytest.warns(DeprecationWarning, match="init_sims is not needed"):
        vectors.init_sims()
    with pytest.warns(DeprecationWarning, match="not needed"), pytest.raises(ReadOnlyError, match="init_sims"):
        vectors.init_sims(replace=True)
    with pytest.raises(ValueError, match="read-only"):
        vectors.vectors[3] = 0


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("vocab", "key_to_index"),
        ("index2word", "index_to_key"),
        ("vectors_norm", "get_normed"),
        ("nonsense", "no attr"),
    ],
)
def test_names_that_gensim_removed(name: str, instead: str) -> None:
    with pytest.raises(AttributeError, match=instead):
        getattr(shrunk("int8"), name)
    assert not hasattr(shrunk("int8"), name)


@pytest.mark.parametrize(
    "ask", [lambda vectors: vectors.word_vec("word1"), lambda vectors: vectors.words_closer_than("word1", "word2")]
)
def test_old_names_warn(ask: Any) -> None:
    with pytest.warns(DeprecationWarning, match="is an old name: use"):
        ask(shrunk("int8"))


def test_word_movers_distance_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ImportError, match=r"pip install 'embcompress\[wmd\]'"):
        shrunk("int8").wmdistance(["word1"], ["word2"])


@pytest.mark.parametrize("spec", ["float16", "int8", "lloyd:2", "binary", "pq:8x8"])
def test_a_question_that_cancels_out(spec: str) -> None:
    vectors: CompressedVectors = shrunk(spec)
    for exact in (False, True):
        found = vectors.most_similar("word5", "word5", topn=3, exact=exact)
        assert found == [("word0", 0.0), ("word1", 0.0), ("word2", 0.0)]
