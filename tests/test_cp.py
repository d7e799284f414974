"""CP decomposition of folded rows, which needs tensorly."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from embcompress import SpecError, Table, shrink
from embcompress.arrays import Floats, directions
from embcompress.encodings import cp, svd
from tests.common import DIMS, small_table

UNITS = directions(small_table().rows(slice(None)))


def test_without_tensorly_the_stage_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorly.decomposition", None)
    with pytest.raises(SpecError, match=r"cp:3: needs tensorly: pip install 'embcompress\[tensor\]'"):
        shrink(small_table(), "cp:3,int8")


def squared_error(affine: object, rows: Floats = UNITS) -> float:
    forward, backward = affine.forward, affine.backward  # type: ignore[attr-defined]
    return float(np.square(backward(forward(rows)) - rows).sum(axis=1).mean())


class TestWithTensorly:
    @pytest.fixture(autouse=True)
    def _tensorly(self) -> None:
        pytest.importorskip("tensorly", reason="cp needs tensorly")

    def test_it_is_never_better_than_svd_and_better_the_higher_the_rank(self) -> None:
        errors = [squared_error(cp.fit(UNITS, rank, seed=0)) for rank in (1, 4, 9, 16, 24)]
        best = [squared_error(svd.fit(UNITS, rank)) for rank in (1, 4, 9, 16, 24)]
        assert all(error >= least - 1e-6 for error, least in zip(errors, best, strict=True))
        assert errors == sorted(errors, reverse=True)
        assert errors[2] < 1.2 * best[2]
        assert errors[-1] == pytest.approx(0, abs=1e-6)  # as many axes as dimensions

    def test_rows_that_are_sums_of_few_products_are_kept_whole(self) -> None:
        generator = np.random.default_rng(0)
        left, right = generator.standard_normal((3, 4)), generator.standard_normal((3, 6))
        products = np.einsum("ri,rj->rij", left, right).reshape(3, DIMS)
        rows = directions((generator.standard_normal((500, 3)) @ products).astype(np.float32))
        assert squared_error(cp.fit(rows, 3, seed=0), rows) < 1e-4
        assert squared_error(cp.fit(UNITS, 3, seed=0)) > 0.1

    def test_one_more_seed_one_more_start(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            first, again, other = (cp.fit(UNITS, 6, seed=seed) for seed in (1, 1, 2))
        assert first.A is not None
        np.testing.assert_array_equal(first.A, again.A)
        assert not np.array_equal(first.A, other.A)  # type: ignore[arg-type]

    def test_dimensions_that_do_not_fold(self) -> None:
        rows = np.random.default_rng(0).standard_normal((60, 7)).astype(np.float32)
        vectors = shrink(Table([f"w{row}" for row in range(60)], rows), "cp:7,float16")
        np.testing.assert_allclose(vectors.vectors, rows, rtol=0.02, atol=0.02)

    def test_ranks_that_are_refused(self) -> None:
        for rank in (0, DIMS + 1):
            with pytest.raises(SpecError, match=f"cp:{rank}: r = {rank} is not between 1 and the {DIMS} dimensions"):
                shrink(small_table(), f"cp:{rank},int8")
