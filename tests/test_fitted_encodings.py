"""What the encodings fitted to principal axes and rotations promise beyond the laws."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from embcompress import SpecError, encodings
from embcompress.arrays import Doubles, Floats, directions
from embcompress.codec import Codec
from embcompress.encode import fit
from embcompress.encodings._balance import deal, principal_rows, water_filled
from embcompress.encodings._rotations import closest_rotation
from embcompress.evaluation.rate_distortion import gaussian_bound

DIMS = 16
VARIANCES = np.geomspace(4, 0.01, DIMS)


def gaussian_rows(rows: int = 20_000) -> Floats:
    """Rows whose principal axes, turned at random, have `VARIANCES`."""
    generator = np.random.default_rng(3)
    turned = np.linalg.qr(generator.standard_normal((DIMS, DIMS)))[0]
    return np.asarray(
        (generator.standard_normal((rows, DIMS)) * np.sqrt(VARIANCES)) @ turned + generator.uniform(-1, 1, DIMS),
        dtype=np.float32,
    )


ROWS = gaussian_rows()


def fitted(spec: str, rows: Floats = ROWS) -> Codec:
    return fit(encodings.parse(spec), rows)


def error(spec: str, rows: Floats = ROWS) -> float:
    codec = fitted(spec, rows)
    return float(np.square(codec.decode(codec.encode(rows)) - rows).sum(axis=1).mean())


def axes_of_columns(codec: Codec) -> list[list[int]]:
    assert codec.codebook is not None
    axes = codec.codebook.flat_axes.reshape(codec.codebook.columns, -1)
    return [[axis for axis in column if axis >= 0] for column in axes.tolist()]


@pytest.mark.parametrize("bits", [3.0, 16.0, 40.0, 200.0])
def test_water_filled_bits_have_the_error_of_the_bound(bits: float) -> None:
    shares = water_filled(VARIANCES, bits)
    assert shares.sum() == pytest.approx(bits)
    assert (VARIANCES * 4.0**-shares).sum() == pytest.approx(gaussian_bound(VARIANCES, bits))
    errors = VARIANCES * 4.0**-shares
    level = errors[0]
    assert errors[shares > 0] == pytest.approx(level)
    assert (VARIANCES[shares == 0] <= level).all()


def test_columns_are_worth_the_same() -> None:
    shares = water_filled(VARIANCES, 48)
    for count in (2, 3, 5):
        columns = deal(shares, count)
        assert sorted(np.concatenate(columns).tolist()) == list(range(DIMS))
        worth = [shares[column].sum() for column in columns]
        assert max(worth) - min(worth) <= shares.max() / 2


def test_axes_worth_nothing_are_spread() -> None:
    shares: Doubles = np.array([4.0, 1.0, 1.0, 0, 0, 0, 0])
    assert sorted(len(column) for column in deal(shares, 3)) == [2, 2, 3]
    assert [len(column) for column in deal(np.zeros(4), 4)] == [1, 1, 1, 1]


def test_principal_rows() -> None:
    axes = principal_rows(ROWS)
    np.testing.assert_allclose(axes.variances, np.linalg.eigvalsh(np.cov(ROWS.T, bias=True))[::-1], rtol=1e-4)
    np.testing.assert_allclose(axes.affine.backward(axes.y), ROWS, atol=1e-5)


def test_variances_of_degenerate_rows_are_not_zero() -> None:
    variances = principal_rows(np.outer(np.linspace(-1, 1, 400), ROWS[0]).astype(np.float32)).variances
    assert 0 < variances[1] < 1e-6 * variances[0]
    assert (principal_rows(np.ones((9, 3), dtype=np.float32)).variances > 0).all()


def test_the_better_fitted_the_smaller_the_error() -> None:
    plain, balanced, rotated = (error(spec) for spec in ("pq:4x8", "pq:4x8:balance", "opq:4x8"))
    bound = gaussian_bound(VARIANCES, 32)
    assert bound < rotated < balanced < 0.5 * plain
    assert balanced < 1.5 * bound


def test_rotating_helps_where_axes_are_not_gaussian() -> None:
    generator = np.random.default_rng(0)
    corners = generator.choice([-1.0, 1.0], (6000, 8)) + 0.1 * generator.standard_normal((6000, 8))
    rows = (corners @ np.linalg.qr(generator.standard_normal((8, 8)))[0]).astype(np.float32)
    assert error("opq:4x4", rows) < 0.8 * error("pq:4x4:balance", rows)
    assert error("itq,binary", rows) < 0.5 * error("rotate,binary", rows)


def test_balance_after_pca_codes_the_kept_axes() -> None:
    codec = fitted("pca:7,pq:3x4:balance")
    assert codec.affine.components == 7
    assert sorted(chain.from_iterable(axes_of_columns(codec))) == list(range(7))
    assert codec.affine.gram is None  # still a rotation: sizes need no product with a matrix


@pytest.mark.parametrize(
    ("spec", "size"),
    [("groups:1", 2), ("groups:0.5", 1), ("groups:1.5", 3), ("groups:4", 8), ("groups:4:8", 8), ("groups:8:8", 16)],
)
def test_groups_have_the_bytes_asked_for(spec: str, size: int) -> None:
    assert fitted(spec).code_size == size


def test_groups_keep_more_axes_the_more_bits_there_are() -> None:
    kept = [fitted(f"groups:{bits}").affine.components for bits in (0.5, 1, 2, 4)]
    assert kept == sorted(kept)
    assert kept[0] < kept[1] < DIMS
    assert kept[-1] == DIMS
    errors = [error(f"groups:{bits}") for bits in (0.5, 1, 2, 4)]
    assert errors == sorted(errors, reverse=True)
    assert error("groups:2:8") < error("groups:2")


def test_groups_keep_scores_better_than_all_axes_do() -> None:
    rows = directions(ROWS[:4000] - ROWS.mean(axis=0))
    exact = rows[:300] @ rows.T
    lost = {}
    for spec in ("groups:1", "pq:4x4:balance", "pq:4x4", "binary"):
        codec = fitted(spec, rows)
        coded = directions(codec.decode(codec.encode(rows)))
        lost[spec] = float(np.square(coded[:300] @ coded.T - exact).mean())
    assert lost["groups:1"] < lost["pq:4x4"]
    assert lost["groups:1"] <= 1.02 * lost["pq:4x4:balance"]
    assert lost["pq:4x4:balance"] < lost["binary"]


def test_closest_rotation_finds_the_one_there_is() -> None:
    turned = np.linalg.qr(np.random.default_rng(1).standard_normal((DIMS, DIMS)))[0].astype(np.float32)
    found = closest_rotation(ROWS[:500], ROWS[:500] @ turned.T)
    np.testing.assert_allclose(found, turned, atol=1e-5)


@pytest.mark.parametrize(
    "stage", ["pq:3x4:balance", "pq:3x8:balance", "opq:3x4", "groups:1", "groups:1:8", "itq,binary"]
)
@pytest.mark.parametrize("kind", ["five", "identical", "rank 1"])
def test_degenerate_tables(stage: str, kind: str) -> None:
    rows = {
        "five": ROWS[:5],
        "identical": np.repeat(ROWS[:1], 400, axis=0),
        "rank 1": np.outer(np.linspace(-1, 1, 400), ROWS[0]).astype(np.float32),
    }[kind]
    codec = fitted(stage, rows)
    decoded = codec.decode(codec.encode(rows))
    np.testing.assert_allclose(codec.decode(codec.encode(decoded)), decoded, atol=1e-5)
    squares = np.square(rows - rows.mean(axis=0)).sum(axis=1).mean()
    lost = np.square(decoded - rows).sum(axis=1).mean()
    assert lost <= (0.5 * squares if "binary" not in stage else squares) + 1e-9


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        ("pq:17x4:balance", "M = 17 is not between 1 and the 16 dimensions there are"),
        ("opq:17", "opq:17x8: M = 17"),
        ("opq:4x5", "B = 5 is not 4 or 8 bits"),
        ("groups:4.1", "groups:4.1: B = 4.1 is more than the 4 bits a dimension"),
        ("groups:9:8", "B = 9 is more than the 8 bits a dimension that columns of 256 centroids hold"),
        ("groups:0.1", "B = 0.1 bits for each of 16 dimensions are not a byte: give at least 0.5"),
    ],
)
def test_what_cannot_be(stage: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        fitted(stage)
    assert reason in str(caught.value)


@pytest.mark.parametrize("stage", ["groups:-1", "groups:x", "groups:1:5", "pq:4x4:even", "opq", "itq:3,binary"])
def test_what_cannot_be_read(stage: str) -> None:
    with pytest.raises(SpecError):
        encodings.parse(stage if stage != "groups:-1" else "groups:-1:6")
