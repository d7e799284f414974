"""The same calls on gensim's ``KeyedVectors`` and on a compressed table give the same answers and errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

import embcompress
from embcompress import CompressedVectors, Table, shrink
from tests.common import DIMS, shrunk, small_table, unit_queries

TOLERANCE = 1e-3
SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"

OUTSIDE = 3 * unit_queries(1)[0]
OTHER = unit_queries(2)[1].astype(np.float64)

CALLS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "vector": lambda v: v["word3"],
    "vector of a row": lambda v: v[3],
    "vector of a numpy row": lambda v: v[np.int64(699)],
    "vectors of words": lambda v: v[["word3", "word699", "word3"]],
    "vectors of a tuple of rows": lambda v: v[(3, 5)],
    "vectors of an array of words": lambda v: v[np.array(["word3", "word4"])],
    "get_vector": lambda v: v.get_vector("word3"),
    "get_vector norm": lambda v: v.get_vector("word3", norm=True),
    "get_index": lambda v: [v.get_index("word3"), v.get_index(5), v.get_index("x", -1), v.get_index(-1, 7)],
    "has_index_for": lambda v: [v.has_index_for(key) for key in ("word3", "x", 5, 700, -1, None, b"word3", 2.5)],
    "contains": lambda v: [key in v for key in ("word3", "x", 5, 700, -1, None, b"word3", "\ud800", ("word3",))],
    "index_to_key": lambda v: [v.index_to_key[5], v.index_to_key[-1], *v.index_to_key[:3]],
    "key_to_index": lambda v: [v.key_to_index["word5"], len(v.key_to_index), "x" in v.key_to_index],
    "vector_size": lambda v: v.vector_size,
    "vectors": lambda v: v.vectors,
    "normed vectors": lambda v: v.get_normed_vectors(),
    "mean vector": lambda v: v.get_mean_vector(["word3", "word90", "x"]),
    "mean vector, weights": lambda v: v.get_mean_vector(["word3", 90, "x"], weights=[0.5, -2, 7]),
    "mean vector of vectors": lambda v: v.get_mean_vector([OUTSIDE, "word3", OTHER], weights=np.array([1, 2, 3])),
    "mean vector, other flags": lambda v: v.get_mean_vector(["word3", "word90"], None, False, True, False),
    "mean vector of nothing known": lambda v: v.get_mean_vector(["x", "y"]),
    "vectors_for_all": lambda v: keyed(v.vectors_for_all(["word9", "x", "word3", "word9"])),
    "most_similar": lambda v: v.most_similar("word3"),
    "most_similar of a row": lambda v: v.most_similar(3, topn=3),
    "most_similar of a vector": lambda v: v.most_similar(OUTSIDE),
    "most_similar of vectors": lambda v: v.most_similar(np.stack([OUTSIDE, OTHER]), topn=4),
    "most_similar analogy": lambda v: v.most_similar(["word3", "word90"], ["word200"]),
    "most_similar negative only": lambda v: v.most_similar(negative="word200", topn=5),
    "most_similar weights": lambda v: v.most_similar([("word3", 0.3), 90, (OTHER, 2)], [("word200", -0.4)]),
    "most_similar of word and vector": lambda v: v.most_similar(["word3", OUTSIDE], ["word90"]),
    "most_similar of the same twice": lambda v: v.most_similar(["word3", "word3"], topn=3),
    "most_similar all": lambda v: v.most_similar("word3", topn=1000),
    "most_similar none": lambda v: [v.most_similar("word3", topn=0), v.most_similar("x", topn=-3)],
    "most_similar scores": lambda v: v.most_similar("word3", topn=None),
    "most_similar scores of a range": lambda v: v.most_similar("word3", topn=None, clip_start=5, clip_end=9),
    "most_similar clipped": lambda v: v.most_similar("word3", clip_start=100, clip_end=400),
    "most_similar clipped from the end": lambda v: v.most_similar("word3", clip_start=650, clip_end=-5, topn=30),
    "most_similar of no rows": lambda v: [
        v.most_similar("word3", clip_start=9, clip_end=4),
        v.most_similar(3, clip_start=900),
    ],
    "most_similar restricted": lambda v: v.most_similar("word3", restrict_vocab=8, topn=20),
    "most_similar restricted to more than all": lambda v: v.most_similar("word3", restrict_vocab=10**9),
    "cosmul": lambda v: v.most_similar_cosmul(["word3", "word90"], ["word200"]),
    "cosmul of a word": lambda v: v.most_similar_cosmul("word3", topn=4),
    "cosmul of a vector": lambda v: v.most_similar_cosmul([OTHER, "word3"], "word90"),
    "cosmul scores": lambda v: v.most_similar_cosmul("word3", "word90", topn=None),
    "similar_by_word": lambda v: v.similar_by_word("word3", 5, 300),
    "similar_by_key": lambda v: v.similar_by_key("word3", topn=2),
    "similar_by_vector": lambda v: v.similar_by_vector(OUTSIDE, 5, 300),
    "similar_by_vector scores": lambda v: v.similar_by_vector(OUTSIDE, topn=None),
    "similarity": lambda v: v.similarity("word3", "word8"),
    "similarity of rows": lambda v: v.similarity(3, 600),
    "distance": lambda v: v.distance("word3", "word8"),
    "distances": lambda v: v.distances("word3"),
    "distances to some": lambda v: v.distances("word3", ["word8", "word90"]),
    "distances of a vector": lambda v: v.distances(OUTSIDE, ("word8", 90)),
    "n_similarity": lambda v: v.n_similarity(["word3", "word8"], ["word90", "x"]),
    "n_similarity of the unknown": lambda v: v.n_similarity(["word3"], ["x"]),
    "doesnt_match": lambda v: v.doesnt_match(["word1", "word2", "word5", "word300", "x"]),
    "rank_by_centrality": lambda v: v.rank_by_centrality(["word1", "word2", "word5", "word300"]),
    "rank_by_centrality as they are": lambda v: v.rank_by_centrality(["word1", "word2", "word300"], use_norm=False),
    "closer_than": lambda v: v.closer_than("word3", "word300"),
    "words_closer_than": lambda v: v.words_closer_than("word3", "word300"),
    "rank": lambda v: [v.rank("word3", "word300"), v.rank("word3", "word3")],
    "relative_cosine_similarity": lambda v: v.relative_cosine_similarity("word3", "word8", topn=5),
    "most_similar_to_given": lambda v: v.most_similar_to_given("word3", ["word90", "word8", "word300"]),
    "cosine_similarities": lambda v: v.cosine_similarities(OUTSIDE, np.stack([OTHER, OUTSIDE])),
    "word_vec": lambda v: v.word_vec("word3", norm=True),
    "fill_norms": lambda v: v.fill_norms(),
    "norms": lambda v: (v.fill_norms(), v.norms),
    "no such word": lambda v: v["x"],
    "no such word in a list": lambda v: v[["word3", "x"]],
    "no words": lambda v: v[[]],
    "not a key": lambda v: v[None],
    "vector of no such row": lambda v: v.get_vector(700),
    "vector of a negative row": lambda v: v.get_vector(-1),
    "vector of bytes": lambda v: v.get_vector(b"word3"),
    "vector of a float": lambda v: v.get_vector(3.0),
    "vector of a list": lambda v: v.get_vector(["word3"]),
    "vector of a lone surrogate": lambda v: v.get_vector("\ud800"),
    "index of the unknown": lambda v: v.get_index("x"),
    "contains a list": lambda v: ["word3"] in v,
    "attribute that is not kept": lambda v: v.get_vecattr("word3", "size"),
    "attribute of no word": lambda v: v.get_vecattr("x", "size"),
    "mean of nothing": lambda v: v.get_mean_vector([]),
    "mean of the unknown": lambda v: v.get_mean_vector(["x"], ignore_missing=False),
    "mean with too many weights": lambda v: v.get_mean_vector(["word3"], weights=[1, 2]),
    "mean of a wrong length": lambda v: v.get_mean_vector([np.ones(3)]),
    "mean of None": lambda v: v.get_mean_vector(None),
    "nearest to nothing": lambda v: v.most_similar(),
    "nearest to no words": lambda v: v.most_similar([]),
    "nearest to the unknown": lambda v: v.most_similar(["word3", "x"]),
    "nearest to no such row": lambda v: v.most_similar([700]),
    "nearest to bytes": lambda v: v.most_similar(b"word3"),
    "nearest to a number": lambda v: v.most_similar(3.5),
    "nearest to None": lambda v: v.most_similar(["word3", None]),
    "nearest to a wrong length": lambda v: v.most_similar([np.ones(3)]),
    "nearest to a cube": lambda v: v.most_similar(np.ones((2, 2, DIMS))),
    "nearest, weight no number": lambda v: v.most_similar([("word3", "x")]),
    "nearest, topn no whole number": lambda v: v.most_similar("word3", topn=2.5),
    "nearest, topn text": lambda v: v.most_similar("word3", topn="3"),
    "nearest, restriction no whole number": lambda v: v.most_similar("word3", restrict_vocab=2.5),
    "cosmul of nothing": lambda v: v.most_similar_cosmul(),
    "cosmul without positive": lambda v: v.most_similar_cosmul(negative="word3"),
    "cosmul of the unknown": lambda v: v.most_similar_cosmul("x"),
    "cosmul of a wrong length": lambda v: v.most_similar_cosmul([np.ones(3)]),
    "similar_by_word of the unknown": lambda v: v.similar_by_word("x"),
    "similarity to the unknown": lambda v: v.similarity("word3", "x"),
    "similarity to None": lambda v: v.similarity("word3", None),
    "distances of the unknown": lambda v: v.distances("x"),
    "distances to the unknown": lambda v: v.distances("word3", ["x"]),
    "distances of a wrong length": lambda v: v.distances(np.ones(3)),
    "distances of None": lambda v: v.distances(None),
    "n_similarity of nothing": lambda v: v.n_similarity([], ["word3"]),
    "doesnt_match of nothing": lambda v: v.doesnt_match([]),
    "doesnt_match of the unknown": lambda v: v.doesnt_match(["x"]),
    "closer_than the unknown": lambda v: v.closer_than("word3", "x"),
    "rank of the unknown": lambda v: v.rank("x", "word3"),
    "relative similarity to none": lambda v: v.relative_cosine_similarity("word3", "word8", 0),
    "most_similar_to_given nothing": lambda v: v.most_similar_to_given("word3", []),
    "most_similar_to_given unknown": lambda v: v.most_similar_to_given("word3", ["x"]),
    "cosine_similarities of a wrong length": lambda v: v.cosine_similarities(np.ones(3), np.ones((2, 4))),
    "vectors_for_all of lists": lambda v: v.vectors_for_all([["word3"]]),
    "vocab": lambda v: v.vocab,
    "index2word": lambda v: v.index2word,
    "index2entity": lambda v: v.index2entity,
    "vectors_norm": lambda v: v.vectors_norm,
}


def keyed(vectors: KeyedVectors) -> list[Any]:
    """What a table made by gensim holds."""
    assert type(vectors) is KeyedVectors
    return [vectors.index_to_key, vectors.key_to_index, vectors.vectors]


@cache
def both() -> tuple[CompressedVectors, KeyedVectors]:
    """A float16 table and gensim's of the same rows, which are rounded as that file rounds them."""
    words, rows = list(small_table().words), shrunk("float16").vectors
    theirs = KeyedVectors(DIMS)
    theirs.add_vectors(words, rows)
    return shrink(Table(words, rows), "float16"), theirs


