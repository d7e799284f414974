"""Symbols chosen by coordinate descent: never further than the nearest, and as near as can be where that is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from embcompress.arrays import Bytes, Doubles, Floats, directions
from embcompress.codec import Codec
from embcompress.distill.descent import POWER, Descent, metric
from embcompress.encode import fit
from embcompress.encodings import parse
from tests.common import small_table

SPECS = ["binary", "ternary", "lloyd:2", "int4", "pq:6x4", "pq:5x8:balance", "groups:1", "pca:16,rotate,lloyd:2"]
X = directions(small_table().rows(slice(None)))


def fitted(spec: str, x: Floats = X) -> tuple[Codec, Bytes]:
    codec = fit(parse(spec), x)
    assert codec.codebook is not None
    return codec, codec.codebook.unpack(codec.encode(x))


def errors(codec: Codec, symbols: Bytes, under: Floats, x: Floats = X) -> Doubles:
    """``e C e'`` of each row."""
    assert codec.codebook is not None
    gap = (x - codec.decode(codec.codebook.pack(symbols))).astype(np.float64)
    return np.asarray(np.einsum("ni,ij,nj->n", gap, under, gap))


def test_the_metric_is_a_power_of_the_second_moment() -> None:
    spreads, axes = np.linalg.eigh(X.T @ X)
    found = metric(X)
    powers = np.diag(axes.T @ found @ axes)
    np.testing.assert_allclose(powers / powers[-1], (spreads / spreads[-1]) ** POWER, rtol=1e-3)
    assert np.trace(found) == pytest.approx(X.shape[1], rel=1e-5)


@pytest.mark.parametrize("spec", SPECS)
def test_no_row_is_further_than_with_its_nearest_symbols(spec: str) -> None:
    codec, nearest = fitted(spec)
    under = metric(X)
    chosen = Descent(codec, under).symbols(X, nearest)
    before, after = errors(codec, nearest, under), errors(codec, chosen, under)
    assert (after <= before + 1e-5).all()
    np.testing.assert_array_equal(Descent(codec, under).symbols(X, nearest), chosen)


def test_signs_move_error_to_where_it_does_little_harm() -> None:
    codec, nearest = fitted("binary")
    under = metric(X)
    chosen = Descent(codec, under).symbols(X, nearest)
    assert errors(codec, chosen, under).mean() < 0.985 * errors(codec, nearest, under).mean()
    plain = np.eye(X.shape[1], dtype=np.float32)
    assert errors(codec, chosen, plain).mean() > errors(codec, nearest, plain).mean()


@pytest.mark.parametrize("spec", ["int2", "lloyd:2", "pq:6x4", "pq:5x8:balance"])
def test_without_a_metric_symbols_are_the_nearest(spec: str) -> None:
    codec, nearest = fitted(spec)
    chosen = Descent(codec, np.eye(X.shape[1], dtype=np.float32)).symbols(X, np.zeros_like(nearest))
    plain = np.eye(X.shape[1], dtype=np.float32)
    np.testing.assert_allclose(errors(codec, chosen, plain), errors(codec, nearest, plain), atol=1e-5)


def test_no_single_symbol_could_be_better() -> None:
    x = X[:40, :6].copy()
    codec, nearest = fitted("ternary", x)
    under = metric(x)
    chosen = Descent(codec, under).symbols(x, nearest)
    least = errors(codec, chosen, under, x)
    for column, symbol in product(range(6), range(3)):
        other = chosen.copy()
        other[:, column] = symbol
        assert (errors(codec, other, under, x) >= least - 1e-5).all()


@pytest.mark.parametrize("spec", ["ternary", "lloyd:2", "pq:6x4", "groups:1"])
def test_centroids_that_move_with_their_rows_come_nearer(spec: str) -> None:
    codec, nearest = fitted(spec)
    under = metric(X)
    moved = replace(codec, codebook=Descent(codec, under).codebook(X, nearest))
    assert codec.codebook is not None
    assert moved.codebook is not None
    assert moved.codebook.centroids.shape == codec.codebook.centroids.shape
    fixed = errors(codec, Descent(codec, under).symbols(X, nearest), under)
    assert errors(moved, Descent(moved, under).symbols(X, nearest), under).mean() < fixed.mean()


def test_what_was_pruned_keeps_its_symbol_and_level() -> None:
    codec, nearest = fitted("ternary")
    assert codec.codebook is not None
    still = np.full(codec.codebook.columns, 1)
    descent = Descent(codec, metric(X), still)
    moved = descent.codebook(X, nearest)
    np.testing.assert_array_equal(moved.centroids[:, 1], codec.codebook.centroids[:, 1])
    assert not np.array_equal(moved.centroids, codec.codebook.centroids)
    chosen = descent.symbols(X, nearest)
    assert (chosen[nearest == 1] == 1).all()
    assert not np.array_equal(chosen, nearest)
