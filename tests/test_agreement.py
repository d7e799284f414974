"""Agreement with other implementations of the same mathematics."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import pytest
from scipy.special import ndtri
from sklearn.decomposition import PCA, TruncatedSVD

from embcompress import encodings
from embcompress.arrays import Floats
from embcompress.encode import fit, sample_directions
from embcompress.encodings import abtt, lloyd, pca, rotate, svd
from tests.common import shrunk, small_table, unit_queries


def sample() -> Floats:
    return sample_directions(small_table().vectors, 10_000, seed=0)


def faiss_twin(spec: str) -> tuple[Any, Floats]:
    """An `IndexPQ` with a codec's centroids and codes, and queries."""
    segment = shrunk(spec).segment
    codebook = segment.codec.codebook
    assert codebook is not None
    bits = int(np.log2(codebook.radix))
    index = faiss.IndexPQ(codebook.columns * codebook.width, codebook.columns, bits, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(codebook.centroids.ravel(), index.pq.centroids)
    index.is_trained = True
    index.add_sa_codes(segment.codes[:])
    return index, unit_queries(12)


@pytest.mark.parametrize("spec", ["pq:6x4", "pq:8x8", "lloyd:4", "int4", "int8"])
def test_faiss_scores_the_same_codes_the_same(spec: str) -> None:
    index, queries = faiss_twin(spec)
    segment = shrunk(spec).segment
    scores, rows = index.search(queries, 20)
    ours = segment.scores(queries, slice(None)) * segment.codec.sizes(segment.codes[:])
    np.testing.assert_allclose(np.take_along_axis(ours, rows, axis=1), scores, atol=2e-5)


@pytest.mark.parametrize("spec", ["pq:6x4", "lloyd:4", "int4"])
def test_fast_scan_scores_nearly_the_same(spec: str) -> None:
    index, queries = faiss_twin(spec)
    segment = shrunk(spec).segment
    scores, rows = faiss.IndexPQFastScan(index).search(queries, 20)
    ours = segment.scores(queries, slice(None)) * segment.codec.sizes(segment.codes[:])
    # FastScan's tables have 8 bits: their error is a small part of the scores' range.
    np.testing.assert_allclose(np.take_along_axis(ours, rows, axis=1), scores, atol=0.02)


@pytest.mark.parametrize("spec", ["pq:6x4", "pq:8x8"])
def test_faiss_encodes_the_same(spec: str) -> None:
    index, _ = faiss_twin(spec)
    np.testing.assert_array_equal(index.sa_encode(sample()), shrunk(spec).segment.codes[:])


def test_pca_is_scikit_learns() -> None:
    theirs = PCA(7).fit(sample())
    ours = pca.fit(sample(), 7)
    np.testing.assert_allclose(
        ours.backward(ours.forward(sample())), theirs.inverse_transform(theirs.transform(sample())), atol=1e-5
    )
    assert ours.A is not None
    np.testing.assert_allclose(np.abs(np.sum(ours.A * theirs.components_, axis=1)), 1, atol=1e-4)


def test_svd_is_scikit_learns() -> None:
    theirs = TruncatedSVD(7, algorithm="arpack", random_state=0).fit(sample())
    ours = svd.fit(sample(), 7)
    np.testing.assert_allclose(
        ours.backward(ours.forward(sample())), theirs.inverse_transform(theirs.transform(sample())), atol=1e-5
    )


def test_all_but_the_top_removes_mean_and_top_axes() -> None:
    theirs = PCA(3).fit(sample())
    centred = sample() - sample().mean(axis=0)
    expected = centred - centred @ theirs.components_.T @ theirs.components_
    ours = abtt.fit(sample(), 3)
    np.testing.assert_allclose(ours.backward(ours.forward(sample())), expected, atol=1e-5)


def test_a_rotation_keeps_angles_and_depends_on_the_seed() -> None:
    rotation = rotate.fit(sample(), seed=4)
    turned = rotation.forward(sample())
    np.testing.assert_allclose(turned @ turned.T, sample() @ sample().T, atol=1e-5)
    assert not np.allclose(turned, rotate.fit(sample(), seed=5).forward(sample()), atol=0.1)
    np.testing.assert_allclose(rotation.backward(turned), sample(), atol=1e-6)


def test_lloyd_levels_of_a_gaussian_are_max_s() -> None:
    """J. Max 1960, table I: 4 levels at .4528 and 1.510, distortion .1175; 16 levels, distortion .009497."""
    quantiles = ndtri((np.arange(40_000) + 0.5) / 40_000).astype(np.float32)[:, None]
    four, sixteen = lloyd.fit(quantiles, 2), lloyd.fit(quantiles, 4)
    np.testing.assert_allclose(four.centroids[0, :, 0], [-1.510, -0.4528, 0.4528, 1.510], atol=3e-3)
    for codebook, distortion in ((four, 0.1175), (sixteen, 0.009497)):
        error = np.square(codebook.decode(codebook.encode(quantiles)) - quantiles).mean()
        assert error == pytest.approx(distortion, rel=0.01)


def test_more_bits_keep_more() -> None:
    rows = sample()
    errors = []
    for spec in ("binary", "ternary", "int2", "lloyd:4", "int8", "float16"):
        codec = fit(encodings.parse(spec), rows)
        errors.append(float(np.square(codec.decode(codec.encode(rows)) - rows).sum(axis=1).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] < 0.5
    assert errors[-1] < 1e-6