def assert_same(ours: Any, theirs: Any) -> None:
    """Fail unless two answers are of the same types, hold the same words, and numbers that agree."""
    if isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray)
        assert ours.dtype == theirs.dtype or theirs.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
    elif isinstance(theirs, list | tuple):
        assert type(ours) is type(theirs)
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    elif isinstance(theirs, float | np.floating):
        assert type(ours) is type(theirs)
        assert float(ours) == pytest.approx(float(theirs), abs=TOLERANCE)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", CALLS)
def test_the_same_call(name: str) -> None:
    ours, theirs = both()
    try:
        expected = CALLS[name](theirs)
    except Exception as error:
        with pytest.raises(type(error)):
            CALLS[name](ours)
    else:
        assert_same(CALLS[name](ours), expected)


WRITES = {"load", "load_word2vec_format", "save", "similarity_unseen_docs"}
"""Methods of gensim's that make or write files, and one that is not there for words."""


def test_every_reading_method_is_there_with_its_arguments() -> None:
    names = [name for name in vars(KeyedVectors) if not name.startswith("_") and name not in WRITES]
    for name in names:
        method = inspect.getattr_static(KeyedVectors, name)
        if isinstance(method, property):
            continue
        assert hasattr(CompressedVectors, name), name
        ours = list(inspect.signature(getattr(CompressedVectors, name)).parameters.values())
        if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in ours):
            continue  # it only refuses, or is an old name
        theirs = list(inspect.signature(getattr(KeyedVectors, name)).parameters.values())
        mine = [each for each in ours if each.name != "exact"]
        expected = [(each.name, each.default) for each in theirs]
        assert [(each.name, each.default) for each in mine] == expected, name


