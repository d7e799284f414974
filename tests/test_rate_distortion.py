"""The Gaussian rate-distortion bound, and the law that no encoding is below it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq

from embcompress import UsageError, encodings
from embcompress.arrays import Doubles, Floats
from embcompress.codec import Codec
from embcompress.encode import fit, fit_table
from embcompress.evaluation.rate_distortion import covariance_spectrum, gaussian_bound
from tests.common import ALL_SPECS

WIDTH = 64
FITTED, TESTED = 4_000, 20_000
SPECTRA = {
    "isotropic": np.full(WIDTH, 1 / WIDTH),
    "falling": 0.93 ** np.arange(WIDTH) / np.sum(0.93 ** np.arange(WIDTH)),
}
"""Variances that add up to 1, the squared length of a direction."""


@cache
def gaussian_rows(spectrum: str) -> tuple[Floats, Floats]:
    """Rows to fit to and others to measure on, their axes turned so that no axis is a principal one."""
    generator = np.random.default_rng(17)
    turn = np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))[0]
    rows = generator.standard_normal((FITTED + TESTED, WIDTH)) * np.sqrt(SPECTRA[spectrum]) @ turn
    rows = (rows + 0.05).astype(np.float32)
    return rows[:FITTED], rows[FITTED:]


def errors(codec: Codec, rows: Floats) -> Doubles:
    """Squared error of each row."""
    return np.asarray(np.square(codec.decode(codec.encode(rows)).astype(np.float64) - rows).sum(axis=1))


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("spec", ALL_SPECS)
def test_no_encoding_is_below_the_bound(spec: str, spectrum: str) -> None:
    sample, others = gaussian_rows(spectrum)
    for _, codec in fit_table(encodings.parse(spec), FITTED, lambda rows: sample[rows.start : rows.stop]):
        found = errors(codec, others)
        bound = gaussian_bound(SPECTRA[spectrum], 8 * codec.code_size)
        assert found.mean() >= bound - 3 * found.std(ddof=1) / np.sqrt(TESTED)


@pytest.mark.parametrize(("bits", "error"), [(1, 0.36338), (2, 0.11748), (4, 0.009497)])
def test_lloyd_levels_have_the_error_of_the_literature(bits: int, error: float) -> None:
    """Max (1960), table I: what the law compares with the bound is a code's real error, and not far above it."""
    sample, others = gaussian_rows("isotropic")
    codec = fit(encodings.parse(f"center,lloyd:{bits}"), sample)
    found = errors(codec, others)
    assert found.mean() == pytest.approx(error, rel=0.04)
    bound = gaussian_bound(SPECTRA["isotropic"], 8 * codec.code_size)
    assert bound == pytest.approx(4.0**-bits)
    assert found.mean() < 2.7 * bound


def test_isotropic_rows() -> None:
    for bits in (0, 1, 37.5, 128, 640):
        found = gaussian_bound(np.full(50, 0.3), bits)
        assert found == pytest.approx(50 * 0.3 * 2 ** (-2 * bits / 50), rel=1e-12)


def test_two_axes() -> None:
    variances = np.array([1.0, 4.0])
    assert gaussian_bound(variances, 0) == 5
    assert gaussian_bound(variances, 0.5) == pytest.approx(2 + 1)  # the larger axis alone stands out
    assert gaussian_bound(variances, 1) == pytest.approx(1 + 1)
    assert gaussian_bound(variances, 3) == pytest.approx(2 * np.sqrt(4) * 2**-3)


@pytest.mark.parametrize("seed", range(8))
def test_the_water_level_is_where_the_bits_are_used_up(seed: int) -> None:
    generator = np.random.default_rng(seed)
    variances = generator.lognormal(0, 2, 40)
    bits = float(generator.uniform(1, 150))

    def unused(level: float) -> float:
        return float(np.maximum(0, 0.5 * np.log2(variances / level)).sum()) - bits

    level = brentq(unused, 1e-12, variances.max(), xtol=1e-15, rtol=1e-13)
    assert gaussian_bound(variances, bits) == pytest.approx(np.minimum(level, variances).sum(), rel=1e-9)


def test_more_bits_leave_less_error() -> None:
    bounds = [gaussian_bound(SPECTRA["falling"], bits) for bits in range(0, 600, 7)]
    assert (np.diff(bounds) < 0).all()
    assert bounds[0] == pytest.approx(1)


def test_axes_without_variance_cost_nothing() -> None:
    variances = np.array([0.5, 0.25, 0.0, -1e-17])
    assert gaussian_bound(variances, 10) == gaussian_bound(variances[:2], 10)
    assert gaussian_bound(np.zeros(5), 8) == 0.0
    assert gaussian_bound(np.zeros(0), 0) == 0.0
    assert gaussian_bound(np.full(300, 1 / 300), 300 * 32) == pytest.approx(2.0**-64)


@pytest.mark.parametrize("bits", [-1, np.nan])
def test_bits_that_make_no_sense(bits: float) -> None:
    with pytest.raises(UsageError, match="give a number of bits from 0 on"):
        gaussian_bound(np.ones(3), bits)


def test_the_spectrum_is_that_of_the_covariance() -> None:
    rows = gaussian_rows("falling")[0].astype(np.float64)
    found = covariance_spectrum(rows.T @ rows, rows.sum(axis=0), len(rows))
    np.testing.assert_allclose(found, np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1], rtol=1e-9)
    np.testing.assert_array_equal(covariance_spectrum(np.zeros((3, 3)), np.zeros(3), 0), np.zeros(3))
