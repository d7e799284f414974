"""Losses and their gradients, batches, and training that can be interrupted."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embcompress import Table, UsageError
from embcompress.arrays import directions
from embcompress.codebook import Codebook
from embcompress.distill.batches import GROUPS, QUESTIONS, Batch, Batches
from embcompress.distill.checkpoint import Checkpoint
from embcompress.distill.columns import Columns
from embcompress.distill.devices import DEVICES, Device
from embcompress.distill.linear import distill
from embcompress.distill.losses import BARRED, directions_of, distribution, feature_loss, soft_loss
from embcompress.distill.objective import soft_losses
from embcompress.distill.optimiser import Adam, cosine
from embcompress.distill.recipe import Recipe
from embcompress.distill.state import Look, State
from embcompress.distill.student import CodecStudent
from embcompress.distill.training import DivergedError, train
from embcompress.distill.watched import Kept, Watched
from embcompress.encode import fit
from embcompress.encodings import parse
from embcompress.errors import FormatError, MissingPackageError
from embcompress.evaluation._answers import answers
from tests.common import DIMS, small_table
from tests.differences import by_differences, randoms

NUMPY = Device()
has_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
LIBRARIES = ["numpy", pytest.param("torch", marks=has_torch)]


def barred() -> Any:
    return np.where(np.random.default_rng(1).random((5, 9)) < 0.2, BARRED, 0.0)


def batch_of(count: int, device: Device = NUMPY) -> Batch:
    x = randoms(count, 6, seed=3)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    queries = np.zeros((4, count))
    queries[[0, 1], [0, 1]] = 1
    queries[[2, 2, 2], [1, 2, 3]] = [1, -1, 1]
    queries[[3, 3, 3], [5, 4, 6]] = [1, -1, 1]
    return Batch(np.arange(count), device.put(x), device.put(queries))


def soft_sum(rows: Any, sharpness: Any, *, exact: bool) -> float:
    return float(sum(soft_losses(rows, batch_of(len(rows)), 0.3, sharpness, exact=exact).values.values()))


def test_the_soft_loss_is_the_divergence_and_its_gradient_is_that_of_differences() -> None:
    teacher = distribution(randoms(5, 9), 0.3, barred())
    scores = randoms(5, 9, seed=2)
    student = distribution(scores, 0.3, barred())
    np.testing.assert_allclose(student.shares.sum(axis=1), 1)
    assert not student.shares[barred() < 0].any()
    loss = soft_loss(scores, teacher, 0.3, barred())
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(teacher.shares > 0, teacher.shares * np.log(teacher.shares / student.shares), 0)
    assert float(loss.value) == pytest.approx(parts.sum(axis=1).mean())
    expected = by_differences(lambda at: float(soft_loss(at, teacher, 0.3, barred()).value), scores)
    np.testing.assert_allclose(loss.gradient, expected, atol=1e-7)
    assert float(soft_loss(scores, student, 0.3, barred()).value) == pytest.approx(0, abs=1e-12)


def test_gradients_of_the_feature_loss_are_those_of_differences() -> None:
    rows, teacher = randoms(4, 3), randoms(4, 3, seed=1)
    assert float(feature_loss(rows, teacher).value) == pytest.approx(((rows - teacher) ** 2).sum(axis=1).mean())
    expected = by_differences(lambda at: float(feature_loss(at, teacher).value), rows)
    np.testing.assert_allclose(feature_loss(rows, teacher).gradient, expected, atol=1e-7)


def test_gradients_through_directions_are_those_of_differences() -> None:
    rows, weights = randoms(4, 3), randoms(4, 3, seed=1)
    expected = by_differences(lambda at: float((directions_of(at).units * weights).sum()), rows)
    np.testing.assert_allclose(directions_of(rows).pull(weights), expected, atol=1e-7)
    assert not directions_of(np.zeros((1, 3))).units.any()


@pytest.mark.parametrize("exact", [True, False])
def test_gradients_of_a_batch_are_those_of_differences(exact: bool) -> None:
    rows, sharpness = randoms(9, 6), np.array([0.2, -0.3])
    found = soft_losses(rows, batch_of(9), 0.3, sharpness, exact=exact)
    assert list(found.values) == (["exact", "coded"] if exact else ["coded"])
    expected = by_differences(lambda at: soft_sum(at, sharpness, exact=exact), rows)
    np.testing.assert_allclose(found.gradient, expected, atol=1e-7)
    expected = by_differences(lambda at: soft_sum(rows, at, exact=exact), sharpness)
    np.testing.assert_allclose(found.sharpness, expected, atol=1e-7)


def test_a_student_equal_to_its_teacher_has_no_soft_loss() -> None:
    batch = batch_of(9)
    found = soft_losses(3 * batch.x, batch, 0.3, np.zeros(2), exact=True)
    assert max(map(float, found.values.values())) == pytest.approx(0, abs=1e-12)
    assert np.abs(found.gradient).max() < 1e-12


SPECS = ["pca:13,pq:6x4", "pq:5x8:balance", "binary", "int4", "dims:20,lloyd:2", "groups:1", "svd:11,ternary"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("spec", SPECS)
def test_a_student_decodes_as_its_codec_does(spec: str, library: str) -> None:
    device = Device(library)
    x = directions(small_table().rows(slice(None)))
    codec = fit(parse(spec), x)
    codes = codec.encode(x)
    assert codec.codebook is not None
    student = CodecStudent(codec, device)
    symbols = device.put(codec.codebook.unpack(codes).astype(np.int64))
    np.testing.assert_allclose(
        device.get(student.decode(student.start(), symbols).rows), codec.decode(codes), atol=1e-5
    )
    np.testing.assert_allclose(student.codec(student.start()).decode(codes), codec.decode(codes), atol=1e-5)


@pytest.mark.parametrize("spec", SPECS)
def test_gradients_of_a_codec_are_those_of_differences(spec: str) -> None:
    x = directions(small_table().rows(slice(40)))
    codec = fit(parse(spec), x)
    assert codec.codebook is not None
    symbols = codec.codebook.unpack(codec.encode(x)).astype(np.int64)
    student = CodecStudent(codec, NUMPY)
    parameters = {name: array.astype(np.float64) for name, array in student.start().items()}
    weights = randoms(40, DIMS)
    gradients = student.pull(parameters, student.decode(parameters, symbols), weights)
    assert set(gradients) == set(parameters)

    def decoded_with(name: str, at: Any) -> float:
        return float(student.decode({**parameters, name: at}, symbols).rows.ravel() @ weights.ravel())

    for name, numbers in parameters.items():
        expected = by_differences(partial(decoded_with, name), numbers)
        np.testing.assert_allclose(gradients[name], expected, atol=1e-6, err_msg=name)


@has_torch
@pytest.mark.parametrize("exact", [True, False])
def test_gradients_agree_with_torch_autograd(exact: bool) -> None:
    torch: Any = pytest.importorskip("torch")
    device = Device("torch")
    rows = torch.asarray(randoms(9, 6)).requires_grad_()
    sharpness = torch.asarray(np.array([0.2, -0.3])).requires_grad_()
    found = soft_losses(rows, batch_of(9, device), 0.3, sharpness, exact=exact)
    sum(found.values.values(), start=torch.zeros(())).backward()
    np.testing.assert_allclose(device.get(found.gradient.detach()), rows.grad, atol=1e-9)
    np.testing.assert_allclose(device.get(found.sharpness.detach()), sharpness.grad, atol=1e-9)
    same = soft_losses(randoms(9, 6), batch_of(9), 0.3, np.array([0.2, -0.3]), exact=exact)
    np.testing.assert_allclose(same.gradient, rows.grad, atol=1e-9)


def test_even_levels_move_as_lowest_and_step_do() -> None:
    codebook = Codebook.from_even_levels(np.array([-1, 0], np.float32), np.array([0.5, 0.1], np.float32), 4)
    columns = Columns(codebook, NUMPY)
    symbols, weights = np.array([[0, 3], [2, 1]]), randoms(2, 2)
    start = columns.start()
    np.testing.assert_allclose(columns.decode(symbols, start), [[-1, 0.3], [0, 0.1]], atol=1e-6)
    gradients = columns.pull(symbols, weights)
    np.testing.assert_allclose(gradients["lowest"], weights.sum(axis=0))
    np.testing.assert_allclose(gradients["step"], (weights * symbols).sum(axis=0))
    np.testing.assert_array_equal(columns.codebook(start).centroids, codebook.centroids)


def test_adam_takes_its_first_step_at_full_rate_and_its_last_at_almost_none() -> None:
    state = State.at({"w": np.array([1.0, -2.0])})
    adam = Adam({"w": 0.1}, 10)
    for _ in range(10):
        before = state.parameters["w"]
        adam.step(state, {"w": np.array([3.0, -0.001])})
        share = cosine(state.step - 1, 10)
        np.testing.assert_allclose(before - state.parameters["w"], [0.1 * share, -0.1 * share], rtol=1e-6)
    assert cosine(0, 10) == 1
    assert cosine(5, 10) == pytest.approx(0.5)
    assert cosine(9, 10) < 0.03


def test_batches_are_drawn_by_seed_and_step_and_hold_no_held_out_word() -> None:
    table = answers(small_table())
    held_out = np.zeros(len(table), dtype=bool)
    held_out[::7] = True
    batches = Batches(table, held_out, NUMPY, seed=4)
    for step in range(5):
        batch = batches.draw(step)
        assert not held_out[batch.places].any()
        np.testing.assert_array_equal(batch.x, table.units(batch.places))
        words, questions = batch.queries[:-QUESTIONS], batch.queries[-QUESTIONS:]
        assert len(words) == GROUPS
        assert (words.sum(axis=1) == 1).all()
        assert (np.abs(words).sum(axis=1) == 1).all()
        assert (np.sort(questions, axis=1)[:, [0, -2, -1]] == [-1, 1, 1]).all()
        assert (np.abs(questions).sum(axis=1) == 3).all()
        a = batch.x[questions.argmin(axis=1)]
        others = (questions @ batch.x + a) / 2  # the mean of b and c
        assert np.vecdot(a, others).mean() > 0.3, "analogy questions are about close words"
        np.testing.assert_array_equal(batches.draw(step).queries, batch.queries)
    first = batches.draw(0).places
    for other in (batches.draw(1), Batches(table, held_out, NUMPY, seed=5).draw(0)):
        assert not np.array_equal(other.places, first)


def test_watched_words_keep_all_of_a_perfect_student_and_little_of_a_random_one() -> None:
    watched = Watched(answers(small_table()), seed=0)
    assert watched.held_out.sum() == 70
    assert watched.kept(lambda _, x: x) == Kept(1, 1)
    noise = directions(randoms(700, DIMS).astype(np.float32))
    assert watched.kept(lambda places, _: noise[places]).mean < 0.1
    short = watched.kept(lambda _, x: directions(x[:, :12]))
    assert short.exact_query == short.both_coded
    assert 0.1 < short.both_coded < 1


class Quadratic:
    """A student that learns to be zero, or to break at a step."""

    name = "quadratic"

    def __init__(self, breaks_at: int = 1 << 30, stops_at: int = 1 << 30) -> None:
        self.breaks_at, self.stops_at, self.steps = breaks_at, stops_at, 0

    def start(self) -> dict[str, Any]:
        return {"w": np.array([1.0, 3.0])}

    def scales(self) -> dict[str, Any]:
        return {"w": np.ones(2)}

    def learn(self, parameters: dict[str, Any], batch: Batch) -> tuple[dict[str, Any], dict[str, Any]]:
        self.steps += 1
        if self.steps == self.stops_at:
            raise KeyboardInterrupt
        w = parameters["w"]
        loss = np.nan if self.steps == self.breaks_at else (w * w).sum()
        return {"square": loss}, {"w": 2 * w + 1e-3 * batch.x[0, :2]}

    def kept(self, parameters: dict[str, Any]) -> Kept:
        near = float(1 / (1 + np.abs(parameters["w"] - [0.5, 2.5]).sum()))
        return Kept(near, near)


@pytest.fixture(scope="module")
def batches() -> Batches:
    return Batches(answers(small_table()), np.zeros(700, dtype=bool), NUMPY, seed=0)


def test_the_best_step_is_kept_not_the_last(batches: Batches) -> None:
    looks: list[Look] = []
    state = train(Quadratic(), batches, NUMPY, Recipe(steps=40, rate=0.05), watch=looks.append)
    assert [look.step for look in looks] == list(range(0, 41, 8))
    assert state.looks == looks
    assert state.best_look.step not in (0, 40)
    assert np.abs(state.best["w"] - [0.5, 2.5]).sum() < np.abs(state.parameters["w"] - [0.5, 2.5]).sum()
    assert looks[-1].losses["square"] < looks[1].losses["square"]


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path, batches: Batches) -> None:
    path = tmp_path / "run.ckpt"
    recipe = Recipe(steps=40, rate=0.05, checkpoint=path)
    whole = train(Quadratic(), batches, NUMPY, Recipe(steps=40, rate=0.05))
    with pytest.raises(KeyboardInterrupt):
        train(Quadratic(stops_at=18), batches, NUMPY, recipe)
    again = Quadratic()
    resumed = train(again, batches, NUMPY, recipe)
    assert again.steps == 24, "16 steps were in the checkpoint"
    assert resumed.looks == whole.looks
    for kind in ("parameters", "means", "squares", "best"):
        assert getattr(resumed, kind)["w"].tobytes() == getattr(whole, kind)["w"].tobytes()
    assert not path.exists(), "a run that is done needs no checkpoint"


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, batches: Batches) -> None:
    path = tmp_path / "run.ckpt"
    with pytest.raises(KeyboardInterrupt):
        train(Quadratic(stops_at=18), batches, NUMPY, Recipe(steps=40, rate=0.05, checkpoint=path))
    with pytest.raises(UsageError, match=r"another run \(seed = 0, not 1\)"):
        train(Quadratic(), batches, NUMPY, Recipe(steps=40, rate=0.05, seed=1, checkpoint=path))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FormatError, match="damaged"):
        Checkpoint(path, NUMPY, {}).load()


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_state(tmp_path: Path, batches: Batches) -> None:
    path = tmp_path / "run.ckpt"
    recipe = Recipe(steps=40, rate=0.05, checkpoint=path)
    with pytest.raises(DivergedError, match=r"square loss is nan at step 11 of 40: lower --rate, now 0.05.* step 8,"):
        train(Quadratic(breaks_at=11), batches, NUMPY, recipe)
    good = Checkpoint(path, NUMPY, {"student": "quadratic", **recipe.facts()}).load()
    assert good is not None
    assert good.step == 8
    assert np.isfinite(good.parameters["w"]).all()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [({"steps": 0}, "steps = 0"), ({"rate": 0.0}, "rate = 0"), ({"temperature": -1.0}, "temperature = -1")],
)
def test_a_recipe_outside_what_is_allowed_is_refused(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        Recipe(**wrong)


def test_devices_that_are_not_there_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="give one of numpy, torch, torch:cuda, cupy"):
        Device("tpu")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingPackageError, match="pip install torch"):
        Device("torch")
    assert DEVICES[0] == "numpy"


def table_of(words: int) -> Table:
    """Clusters whose words differ along axes of small variance: what principal axes drop."""
    generator = np.random.default_rng(3)
    loud = generator.standard_normal((words, 4)) * 1.5
    quiet = np.repeat(generator.standard_normal((words // 10, 12)), 10, axis=0)
    rows = np.concatenate([loud, quiet], axis=1) + 0.2 * generator.standard_normal((words, 16))
    return Table([f"w{row}" for row in range(words)], rows.astype(np.float32))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_linear_student_keeps_more_than_principal_axes(library: str) -> None:
    table, looks = table_of(600), list[Look]()
    student = distill(table, 8, Recipe(steps=60, device=library), watch=looks.append)
    assert student.dims == 8
    assert list(student.words) == list(table.words)
    assert max(look.kept.mean for look in looks) > looks[0].kept.mean + 0.02
    lengths, expected = (np.linalg.norm(each.rows(slice(None)), axis=1) for each in (student, table))
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    if library == "numpy":
        again = distill(table, 8, Recipe(steps=60))
        np.testing.assert_array_equal(again.vectors, student.vectors)


def test_a_student_that_is_not_smaller_is_refused() -> None:
    with pytest.raises(UsageError, match="dims = 24 is not between 1 and 23"):
        distill(small_table(), 24)
    with pytest.raises(UsageError, match="at least 20"):
        distill(Table(["a", "b"], np.eye(2, 4, dtype=np.float32)), 2)