@pytest.mark.parametrize("spec", ["lloyd:4", "center,rotate,int4", "abtt:2,rotate,binary"])
def test_the_decoded_table(spec: str) -> None:
    vectors = shrunk(spec)
    theirs = vectors.to_gensim()
    assert type(theirs) is KeyedVectors
    np.testing.assert_array_equal(theirs.vectors, vectors.vectors)
    assert theirs.key_to_index == {f"word{row}": row for row in range(700)}
    assert theirs.index_to_key == list(vectors.index_to_key)
    for question in (["word5"], ["word5", "word90", OUTSIDE]):
        exact = vectors.most_similar(question, ["word7"], exact=True)
        assert dict(exact) == pytest.approx(dict(theirs.most_similar(question, ["word7"])), abs=2e-6)
    theirs["word5"] = np.zeros(DIMS)  # it can be changed, and the compressed one does not notice
    theirs.add_vectors(["new"], np.ones((1, DIMS)))
    assert theirs["new"].all()
    assert vectors["word5"].any()
    assert len(vectors) == 700


@cache
def shipped() -> CompressedVectors:
    """The 3,000 most frequent words of the shipped table."""
    return shrink(embcompress.load(SHIPPED, limit=3000), "lloyd:4")


@pytest.mark.parametrize(
    "arguments", [{}, {"dummy4unknown": True}, {"restrict_vocab": 1000, "case_insensitive": False}]
)
def test_gensims_evaluation_of_our_table(arguments: dict[str, Any]) -> None:
    ours, theirs = shipped(), shipped().to_gensim()
    questions, pairs = datapath("questions-words.txt"), datapath("wordsim353.tsv")
    score, sections = ours.evaluate_word_analogies(questions, **arguments)
    assert 0 < score < 1
    for table in (ours, theirs):
        their_score, their_sections = KeyedVectors.evaluate_word_analogies(table, questions, **arguments)
        assert score == pytest.approx(their_score, abs=1e-12)
        assert sections == their_sections
        found = KeyedVectors.evaluate_word_pairs(table, pairs, **arguments)
        np.testing.assert_allclose(np.hstack(ours.evaluate_word_pairs(pairs, **arguments)), np.hstack(found), atol=1e-5)
    assert ours.get_index("the") == theirs.get_index("the")  # look-ups are as they were


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["word1", "word2", "word2", "x"], ["word90", "word1", "word300"]),
        (["word1"], ["word1", "word1"]),
        (["word1", "word2"], ["word2", "word1"]),
        (["x"], ["word1"]),
        ([], []),
    ],
)
@pytest.mark.parametrize("norm", [True, False])
def test_word_movers_distance(first: list[str], second: list[str], norm: bool) -> None:
    pytest.importorskip("ot")
    ours, theirs = (vectors.wmdistance(first, second, norm=norm) for vectors in both())
    assert type(ours) is float
    assert ours == pytest.approx(float(theirs), abs=TOLERANCE)


def test_word_movers_distance_of_twins() -> None:
    pytest.importorskip("ot")
    twins = shrink(Table(["a", "b"], np.ones((2, 4), dtype=np.float32)), "float16")
    assert twins.wmdistance(["a"], ["b"]) == 0  # gensim says infinity
