"""Error, angles and spans of directions, against direct computation on whole matrices."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from embcompress import Table, UsageError, shrink
from embcompress.arrays import Floats, directions
from embcompress.evaluation.geometry import eigenspace_overlap, geometry
from embcompress.evaluation.rate_distortion import gaussian_bound
from tests.common import DIMS, ROWS, shrunk, small_table


def numbered(vectors: NDArray[Any]) -> Table:
    return Table([f"w{row}" for row in range(len(vectors))], vectors.astype(np.float32))


def overlap_by_svd(x: Floats, y: Floats) -> float:
    spans = []
    for matrix in (x, y):
        left, sizes, _ = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
        spans.append(left[:, sizes > 1e-5 * sizes[0]])
    return float(np.square(spans[0].T @ spans[1]).sum() / max(span.shape[1] for span in spans))


@pytest.mark.parametrize("spec", ["binary", "lloyd:2", "pca:17,lloyd:4", "center,rotate,ternary", "abtt:2,int8"])
def test_figures_are_those_of_whole_matrices(spec: str) -> None:
    segment = shrunk(spec).segment
    found = geometry(small_table(), shrunk(spec), pairs=100_000)
    x = directions(small_table().rows(slice(None)))
    decoded = segment.codec.decode(segment.codes[:])
    y = directions(decoded)
    assert found.mse == pytest.approx(np.square(x - decoded).sum(axis=1).mean(), rel=1e-5)
    assert found.cosine == pytest.approx((x * y).sum(axis=1).mean(), rel=1e-5)
    assert found.eigenspace_overlap == pytest.approx(overlap_by_svd(x, y), abs=1e-5)
    upper = np.triu_indices(ROWS, 1)
    correlation = scipy.stats.pearsonr((x @ x.T)[upper], (y @ y.T)[upper]).statistic
    assert found.cosine_correlation == pytest.approx(correlation, abs=0.01)
    spectrum = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1].astype(np.float64)
    np.testing.assert_allclose(found.spectrum, spectrum, atol=1e-7)
    assert found.rate_distortion_bound == pytest.approx(gaussian_bound(spectrum, 8 * segment.codec.code_size), rel=1e-3)
    assert found.rate_distortion_bound is not None
    assert found.bound_ratio == pytest.approx(found.mse / found.rate_distortion_bound)
    assert (found.rows, found.pairs) == (ROWS, 100_000)


def test_finer_codes_are_nearer() -> None:
    found = [geometry(small_table(), shrunk(spec)) for spec in ("binary", "lloyd:2", "lloyd:4", "int8", "float16")]
    for name in ("cosine", "cosine_correlation", "eigenspace_overlap"):
        figures = [getattr(each, name) for each in found]
        assert figures == sorted(figures), name
        assert figures[0] < 0.97
        assert figures[-1] > 0.999
    errors = [each.mse for each in found]
    assert errors == sorted(errors, reverse=True)


def test_a_table_is_like_itself() -> None:
    for same in (small_table(), shrunk("float16")):
        found = geometry(same, Table(small_table().words, directions(_vectors(same))))
        assert found.mse == pytest.approx(0, abs=1e-12)
        assert found.cosine == pytest.approx(1, abs=1e-6)
        assert found.cosine_correlation == pytest.approx(1, abs=1e-6)
        assert found.eigenspace_overlap == pytest.approx(1, abs=1e-6)
        assert (found.rate_distortion_bound, found.bound_ratio) == (None, None)
    assert geometry(small_table(), small_table()).cosine_correlation == 1.0


def _vectors(table: object) -> Floats:
    return table.rows(slice(None)) if isinstance(table, Table) else shrunk("float16")[list(small_table().words)]


def test_a_segment_is_measured_as_the_vectors_it_belongs_to() -> None:
    assert geometry(small_table(), shrunk("binary").segment) == geometry(small_table(), shrunk("binary"))


def test_a_sample_is_near_the_whole() -> None:
    whole, part = (geometry(small_table(), shrunk("lloyd:2"), sample=sample) for sample in (ROWS, 350))
    assert (whole.rows, part.rows) == (ROWS, 350)
    assert part.mse == pytest.approx(whole.mse, rel=0.05)
    assert part.mse != whole.mse
    again = geometry(small_table(), shrunk("lloyd:2"), sample=350)
    assert again == part
    assert geometry(small_table(), shrunk("lloyd:2"), sample=350, seed=1) != part


def test_spans_of_known_overlap() -> None:
    x = np.linalg.qr(np.random.default_rng(0).standard_normal((50, 8)))[0]
    mixed = x @ np.random.default_rng(1).standard_normal((8, 8))

    def overlap(one: NDArray[Any], other: NDArray[Any]) -> float:
        return eigenspace_overlap(one.T @ one, other.T @ other, one.T @ other)

    assert overlap(x, mixed) == pytest.approx(1, abs=1e-9)
    assert overlap(x, np.where(np.arange(8) < 5, x, 0)) == pytest.approx(5 / 8)
    assert overlap(np.where(np.arange(8) < 5, x, 0), np.where(np.arange(8) < 5, 3 * x, 0)) == pytest.approx(1)
    assert overlap(np.where(np.arange(8) < 5, x, 0), np.where(np.arange(8) < 5, 0, x)) == pytest.approx(0, abs=1e-12)
    assert overlap(0 * x, 0 * x) == 1.0
    assert overlap(x, 0 * x) == 0.0


def test_zero_rows_have_no_direction() -> None:
    vectors = small_table().rows(slice(None)).copy()
    without = numbered(vectors[200:])
    vectors[:200] = 0
    table = numbered(vectors)
    found, expected = geometry(table, shrink(table, "lloyd:4")), geometry(without, shrink(without, "lloyd:4"))
    assert found.rows == 500
    assert found.mse == pytest.approx(expected.mse, rel=0.3)
    np.testing.assert_allclose(found.spectrum, expected.spectrum, rtol=1e-5)


@pytest.mark.parametrize("vectors", [np.zeros((0, 3)), np.zeros((1, 3)), np.zeros((9, 3))])
def test_nothing_is_lost_where_there_is_nothing(vectors: NDArray[Any]) -> None:
    found = geometry(numbered(vectors), numbered(vectors))
    assert (found.mse, found.cosine, found.cosine_correlation, found.eigenspace_overlap) == (0.0, 1.0, 1.0, 1.0)
    assert found.rows == 0
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_row() -> None:
    table = numbered(np.array([[3.0, 4.0]]))
    found = geometry(table, shrink(table, "float16"))
    assert found.mse == pytest.approx(0, abs=1e-6)
    assert (found.cosine_correlation, found.pairs, found.rate_distortion_bound, found.bound_ratio) == (1, 0, 0, None)
    assert found.eigenspace_overlap == pytest.approx(1)


def test_cosines_all_alike() -> None:
    line = numbered(np.outer(np.arange(1, 31), [1, 2, 3]))
    found = geometry(line, shrink(line, "float16"))
    assert found.cosine_correlation == 1.0
    assert found.eigenspace_overlap == pytest.approx(1)
    spread = numbered(np.random.default_rng(0).standard_normal((30, 3)))
    assert geometry(line, spread).cosine_correlation == 0.0
    assert geometry(spread, line).cosine_correlation == 0.0


def test_figures_by_name() -> None:
    figures = geometry(small_table(), shrunk("binary")).to_dict()
    assert json.loads(json.dumps(figures)) == figures
    assert {"rate_distortion_bound", "eigenspace_overlap"} < set(figures)
    assert "spectrum" not in figures


def test_questions_that_make_no_sense() -> None:
    for wrong in ({"sample": 0}, {"pairs": 0}):
        with pytest.raises(UsageError, match="both are at least 1"):
            geometry(small_table(), small_table(), **wrong)
    with pytest.raises(UsageError, match=f"cannot be compared with {ROWS} of {DIMS}"):
        geometry(small_table(), numbered(np.ones((3, DIMS))))
