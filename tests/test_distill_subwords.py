"""The subword student: any table answers for unseen words."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors, Table, UsageError, shrink
from embcompress.arrays import Floats, directions
from embcompress.distill.ngram_counts import known_ngrams
from embcompress.distill.ridge import ridge
from embcompress.distill.subword_accuracy import subword_accuracy
from embcompress.distill.subword_lesson import SubwordLesson, SubwordRecipe
from embcompress.distill.subwords import with_subwords
from embcompress.encodings import parse
from embcompress.ngrams import ngram_buckets
from embcompress.table import NgramRows
from tests.common import small_table

STEMS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in ("lm", "rst", "nk", "sh")]
ENDINGS = ["", "s", "ed", "ing", "er", "ness"]
DIMS = 20


@cache
def language() -> Table:
    """600 words of stems and endings, a vector the sum of what these mean, stems twice as much."""
    generator = np.random.default_rng(1)
    stems, endings = generator.standard_normal((len(STEMS), DIMS)), generator.standard_normal((len(ENDINGS), DIMS))
    rows = (stems[:, None] + endings / 2 + 0.7).reshape(-1, DIMS) * 3
    words = [stem + ending for stem in STEMS for ending in ENDINGS]
    order = generator.permutation(len(words))
    return Table([words[place] for place in order], rows[order].astype(np.float32))


def without(words: set[str]) -> Table:
    table = language()
    kept = [row for row, word in enumerate(table.words) if word not in words]
    return Table([table.words[row] for row in kept], table.rows(np.array(kept)))


@cache
def student(spec: str = "lloyd:4") -> CompressedVectors:
    return with_subwords(shrink(language(), "int8"), language(), SubwordRecipe(), parse(spec))


UNSEEN = {"balming", "firsts", "gonker", "kushed", "delmness"}


def test_unseen_words_get_vectors_close_to_their_own() -> None:
    assert set(language().words) > UNSEEN
    table = without(UNSEEN)
    vectors = with_subwords(shrink(table, "int8"), table, SubwordRecipe(), parse("lloyd:4"))
    truth = directions(np.stack([language()[word] for word in sorted(UNSEEN)]))
    found = np.stack([vectors[word] for word in sorted(UNSEEN)])
    mean = directions(table.rows(slice(None))).mean(axis=0)
    assert np.vecdot(directions(found), truth).mean() > max(
        0.8, float((truth @ directions(mean[None])[0]).mean()) + 0.2
    )
    lengths = np.linalg.norm(found, axis=1).mean() / np.linalg.norm(table.rows(slice(None)), axis=1).mean()
    assert 0.5 < lengths < 2
    found_words = {word for word, _ in vectors.most_similar("balming", topn=4)}
    assert found_words & {"balm", "balms", "balmed", "balmer", "balmness"}


def test_what_is_said_of_held_out_words_is_so(tmp_path: Path) -> None:
    """The accuracy is of codes that were learned without the held-out words, as another fit of them shows."""
    vectors = student()
    facts = vectors.metadata["subwords"]
    held_out = facts["held_out"]
    assert (held_out["words"], held_out["made"]) == (60, 60)
    assert held_out["mean_vector"] < held_out["cosine"] < 1
    lesson = SubwordLesson(language(), SubwordRecipe())
    chosen = {language().words[row] for row in lesson.held_out.tolist()}
    table = without(chosen)
    again = with_subwords(shrink(table, "int8"), table, SubwordRecipe(), parse("float16"))
    cosines = [directions(again[word][None])[0] @ directions(language()[word][None])[0] for word in chosen]
    assert held_out["cosine"] == pytest.approx(np.mean(cosines), abs=0.03)
    vectors.save(tmp_path / "table.embc")
    opened = embcompress.open(tmp_path / "table.embc")
    assert opened.metadata["subwords"] == facts
    np.testing.assert_array_equal(opened["balmings"], vectors["balmings"])
    assert embcompress.verify(tmp_path / "table.embc")


def test_known_words_answer_as_before() -> None:
    before, after = shrink(language(), "int8"), student()
    np.testing.assert_array_equal(after.vectors, before.vectors)
    assert after.metadata["certificate"] == before.metadata["certificate"]
    assert (before.ngrams, after.ngrams) == (0, after.metadata["subwords"]["rows"])
    assert not before.has_vector("balmings")
    listed = shrink(language(), "int8")
    listed.build_ivf(8)
    assert with_subwords(listed, language(), SubwordRecipe(rows=50), parse("int8")).lists is listed.lists


def test_a_run_can_be_repeated() -> None:
    again = with_subwords(shrink(language(), "int8"), language(), SubwordRecipe(), parse("lloyd:4"))
    assert again["gonkings"].tobytes() == student()["gonkings"].tobytes()


def test_fewer_rows_and_buckets_keep_less() -> None:
    def cosine(recipe: SubwordRecipe) -> float:
        vectors = with_subwords(shrink(language(), "int8"), language(), recipe, parse("int8"))
        assert vectors.ngrams <= recipe.rows
        return float(vectors.metadata["subwords"]["held_out"]["cosine"])

    whole = cosine(SubwordRecipe())
    assert cosine(SubwordRecipe(rows=60)) < whole
    assert cosine(SubwordRecipe(buckets=30)) < whole


def test_ridge_is_that_of_the_normal_equations() -> None:
    from scipy.sparse import csr_array

    generator = np.random.default_rng(3)
    x = (generator.random((80, 12)) < 0.3).astype(np.float32)
    y = generator.standard_normal((80, 70)).astype(np.float32)
    y[:, 5] = 0
    scales = generator.uniform(0.5, 2, 12).astype(np.float32)
    scaled = x * scales
    expected = scales[:, None] * np.linalg.solve(scaled.T @ scaled + 2 * np.eye(12), scaled.T @ y)
    np.testing.assert_allclose(ridge(csr_array(x), y, scales, 2), expected, atol=1e-4)


def test_every_word_holds_the_mean_once() -> None:
    words = [b"a", b"ab", b"abc", b"abcd", b"ab", b"abcabcabc"]
    known = known_ngrams(words * 2, 1 << 21, 1000)
    np.testing.assert_allclose(known.of(words) @ known.ends, np.ones(6))
    counts = known.of([b"abcabcabc"]).toarray()[0]
    row = known.kept.tolist().index(ngram_buckets("xabcx", 3, 3, 1 << 21)[2])
    assert counts[row] == 3, "abc"
    assert known.counts[row] == 2 * (1 + 1 + 3)
    assert len(known_ngrams(words * 2, 1 << 21, 5)) == 5


class Made:
    """Vectors of words from a dict."""

    def __init__(self, vectors: dict[str, Floats]) -> None:
        self.vector = vectors.get


def test_accuracy_counts_words_without_a_vector_as_zero() -> None:
    truth = np.array([[0.6, 0.8, 0], [0.6, 0, 0.8], [1, 0, 0]], np.float32)
    made: Any = Made({"a": 5 * truth[0], "b": np.array([0, 0, 2], np.float32)})
    found = subword_accuracy(made, ["a", "b", "c"], truth, np.array([3, 0, 0], np.float32))
    assert found.made == 2
    assert found.cosine == pytest.approx((1 + 0.8 + 0) / 3)
    assert found.mean_vector == pytest.approx((0.6 + 0.6 + 1) / 3)
    assert found.centred == pytest.approx(2 / 3)


def test_what_cannot_be_learned_from() -> None:
    table = small_table()
    with pytest.raises(UsageError, match="has 50 words: at least 100 are needed"):
        SubwordLesson(Table(list(table.words)[:50], table.rows(slice(50))), SubwordRecipe())
    ngrams = NgramRows(3, 6, 10, np.ones((10, table.dims), np.float32))
    with pytest.raises(UsageError, match="10 rows of n-grams of its own"):
        SubwordLesson(Table(table.words, table.vectors, ngrams=ngrams), SubwordRecipe())
    with pytest.raises(UsageError, match="no n-gram occurs twice in 2 words"):
        known_ngrams([b"abc", b"xyz"], 1 << 21, 10)
    for recipe in ({"buckets": 0}, {"rows": 0}, {"buckets": 1 << 31}):
        with pytest.raises(UsageError, match="give 1 to 2147483647"):
            SubwordRecipe(**recipe)
