"""Two-stage distillation: the hard loss, the tasks it is taken of, and fine-tuning."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embcompress import FormatError, UsageError
from embcompress.arrays import directions
from embcompress.distill.devices import Device
from embcompress.distill.fine_tuning import fine_tune
from embcompress.distill.hard_loss import LabelledPairs, correlation_loss, hard_loss
from embcompress.distill.pair_task import PairTask
from embcompress.distill.recipe import Recipe
from embcompress.distill.task import read_task
from embcompress.distill.training import DivergedError
from embcompress.evaluation._answers import answers
from tests.common import DIMS, ROWS, small_table
from tests.differences import by_differences, randoms

has_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
LIBRARIES = ["numpy", pytest.param("torch", marks=has_torch)]


def texts(seed: int) -> Any:
    """Shares of nine words in seven texts."""
    shares = np.abs(randoms(7, 9, seed=seed)) * (randoms(7, 9, seed=seed + 1) > 0)
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("library", LIBRARIES)
def test_gradients_of_the_correlation_are_those_of_differences(library: str) -> None:
    device = Device(library)
    values, scores = randoms(8), randoms(8, seed=1)
    found = correlation_loss(device.put(values), device.put(scores))
    assert float(found.value) == pytest.approx(1 - np.corrcoef(values, scores)[0, 1])
    expected = by_differences(lambda at: 1 - np.corrcoef(at, scores)[0, 1], values)
    np.testing.assert_allclose(device.get(found.gradient), expected, atol=1e-8)


def test_the_correlation_of_what_does_not_vary_is_zero() -> None:
    assert float(correlation_loss(3 * np.arange(4.0) + 2, np.arange(4.0)).value) == pytest.approx(0, abs=1e-12)
    for values, scores in ((np.ones(3), np.arange(3.0)), (np.arange(3.0), np.ones(3))):
        loss = correlation_loss(values, scores)
        assert loss.value == 1
        assert not loss.gradient.any()


@pytest.mark.parametrize("library", LIBRARIES)
def test_gradients_of_the_hard_loss_are_those_of_differences(library: str) -> None:
    device = Device(library)
    rows, pairs = randoms(9, 4), LabelledPairs(texts(1), texts(5), randoms(7, seed=9))
    found = hard_loss(device.put(rows), LabelledPairs(*map(device.put, pairs)))
    units = [directions((share @ directions(rows)).astype(np.float64)) for share in pairs[:2]]
    cosines = (units[0] * units[1]).sum(axis=1)
    assert float(found.value) == pytest.approx(1 - np.corrcoef(cosines, pairs.scores)[0, 1])
    expected = by_differences(lambda at: float(hard_loss(at, pairs).value), rows)
    np.testing.assert_allclose(device.get(found.gradient), expected, atol=1e-7)


AXES = np.linspace(0, 2, DIMS, dtype=np.float32)
"""A task's own view of the small table: some axes count more than others."""


def pairs_file(folder: Path, count: int = 400) -> Path:
    generator = np.random.default_rng(5)
    rows = generator.integers(ROWS, size=(count, 2))
    seen = directions(small_table().rows(slice(None)) * AXES)
    lines = [f"word{a} word{b} {seen[a] @ seen[b]:.5f}" for a, b in rows.tolist()]
    path = folder / "pairs.txt"
    path.write_text("\n".join(lines) + "\nword1 missing 3\n")
    return path


@pytest.mark.parametrize("library", LIBRARIES)
def test_fine_tuning_learns_what_pairs_say_of_words_it_has_not_seen_together(library: str, tmp_path: Path) -> None:
    table = small_table()
    task = read_task(pairs_file(tmp_path), answers(table))
    assert len(task) == 400
    tuned, report = fine_tune(table, table, task, Recipe(steps=60, rate=0.025, device=library), alpha=0.8)
    assert (report.learned, report.watched, report.test) == (240, 80, 80)
    assert report.after > report.before + 0.02
    assert report.best_step
    lengths, expected = (np.linalg.norm(each.rows(slice(None)), axis=1) for each in (tuned, table))
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    again = fine_tune(table, table, task, Recipe(steps=60, rate=0.025, device=library), alpha=0.8)[0]
    assert again.vectors.tobytes() == tuned.vectors.tobytes()  # type: ignore[attr-defined]


