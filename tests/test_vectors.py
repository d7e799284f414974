"""Asking a compressed table."""

from __future__ import annotations

import numpy as np
import pytest

from embcompress import Table, UnknownWordError, UsageError, shrink
from embcompress.table import NgramRows
from tests.common import DIMS, quantizers, shrunk, small_table, unit_queries


def test_look_ups() -> None:
    vectors = shrunk("int8")
    assert len(vectors) == 700
    assert "word3" in vectors
    assert "word700" not in vectors
    assert 3 in vectors  # a row number is a key, as it is for gensim
    assert 700 not in vectors
    assert None not in vectors
    assert vectors.vector_size == DIMS
    assert vectors.spec == "int8"
    assert repr(vectors) == "<CompressedVectors: 700 words x 24 dimensions, int8>"
    assert vectors.index_to_key[3] == "word3"
    assert vectors.get_index("word3") == 3
    assert vectors.get_index("missing", -1) == -1
    both = vectors[["word3", "word5"]]
    np.testing.assert_array_equal(both, [vectors["word3"], vectors.get_vector(5)])
    assert np.linalg.norm(vectors.get_vector("word3", norm=True)) == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(vectors[3:6], vectors[[3, 4, 5]])
    np.testing.assert_array_equal(vectors[np.array([5, 3])], vectors[["word5", "word3"]])
    np.testing.assert_array_equal(vectors.vectors[[3, 5]], both)
    np.testing.assert_allclose(vectors.norms, np.linalg.norm(vectors.vectors, axis=1), rtol=1e-5)
    np.testing.assert_allclose(vectors.get_normed_vectors() * vectors.norms[:, None], vectors.vectors, atol=1e-6)


def test_rows_by_word_are_a_mapping() -> None:
    vectors = shrunk("int8")
    rows = vectors.key_to_index
    assert dict(rows) == dict(rows.items()) == {f"word{row}": row for row in range(700)}
    assert rows == dict(rows)
    assert len(rows) == 700
    assert rows["word5"] == 5
    assert rows.get("word700") is None
    assert rows.get(5) is None
    assert "word5" in rows


def test_words_that_answer_with_another_row() -> None:
    table = Table([f"w{row}" for row in range(4)], np.eye(4, dtype=np.float32))
    dropped = Table(["x", "y"], np.array([[0, 0.1, 5, 0], [3, 1, 0, 0]], dtype=np.float32))
    vectors = shrink(table, "int8", dropped=dropped)
    assert dict(vectors.key_to_index.items()) == {"w0": 0, "w1": 1, "w2": 2, "w3": 3, "x": 2, "y": 0}
    assert len(vectors.key_to_index) == 6
    assert len(vectors) == 4
    keyed = vectors.to_gensim()
    assert keyed.index_to_key == ["w0", "w1", "w2", "w3"]
    np.testing.assert_array_equal(keyed["x"], vectors["w2"])
    assert "w2" not in dict(vectors.most_similar("x"))
    assert vectors.complete("x") == ["x"]


def test_another_mapping_may_be_assigned_for_a_while() -> None:
    vectors = shrink(Table(["Ab", "ab", "c"], np.eye(3, dtype=np.float32)), "float16")
    before = vectors.key_to_index
    vectors.key_to_index = {"AB": 1, "C": 2}
    assert vectors.get_index("AB") == 1
    assert "ab" not in vectors
    np.testing.assert_array_equal(vectors[["C", "AB"]], np.eye(3)[[2, 1]])
    vectors.key_to_index = before
    assert vectors.get_index("Ab") == 0
    assert "AB" not in vectors


def test_similarity_is_symmetric_and_one_for_itself() -> None:
    vectors = shrunk("ternary")
    assert vectors.similarity("word3", "word3") == pytest.approx(1, abs=1e-6)
    assert vectors.similarity("word3", "word5") == pytest.approx(vectors.similarity("word5", "word3"), abs=1e-6)
    assert vectors.similarity("word3", "word5") > vectors.similarity("word3", "word555")


