"""The transformer gives what `get_mean_vector` gives, and is a citizen of scikit-learn."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import embcompress
from embcompress import CompressedVectors, FileAccessError, Table, shrink
from embcompress.apps.sklearn import EmbeddingVectorizer
from embcompress.errors import WrongTypeError
from embcompress.evaluation._answers import answers
from embcompress.evaluation.probe import text_features
from tests.common import DIMS, ROWS, shrunk
from tests.test_subwords import UNSEEN
from tests.test_subwords import shrunk as shrunk_model

WORDS = ["low", "London", "caf\u00e9", "zero", "a_b"]


def cased() -> CompressedVectors:
    rows = np.array([[3, 4], [0, 2], [-1, 0], [0, 0], [5, 12]], dtype=np.float32)
    return shrink(Table(WORDS, rows), "float16")


def labelled(count: int) -> tuple[list[str], list[int]]:
    """Texts of words of the first or of the last 35 clusters, a third of them of any."""
    generator = np.random.default_rng(5)
    rows = generator.integers(350, size=(count, 6)) + 350 * (np.arange(count) % 2)[:, None]
    strange = generator.random(rows.shape) < 0.3
    rows[strange] = generator.integers(ROWS, size=int(strange.sum()))
    return [" ".join(f"word{row}" for row in text) for text in rows], [number % 2 for number in range(count)]


def test_words_of_a_text() -> None:
    texts = ["Low, LOW; London!", "london", "", "zero low strange (caf\u00c9)", "a_b low"]
    found = EmbeddingVectorizer(cased()).fit_transform(texts)
    low, other = np.array([0.6, 0.8]), np.array([5, 12]) / 13
    expected = np.array([np.add(2 * low, [0, 1]) / 3, [0, 0], [0, 0], np.add(low, [-1, 0]) / 3, (low + other) / 2])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("spec", ["lloyd:4", "head:200:groups:3,pca:13,lloyd:2"])
def test_it_is_get_mean_vector(spec: str) -> None:
    texts, _ = labelled(40)
    texts[7] += " strange word"
    vectors = shrunk(spec)
    found = EmbeddingVectorizer(vectors).fit(texts).transform(texts)
    np.testing.assert_allclose(found, [vectors.get_mean_vector(text.split()) for text in texts], atol=1e-6)
    np.testing.assert_allclose(found, text_features(answers(vectors), texts)[0], atol=1e-6)


def test_texts_cut_by_another_tokenizer() -> None:
    vectors = shrunk("int8")
    lists = [["word1", "word2"], ["word3"]]
    found = EmbeddingVectorizer(vectors, tokenizer=list).fit_transform(lists)
    np.testing.assert_allclose(found, [vectors.get_mean_vector(words) for words in lists], atol=1e-6)
    assert EmbeddingVectorizer(vectors).fit_transform(["word1-"]).any()
    assert not EmbeddingVectorizer(vectors, tokenizer=str.split).fit_transform(["word1-"]).any()


def test_in_a_pipeline_from_a_path(tmp_path: Path) -> None:
    shrunk("lloyd:4").save(tmp_path / "table.embc")
    texts, labels = labelled(240)
    pipeline = make_pipeline(EmbeddingVectorizer(tmp_path / "table.embc"), StandardScaler(), LogisticRegression())
    pipeline.fit(texts[:160], labels[:160])
    assert pipeline.score(texts[160:], labels[160:]) > 0.65
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict(texts), pipeline.predict(texts))
    assert again[0].vectors_.path == tmp_path / "table.embc"
    names = pipeline[0].get_feature_names_out().tolist()
    assert names == [f"embeddingvectorizer{number}" for number in range(DIMS)]


def test_parameters_are_searched(tmp_path: Path) -> None:
    for spec in ("float16", "binary"):
        shrunk(spec).save(tmp_path / f"{spec}.embc")
    texts, labels = labelled(200)
    pipeline = make_pipeline(EmbeddingVectorizer(tmp_path / "float16.embc"), LogisticRegression())
    grid = {"embeddingvectorizer__tokenizer": [None, lambda text: []], "logisticregression__C": [0.1, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(texts, labels)
    assert search.best_params_["embeddingvectorizer__tokenizer"] is None
    assert search.best_score_ > 0.7 > 0.6 > min(search.cv_results_["mean_test_score"])
    pipeline.set_params(embeddingvectorizer__vectors=tmp_path / "binary.embc").fit(texts, labels)
    assert pipeline[0].vectors_.spec == "binary"


def test_clones_have_the_parameters_only(tmp_path: Path) -> None:
    shrunk("int8").save(tmp_path / "table.embc")
    vectors = embcompress.open(tmp_path / "table.embc")
    first = EmbeddingVectorizer(vectors, tokenizer=str.split).fit([])
    second = clone(first)
    assert second.get_params()["tokenizer"] is str.split
    assert second.vectors.path == vectors.path
    with pytest.raises(NotFittedError):
        second.transform(["word1"])
    with pytest.raises(NotFittedError):
        second.get_feature_names_out()
    np.testing.assert_array_equal(second.fit([]).transform(["word1"]), first.transform(["word1"]))


def test_words_made_from_ngrams() -> None:
    vectors = shrunk_model("int8")
    known = vectors.index_to_key[0]
    assert not set(UNSEEN) & set(vectors.key_to_index)
    found = EmbeddingVectorizer(vectors, tokenizer=str.split).fit_transform([*UNSEEN, f"{known} {UNSEEN[0]}"])
    unseen = np.stack([vectors.get_vector(word, norm=True) for word in UNSEEN])
    np.testing.assert_allclose(found[:-1], unseen, atol=1e-6)
    np.testing.assert_allclose(found[-1], (vectors.get_vector(known, norm=True) + unseen[0]) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ("one text", r"not as one text: give \[text\]"),
        (["fine", None], "a text is a str, not NoneType: give texts, or a tokenizer"),
        ([["word1"]], "a text is a str, not list"),
    ],
)
def test_what_is_no_list_of_texts(texts: Any, reason: str) -> None:
    with pytest.raises(WrongTypeError, match=reason):
        EmbeddingVectorizer(shrunk("int8")).fit_transform(texts)


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match=r"missing\.embc"):
        EmbeddingVectorizer(tmp_path / "missing.embc").fit([])
    with pytest.raises(WrongTypeError, match=r"^int is no compressed table"):
        EmbeddingVectorizer(3).fit([])  # type: ignore[arg-type]