def test_the_more_the_task_weighs_the_further_the_vectors_move(tmp_path: Path) -> None:
    table = small_table()
    task = read_task(pairs_file(tmp_path), answers(table))
    exact = directions(table.rows(slice(None)))
    moved = []
    for alpha in (0.1, 1.0):
        tuned, _ = fine_tune(table, table, task, Recipe(steps=30, rate=0.025), alpha=alpha)
        moved.append(1 - float(np.vecdot(directions(tuned.rows(slice(None))), exact).mean()))
    assert moved[0] < moved[1]
    unmoved, report = fine_tune(table, table, task, Recipe(steps=10, rate=0.025), alpha=0)
    assert report.after == pytest.approx(report.before, abs=0.02)
    assert len(unmoved) == ROWS


def test_training_stops_when_watched_items_gain_no_more() -> None:
    generator = np.random.default_rng(6)
    noise = PairTask(generator.integers(ROWS, size=(100, 2)), generator.standard_normal(100))
    tuned, report = fine_tune(small_table(), small_table(), noise, Recipe(steps=200), alpha=1)
    assert report.steps == report.best_step + 100 < 200
    assert (tuned is small_table()) == (report.best_step == 0)


def test_labelled_texts_are_learned(tmp_path: Path) -> None:
    """A label is the sign of a few of the least axes, of half of a text's words."""
    generator = np.random.default_rng(2)
    units = directions(small_table().rows(slice(None)))
    signs = np.sign((units - units.mean(axis=0))[:, -3:].sum(axis=1))
    lines = []
    for label, sign in (("good", 1), ("bad", -1)) * 250:
        words = [*generator.choice(np.flatnonzero(signs == sign), 2), *generator.choice(ROWS, 2)]
        lines.append(f"{label}\t" + " ".join(f"word{row}" for row in words))
    path = tmp_path / "texts.tsv"
    path.write_text("\n".join([*lines, "good\tnothing known"]) + "\n")
    task = read_task(path, answers(small_table()))
    assert len(task) == 500
    _, report = fine_tune(small_table(), small_table(), task, Recipe(steps=150, rate=0.05), alpha=1)
    assert report.measure.startswith("accuracy")
    assert report.test == 100
    assert report.after > report.before + 0.1


def test_named_pairs_are_a_task(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text(
        "# a list\n"
        + "".join(f"word{row} word{row + 1} synonym\nword{row},word{row + 99},Antonym\n" for row in range(20))
    )
    task = read_task(path, answers(small_table()))
    assert len(task) == 40
    rows, pairs = task.draw(np.arange(4), np.random.default_rng(0))
    assert sorted(pairs.scores.tolist()) == [0, 0, 1, 1]
    left, right = (rows[side.argmax(axis=1)] for side in pairs[:2])
    assert {frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)} == {
        frozenset(pair) for pair in ((0, 1), (0, 99), (1, 2), (1, 100))
    }


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        ("a b 1\n" * 20, UsageError, "the words of 0 of 20 pairs: 10 are the fewest"),
        ("word1 word2 3\n" * 20, UsageError, "all pairs with known words are labelled the same"),
        ("good\tnothing\nbad\tat all\n" * 9, UsageError, "the words of 0 of 18 texts"),
        ("word1 word2 synonym\nword1 word2 near\n", FormatError, "line 2: two words and synonym or antonym"),
        ("word1 word2\n", FormatError, "line 1: two words and a score are wanted"),
        ("", FormatError, "holds no pair"),
    ],
)
def test_tasks_that_cannot_be_learned(content: str, error: type[Exception], text: str, tmp_path: Path) -> None:
    path = tmp_path / "task.tsv"
    path.write_text(content)
    with pytest.raises(error, match=text):
        read_task(path, answers(small_table()))


def test_what_cannot_be_asked_of_fine_tuning(tmp_path: Path) -> None:
    task = read_task(pairs_file(tmp_path), answers(small_table()))
    for alpha in (-0.1, 1.5, float("nan")):
        with pytest.raises(UsageError, match=r"alpha = .*: give 0 \(the teacher alone\) to 1"):
            fine_tune(small_table(), small_table(), task, alpha=alpha)
    assert isinstance(task, PairTask)
    broken = PairTask(task.rows, task.scores * np.nan)
    with pytest.raises(DivergedError, match=r"hard loss is nan at step 1 of 5: lower --rate"):
        fine_tune(small_table(), small_table(), broken, Recipe(steps=5), alpha=1)