def test_most_similar_leaves_out_what_was_asked() -> None:
    vectors = shrunk("int8")
    found = vectors.most_similar("word3", topn=699)
    assert len(found) == 699
    assert "word3" not in dict(found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert {word for word, _ in found[:9]} <= {f"word{row}" for row in range(10)}
    assert len(vectors.most_similar("word3", topn=5000)) == 699
    assert vectors.most_similar("word3", topn=0) == []
    analogy = vectors.most_similar(positive=["word1", "word20"], negative=["word10"])
    assert not {"word1", "word20", "word10"} & {word for word, _ in analogy}


def test_vectors_from_outside() -> None:
    vectors = shrunk("int8")
    word = vectors["word3"]
    scaled, plain = vectors.most_similar(100 * word.astype(np.float64)), vectors.similar_by_vector(word)
    assert [found for found, _ in scaled] == [found for found, _ in plain]
    assert [score for _, score in scaled] == pytest.approx([score for _, score in plain], abs=1e-6)
    assert plain[0][0] == "word3"
    assert plain[0][1] == pytest.approx(1, abs=1e-5)
    assert vectors.most_similar([word, "word4"])[0][0] == "word3"
    np.testing.assert_allclose(
        [score for _, score in vectors.similar_by_vector(word, topn=4, exact=True)],
        [score for _, score in vectors.similar_by_vector(word, topn=4)],
        atol=1e-6,
    )


def test_many_questions_in_one_search() -> None:
    vectors = shrunk("lloyd:4")
    outside = small_table().rows(np.array([77]))[0]
    questions = ["word3", 12, outside, "word699"]
    for exact in (False, True):
        answers = vectors.most_similar_batch(questions, topn=7, exact=exact)
        for question, answer in zip(questions, answers, strict=True):
            alone = vectors.most_similar([question], topn=7, exact=exact)
            assert [word for word, _ in answer] == [word for word, _ in alone]
            assert [score for _, score in answer] == pytest.approx([score for _, score in alone], abs=1e-6)
    assert vectors.most_similar_batch(vectors[:2])[1][0][0] == "word1"
    assert vectors.most_similar_batch([]) == []
    assert vectors.most_similar_batch(["word1", "word2"], topn=0) == [[], []]


def test_neighbours_of_a_matrix() -> None:
    vectors = shrunk("float16")
    queries = 7 * unit_queries(5)
    scores, rows = vectors.neighbours(queries.astype(np.float64), 4, exact=True)
    units = vectors.get_normed_vectors()
    cosines = queries / 7 @ units.T
    np.testing.assert_array_equal(rows, np.argsort(-cosines, axis=1)[:, :4])
    np.testing.assert_allclose(scores, -np.sort(-cosines, axis=1)[:, :4], atol=1e-6)
    assert scores.dtype == np.float32
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(vectors.neighbours(queries, 4)[1], rows)
    assert vectors.neighbours(queries, 5000)[1].shape == (5, 700)
    assert vectors.neighbours(queries[:0])[1].shape == (0, 10)


def test_cosmul_chooses_from_the_first_rows() -> None:
    vectors = shrunk("float16")
    every = vectors.most_similar_cosmul(["word5", "word30"], ["word7"], topn=700)
    first = vectors.most_similar_cosmul(["word5", "word30"], ["word7"], topn=700, restrict_vocab=100)
    assert first == [pair for pair in every if int(pair[0][4:]) < 100]
    scores = vectors.most_similar_cosmul(["word5", "word30"], ["word7"], topn=None)
    assert scores.shape == (700,)
    assert {word: pytest.approx(scores[vectors.get_index(word)]) for word, _ in every} == dict(every)


def test_unseen_words_take_part_in_every_question() -> None:
    ngrams = NgramRows(3, 4, 50, np.random.default_rng(5).standard_normal((50, DIMS)).astype(np.float32))
    table = Table(small_table().words, small_table().vectors, ngrams=ngrams)
    vectors = shrink(table, "float16")
    unseen = vectors["unseen"]
    assert "unseen" not in vectors
    assert vectors.has_vector("unseen")
    unit = unseen / np.linalg.norm(unseen)
    np.testing.assert_allclose(vectors.get_vector("unseen", norm=True), unit, atol=1e-6)
    np.testing.assert_array_equal(vectors[["word3", "unseen"]], [vectors["word3"], unseen])
    np.testing.assert_allclose(
        vectors.get_mean_vector(["word3", "unseen"]), (vectors.get_vector("word3", norm=True) + unit) / 2, atol=1e-6
    )
    assert vectors.similarity("word3", "unseen") == pytest.approx(
        unit @ vectors.get_vector("word3", norm=True), abs=1e-6
    )
    alone = vectors.most_similar("unseen", topn=4)
    assert [word for word, _ in alone] == [word for word, _ in vectors.similar_by_vector(unseen, topn=4)]
    assert vectors.most_similar_batch(["word3", "unseen"], topn=4)[1] == alone
    inferred = vectors.vectors_for_all(["unseen", "word3"])
    np.testing.assert_array_equal(inferred["unseen"], unseen)
    assert vectors.vectors_for_all(["unseen", "word3"], allow_inference=False).index_to_key == ["word3"]
    with pytest.raises(UnknownWordError):
        vectors.get_index("unseen")


def test_completion() -> None:
    words = ["the", "king", "tho", "kings", "Kim", "kin", "\u00e9t\u00e9", "k", "\udcff\udcfe"]
    vectors = shrink(Table(words, np.eye(9, dtype=np.float32)), "int8")
    assert vectors.complete("ki") == ["king", "kings", "kin"]
    assert vectors.complete("ki", limit=2) == ["king", "kings"]
    assert vectors.complete("", limit=100) == words
    assert vectors.complete("\u00e9") == ["\u00e9t\u00e9"]
    assert vectors.complete("\udcff") == ["\udcff\udcfe"]
    assert vectors.complete("kinga") == vectors.complete("zz") == vectors.complete("\ud800") == []
    assert vectors.complete("k", limit=-1) == []


def test_unknown_words() -> None:
    vectors = shrunk("int8")
    with pytest.raises(UnknownWordError) as caught:
        vectors["wrd12"]
    assert str(caught.value) == "'wrd12' is not in the vocabulary; near spellings of 'wrd12': word12"
    with pytest.raises(KeyError, match="'x', 'y' are not in the vocabulary"):
        vectors.most_similar(["word1", "x", "y"])
    with pytest.raises(KeyError, match="'700' is not in the vocabulary"):
        vectors.get_vector(700)


@pytest.mark.parametrize(
    "spec", ["float16", "int8", "binary", "ternary", "pq:1x4", "pq:1x8", "lloyd:4", "center,rotate,int4"]
)
def test_tables_of_one_row_or_one_dimension(spec: str) -> None:
    single = shrink(Table(["lonely"], np.array([[3, 4]], dtype=np.float32)), spec)
    assert single.most_similar("lonely") == []
    assert np.linalg.norm(single["lonely"]) == pytest.approx(5, rel=1e-6)
    np.testing.assert_allclose(single["lonely"], [3, 4], rtol=0.01)
    line = shrink(Table(["minus", "plus", "more"], np.array([[-2], [2], [4]], dtype=np.float32)), spec)
    assert line.most_similar("plus", topn=1)[0][0] == "more"
    assert line["minus"][0] == pytest.approx(-2, rel=1e-2)


@pytest.mark.parametrize("spec", quantizers())
def test_rows_all_alike(spec: str) -> None:
    vectors = shrink(Table([f"w{row}" for row in range(900)], np.ones((900, DIMS), dtype=np.float32)), spec)
    assert [word for word, _ in vectors.most_similar("w0", topn=3)] == ["w1", "w2", "w3"]


def test_tables_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="'a' occurs twice"):
        Table(["a", "b", "a"], np.ones((3, 2), dtype=np.float32))
    with pytest.raises(UsageError, match=r"2 words do not fit vectors of shape \(3, 2\)"):
        Table(["a", "b"], np.ones((3, 2), dtype=np.float32))
    with pytest.raises(UsageError, match="has no rows"):
        shrink(Table([], np.ones((0, 2), dtype=np.float32)))
    with pytest.raises(KeyError, match="nothing"):
        Table(["a"], np.ones((1, 2), dtype=np.float32))["nothing"]


@pytest.mark.parametrize("spec", ["int8", "center,lloyd:4"])
def test_one_row_that_is_zero(spec: str) -> None:
    rows = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    rows[7] = 0
    segment = shrink(Table([f"w{row}" for row in range(40)], rows), spec).segment
    assert not segment.vector(7).any()
    assert segment.vector(6).any()
