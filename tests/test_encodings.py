"""What single encodings promise beyond the laws."""

from __future__ import annotations

import numpy as np
import pytest

from embcompress import SpecError, encodings
from embcompress.arrays import Floats
from embcompress.codebook import Codebook
from embcompress.encode import fit
from embcompress.encodings import binary, dims, int2, int4, int8, lloyd, pq, ternary
from embcompress.spec import Grid

GAUSSIAN = (
    np.random.default_rng(0).standard_normal((4000, 5)).astype(np.float32) * np.array([1, 2, 3, 4, 5], dtype=np.float32)
    + 1
)


def signs(rows: Floats, threshold: object) -> Floats:
    codebook = binary.fit(rows, threshold)  # type: ignore[arg-type]
    return codebook.unpack(codebook.encode(rows)).astype(np.float32)


def test_binary_thresholds() -> None:
    rms = np.sqrt(np.square(GAUSSIAN).mean(axis=0))
    for threshold, cut in (
        ("mean", GAUSSIAN.mean(axis=0)),
        ("median", np.median(GAUSSIAN, axis=0)),
        ("zero", 0),
        (0.5, 0.5 * rms),
    ):
        np.testing.assert_array_equal(signs(GAUSSIAN, threshold), cut <= GAUSSIAN)
    levels = binary.fit(GAUSSIAN, "zero").centroids[:, :, 0]
    np.testing.assert_allclose(
        levels[2], [GAUSSIAN[GAUSSIAN[:, 2] < 0, 2].mean(), GAUSSIAN[GAUSSIAN[:, 2] >= 0, 2].mean()], rtol=1e-5
    )


def test_ternary_follows_its_definition() -> None:
    rms = np.sqrt(np.square(GAUSSIAN).mean(axis=0, dtype=np.float64)).astype(np.float32)
    codebook = ternary.fit(GAUSSIAN, 0.6, -0.1)
    symbols = codebook.unpack(codebook.encode(GAUSSIAN))
    expected = np.where(0.6 * rms <= GAUSSIAN, 2, np.where(-0.1 * rms <= GAUSSIAN, 1, 0))
    np.testing.assert_array_equal(symbols, expected)
    assert codebook.code_size == 1  # five trits a byte
    default = ternary.fit(GAUSSIAN)
    cut = 0.7 * np.abs(GAUSSIAN).mean(axis=0)
    assert default.thresholds is not None
    np.testing.assert_allclose(default.thresholds, np.stack([-cut, cut], axis=1), rtol=1e-5)


def test_a_value_on_a_threshold_is_above_it() -> None:
    rows = np.array([[-1], [0], [1], [0]], dtype=np.float32)
    np.testing.assert_array_equal(signs(rows, "zero")[:, 0], [0, 1, 1, 1])


def test_int_ranges() -> None:
    low, high = GAUSSIAN.min(axis=0), GAUSSIAN.max(axis=0)
    minmax = int8.fit(GAUSSIAN, "minmax").centroids[:, :, 0]
    np.testing.assert_allclose(minmax[:, [0, -1]], np.stack([low, high], axis=1), rtol=1e-5)
    quantile = int8.fit(GAUSSIAN, 0.99).centroids[:, :, 0]
    np.testing.assert_allclose(quantile[:, 0], np.quantile(GAUSSIAN, 0.01, axis=0), rtol=1e-4)
    np.testing.assert_allclose(quantile[:, -1], np.quantile(GAUSSIAN, 0.99, axis=0), rtol=1e-4)
    for module in (int2, int4, int8):
        errors = []
        for reach in ("clip", "minmax", 0.99, 0.95):
            codebook = module.fit(GAUSSIAN, reach)
            errors.append(np.square(codebook.decode(codebook.encode(GAUSSIAN)) - GAUSSIAN).mean())
        assert errors[0] <= 1.01 * min(errors), module.__name__


def test_lloyd_beats_even_levels() -> None:
    for bits, even in ((2, int2), (4, int4)):
        lloyds, evens = lloyd.fit(GAUSSIAN, bits), even.fit(GAUSSIAN)  # type: ignore[arg-type]
        error, other = (np.square(book.decode(book.encode(GAUSSIAN)) - GAUSSIAN).mean() for book in (lloyds, evens))
        assert error < other


