"""Measures of use: a classifier on mean-of-words features, and speed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from embcompress import FileAccessError, FormatError, Table, UsageError
from embcompress.arrays import directions
from embcompress.evaluation import speed as timing
from embcompress.evaluation._answers import answers
from embcompress.evaluation.probe import Probe, probe, read_labelled, text_features
from embcompress.evaluation.speed import Comparison, Timing, speed
from tests.common import DIMS, ROWS, shrunk, small_table


def write(folder: Path, lines: list[str]) -> Path:
    path = folder / "labelled.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def clustered(count: int, *, noise: float, seed: int = 0) -> list[str]:
    """Texts of two labels: words of the first or of the last 35 clusters, a share of them of any cluster."""
    generator = np.random.default_rng(seed)
    lines = []
    for number in range(count):
        rows = generator.integers(350, size=6) + 350 * (number % 2)
        strange = generator.random(6) < noise
        rows[strange] = generator.integers(ROWS, size=int(strange.sum()))
        lines.append(f"{'ba'[number % 2]}\t" + " ".join(f"word{row}" for row in rows))
    return lines


def test_accuracy_is_scikit_learns_cross_validation(tmp_path: Path) -> None:
    path = write(tmp_path, clustered(300, noise=0.5))
    found = probe(small_table(), path, seed=3)
    labels, texts = read_labelled(path)
    words = dict(zip(small_table().words, directions(small_table().rows(slice(None))), strict=True))
    features = [np.mean([words[word] for word in text.split()], axis=0) for text in texts]
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    np.testing.assert_allclose(found.folds, cross_val_score(classifier, features, labels, cv=folds), atol=0.02)
    assert found.accuracy == found.correct.mean()
    assert 0.55 < found.accuracy < 0.95
    assert (found.texts, found.labels, found.majority, found.coverage) == (300, 2, 0.5, 1.0)


def test_labels_that_words_tell_are_found_and_others_are_not(tmp_path: Path) -> None:
    clear, mixed, chance = (
        probe(small_table(), write(tmp_path, clustered(400, noise=noise))).accuracy for noise in (0.0, 0.6, 1.0)
    )
    assert clear > mixed > chance
    assert clear > 0.85
    assert abs(chance - 0.5) < 0.1


def test_two_tables_are_paired_text_by_text(tmp_path: Path) -> None:
    path = write(tmp_path, clustered(300, noise=0.4))
    exact, same, coarse = (probe(vectors, path) for vectors in (small_table(), shrunk("float16"), shrunk("binary")))
    assert (exact.correct == same.correct).mean() > 0.98
    assert 0.6 < (exact.correct == coarse.correct).mean() < 1
    again = probe(small_table(), path)
    np.testing.assert_array_equal(again.correct, exact.correct)
    assert again == exact
    assert probe(small_table(), path, seed=1).folds != exact.folds


def test_features_are_means_of_known_words() -> None:
    table = Table(["low", "High", "zero"], np.array([[3, 4], [0, 2], [0, 0]], dtype=np.float32))
    features, coverage = text_features(answers(table), ["low LOW High", "high", "", "low zero strange", "High\tlow"])
    expected = np.array([[0.4, 2.6 / 3], [0, 0], [0, 0], [0.3, 0.4], [0.3, 0.9]])
    np.testing.assert_allclose(features, expected, atol=1e-6)
    assert coverage == 7 / 9
    features, coverage = text_features(answers(table), ["", " "])
    assert (features.shape, coverage) == ((2, 2), 0.0)


def test_the_reviews_among_gensims_test_files() -> None:
    vectors = KeyedVectors.load_word2vec_format(datapath("pang_lee_polarity_fasttext.vec"), encoding="cp1252")
    found = probe(vectors)
    assert (found.texts, found.labels, found.majority) == (200, 2, 0.5)
    assert found.coverage > 0.9
    assert 0.5 < found.accuracy < 1
    unknown = probe(small_table())
    assert (unknown.coverage, unknown.accuracy) == (0.0, 0.5)


def test_fasttexts_labels_are_read_too(tmp_path: Path) -> None:
    tabs = clustered(20, noise=0)
    expected = read_labelled(write(tmp_path, tabs))
    marked = ["__label__" + line.replace("\t", " ") for line in tabs]
    labels, texts = read_labelled(write(tmp_path, [*marked, "", "  "]))
    assert [label.removeprefix("__label__") for label in labels] == expected[0] == ["b", "a"] * 10
    assert texts == expected[1]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a\tone", "b two"], r"labelled.txt, line 2: 'b two' has no label: write label<TAB>text"),
        (["a\tone", "", "\ttwo"], "line 3: 'two' has no label"),
        (["__label__a"], "line 1: '__label__a' has no label"),
        ([], "has no labelled line: a classifier needs texts of at least two labels"),
        (["a\tone"] * 9, "has only the label 'a'"),
        (["a\tone"] * 9 + ["b\ttwo"] * 4, "has 4 texts labelled 'b': 5 folds need at least 5 of every label"),
    ],
)
def test_files_that_cannot_be_used(lines: list[str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=reason):
        probe(small_table(), write(tmp_path, lines))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match=r"cannot read .*missing\.txt"):
        probe(small_table(), tmp_path / "missing.txt")


def test_probe_figures_by_name() -> None:
    found = Probe(0.5, 0.5, (0.25, 0.75), 8, 2, 0.9, np.zeros(8, dtype=np.bool_)).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["folds"] == [0.25, 0.75]
    assert "correct" not in found


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SECONDS", 0.01)


class Slow(KeyedVectors):  # type: ignore[misc]
    """Takes its time."""

    asked: list[Any]

    def similar_by_vector(self, vector: Any, topn: int = 10, restrict_vocab: int | None = None) -> Any:
        self.asked.append((len(vector), topn, restrict_vocab))
        time.sleep(0.001)
        return super().similar_by_vector(vector, topn=topn, restrict_vocab=restrict_vocab)


@pytest.mark.usefixtures("_short")
def test_speed_against_a_slow_table() -> None:
    slow = Slow(DIMS)
    slow.asked = []
    slow.add_vectors(list(small_table().words), small_table().rows(slice(None)))
    found = speed(small_table(), slow)
    assert found.batch.original.best >= 0.256
    assert found.query.original.best >= 0.001
    assert found.batch.to_dict()["times_faster"]["best"] > 1
    assert set(slow.asked) == {(DIMS, 10, ROWS)}
    assert found.rows == ROWS
    assert found.open is None
    assert 0 < found.look_up.table.best <= found.look_up.table.median < 0.001
    assert json.loads(json.dumps(found.to_dict()))["open"] is None


@pytest.mark.usefixtures("_short")
def test_opening_is_timed_where_there_are_files(tmp_path: Path) -> None:
    original, coded = tmp_path / "table.npz", tmp_path / "table.embc"
    small_table().save(original)
    shrunk("int8").save(coded)
    found = speed(shrunk("int8"), small_table(), path=coded, original_path=original)
    assert found.open is not None
    assert 0 < found.open.table.best < found.open.table.median * 1.001 < 0.1
    assert found.to_dict()["open"]["times_faster"]["best"] > 0


@pytest.mark.usefixtures("_short")
def test_large_tables_are_asked_about_their_first_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "MOST_ROWS", 100)
    asked: list[int] = []

    class Watched(Table):
        def rows(self, rows: Any) -> Any:
            found = super().rows(rows)
            asked.append(len(found))
            return found

    table = Watched(small_table().words, small_table().vectors)
    assert speed(shrunk("binary"), table).rows == 100
    assert max(asked) <= 100


def test_contenders_find_the_nearest_rows() -> None:
    units = directions(small_table().rows(slice(None)))
    expected = np.argsort(-units[:40] @ units[:300].T, axis=1)[:, :10]
    np.testing.assert_array_equal(np.concatenate(timing._nearest(units[:300], units[:40])), expected)
    for vectors in (small_table(), shrunk("float16")):
        contender = timing._contender(vectors, 300)
        found = contender.nearest(units[:40])
        rows = np.concatenate(found) if isinstance(found, list) else found[1]
        assert (rows == expected).mean() > 0.97
        np.testing.assert_allclose(directions(contender.look_up("word7")[None])[0], units[7], atol=1e-3)
    assert [rows.shape for rows in timing._nearest(units[:3], units[:2])] == [(2, 3)]


@pytest.mark.usefixtures("_short")
def test_tables_that_cannot_be_timed() -> None:
    strange = Table(["other", "words"], np.ones((2, DIMS), dtype=np.float32))
    empty = Table([], np.ones((0, DIMS), dtype=np.float32))
    for table in (strange, empty):
        with pytest.raises(UsageError, match="no frequent word in common"):
            speed(shrunk("binary"), table)


def test_ratios_are_of_like_figures() -> None:
    found = Comparison(Timing(1.0, 3.0), Timing(4.0, 6.0)).to_dict()
    assert found["times_faster"] == {"best": 4.0, "median": 2.0}
    assert found["original_seconds"] == {"best": 4.0, "median": 6.0}