def test_dims_keeps_those_of_largest_energy() -> None:
    energy = np.square(GAUSSIAN).sum(axis=0)
    np.testing.assert_array_equal(dims.fit(GAUSSIAN, 2).A, [3, 4])
    kept = np.flatnonzero(energy >= 0.5 * energy.mean())
    np.testing.assert_array_equal(dims.fit(GAUSSIAN, "threshold", 0.5).A, kept)
    affine = dims.fit(GAUSSIAN, 2)
    np.testing.assert_array_equal(affine.backward(affine.forward(GAUSSIAN)), GAUSSIAN * [0, 0, 0, 1, 1])


def test_pq_columns_cover_every_dimension_once() -> None:
    codebook = pq.fit(GAUSSIAN, Grid(3, 4), seed=0)  # 5 dimensions: runs of 2, 2 and 1
    assert isinstance(codebook, Codebook)
    assert codebook.axes is not None
    assert sorted(codebook.axes[codebook.axes >= 0].tolist()) == [0, 1, 2, 3, 4]
    assert codebook.code_size == 2
    bytes_each = pq.fit(GAUSSIAN, Grid(3, 8), seed=0)
    assert isinstance(bytes_each, Codebook)
    assert bytes_each.code_size == 3


def test_fewer_rows_than_centroids_are_their_own() -> None:
    rows = GAUSSIAN[:9]
    for stage in ("pq:2x4", "pq:2x8", "lloyd:4", "int8"):
        codec = fit(encodings.parse(stage), rows)
        error = np.abs(codec.decode(codec.encode(rows)) - rows).max()
        assert error <= (0 if stage.startswith("pq") else 0.1 if stage == "int8" else 1.5), stage


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty stage"),
        ("center,,int8", "empty stage"),
        ("int88", "unknown stage 'int88': did you mean int8"),
        ("nothing", "unknown stage 'nothing': list all with: embcompress specs"),
        ("center", "has no quantizer: end it with one, such as center,int8"),
        ("int8,center", "the quantizer int8 must come last"),
        ("int8,int8", "the quantizer int8 must come last"),
        ("pca,int8", "pca takes 1 arguments, written pca:k"),
        ("pca:x,int8", "'x' is not a value of k (k), written pca:k"),
        ("pca:-3,int8", "'-3' is not a value of k"),
        ("pca:1:2,int8", "pca takes 1 arguments"),
        ("lloyd:3", "'3' is not a value of b (1|2|4), written lloyd:1|2|4"),
        ("pq:7x", "'7x' is not a value of MxB (M[xB]), written pq:M[xB]"),
        ("binary:often", "binary[:mean|median|zero|threshold]"),
    ],
)
def test_a_spec_that_cannot_be_read(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        encodings.parse(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pca:6,int8", "pca:6: k = 6 is not between 1 and the 5 dimensions there are"),
        ("pca:0,int8", "k = 0"),
        ("dims:3,pca:4,int8", "pca:4: k = 4 is not between 1 and the 3 dimensions"),
        ("dims:9,int8", "dims:9: k = 9"),
        ("dims:threshold,int8", "dims:threshold needs a number"),
        ("dims:3:4,int8", "a second number goes with threshold only"),
        ("dims:threshold:99,int8", "no dimension has 99 times the mean energy"),
        ("pq:6", "pq:6x8: M = 6 is not between 1 and the 5 dimensions"),
        ("pq:2x5", "B = 5 is not 4 or 8"),
        ("int8:0.3", "int8:0.3: a quantile of 0.3"),
        ("ternary:0.5", "ternary takes two thresholds"),
        ("ternary:-1:1", "the upper one first"),
    ],
)
def test_a_stage_that_does_not_suit_the_table(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        fit(encodings.parse(text), GAUSSIAN)
    assert reason in str(caught.value)


def test_written_forms() -> None:
    for text, printed in (
        ("pq:3", "pq:3x8"),
        (" center , int8", "center,int8"),
        ("ternary:0.70:-0.7", "ternary:0.7:-0.7"),
    ):
        assert str(encodings.parse(text)) == printed
