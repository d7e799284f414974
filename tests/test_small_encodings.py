"""What rounding, shared values, random projection, dropped dimensions and pruning promise beyond the laws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import KMeans
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from embcompress import SpecError, Table, encodings, shrink
from embcompress.arrays import Doubles, Floats, directions
from embcompress.codebook import Codebook
from embcompress.codec import Codec
from embcompress.encode import fit
from embcompress.encodings import delta, dims, kmeans, prune, rp
from embcompress.encodings._neighbour_loss import neighbours_lost
from tests.common import small_table

SPREADS = np.array([1, 2, 3, 4, 5], dtype=np.float32)
GAUSSIAN = np.random.default_rng(0).standard_normal((4000, 5)).astype(np.float32) * SPREADS
RMS = float(np.sqrt(np.square(GAUSSIAN).mean(dtype=np.float64)))


def fitted(spec: str, rows: Floats = GAUSSIAN, seed: int = 0) -> Codec:
    return fit(encodings.parse(spec), rows, seed=seed)


def coded(codebook: Codebook, rows: Floats = GAUSSIAN) -> Floats:
    return codebook.decode(codebook.encode(rows))


def test_delta_rounds_to_multiples_of_its_step() -> None:
    step = 0.1 * RMS
    codebook = delta.fit(GAUSSIAN, 0.1)
    decoded = coded(codebook)
    np.testing.assert_allclose(decoded, np.rint(GAUSSIAN / step) * step, atol=1e-5)
    assert codebook.step is not None
    np.testing.assert_allclose(codebook.step, step, rtol=1e-6)
    assert np.abs(decoded[np.abs(GAUSSIAN) < 0.49 * step]).max() == 0  # zero is a level, exactly
    assert codebook.code_size == 5


def test_delta_clips_to_256_levels() -> None:
    decoded = coded(delta.fit(GAUSSIAN, 0.05), np.array([[1e3, -1e3, 0, 0, 0]], dtype=np.float32))
    np.testing.assert_allclose(decoded[0, :2], [127 * 0.05 * RMS, -128 * 0.05 * RMS], rtol=1e-5)


def test_delta_refuses_a_step_that_clips_and_names_one_that_does_not() -> None:
    with pytest.raises(SpecError) as caught:
        delta.fit(GAUSSIAN, 0.01)
    reach = 127.5 * 0.01 * RMS
    assert f"clips {(np.abs(GAUSSIAN) > reach).mean():.1%} of the numbers to 256 levels" in str(caught.value)
    named = float(str(caught.value).rsplit(" ", 1)[1])
    delta.fit(GAUSSIAN, named)
    with pytest.raises(SpecError, match=r"clips 1\.\d% "):
        delta.fit(GAUSSIAN, 0.95 * named)


@pytest.mark.parametrize("spec", ["delta:0.03", "head:1000:delta:0.03,lloyd:2", "dims:3,delta:0.3", "int4"])
def test_the_share_of_clipped_numbers_is_told(spec: str) -> None:
    rows = directions(np.random.default_rng(0).standard_t(2, (4000, 20)).astype(np.float32))
    vectors = shrink(Table([f"w{i}" for i in range(len(rows))], rows), spec)
    part = vectors.coded_rows.parts[0]
    codebook = part.codec.codebook
    assert codebook is not None
    assert codebook.step is not None
    y = part.codec.affine.forward(rows[: len(part)])
    levels = codebook.centroids[:, :, 0]
    beyond = (y < levels[:, 0] - codebook.step / 2) | (y > levels[:, -1] + codebook.step / 2)
    assert vectors.metadata["clipped_share"] == beyond.mean()
    assert (beyond.mean() > 0) == (spec != "dims:3,delta:0.3")


def test_nothing_is_told_of_clipping_where_levels_are_not_even() -> None:
    assert "clipped_share" not in shrink(Table(["a", "b"], GAUSSIAN[:2]), "binary").metadata


def test_kmeans_shares_the_values_that_clustering_finds() -> None:
    for count in (2, 3, 7):
        codebook = kmeans.fit(GAUSSIAN, count)
        levels = codebook.centroids[:, :, 0]
        assert (levels == levels[0]).all()
        found = KMeans(count, n_init=4, random_state=0).fit(GAUSSIAN.reshape(-1, 1))
        error = float(np.square(coded(codebook) - GAUSSIAN).sum(dtype=np.float64))
        assert error == pytest.approx(found.inertia_, rel=0.01)
        symbols = codebook.unpack(codebook.encode(GAUSSIAN))
        means = [GAUSSIAN[symbols == symbol].mean(dtype=np.float64) for symbol in range(count)]
        np.testing.assert_allclose(levels[0], means, atol=0.03)


@pytest.mark.parametrize(("count", "constant"), [(16, 2.48), (64, 2.65), (256, 2.72)])
def test_kmeans_of_gaussian_numbers_has_the_error_of_the_literature(count: int, constant: float) -> None:
    """Max 1960 for 16; towards Panter & Dite (1951), sqrt(3) pi / 2 over the square of their number, for many."""
    rows = np.random.default_rng(2).standard_normal((16_000, 10)).astype(np.float32)
    error = np.square(coded(kmeans.fit(rows, count), rows) - rows).mean() * count**2
    assert error == pytest.approx(constant, rel=0.05)


@pytest.mark.parametrize(("count", "code_size"), [(2, 1), (3, 1), (16, 3), (17, 5), (200, 5), (256, 5)])
def test_kmeans_uses_every_value_and_no_other(count: int, code_size: int) -> None:
    codebook = kmeans.fit(GAUSSIAN, count)
    codes = codebook.encode(GAUSSIAN)
    assert codebook.code_size == code_size
    assert codes.shape[1] == code_size
    assert len(np.unique(codebook.decode(codes))) == count
    assert codebook.unpack(codes).max() == count - 1


def test_a_projection_has_orthonormal_rows_and_depends_on_the_seed() -> None:
    affine = rp.fit(GAUSSIAN, 3, seed=1)
    matrix = affine.forward(np.eye(5, dtype=np.float32)).T
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(affine.backward(GAUSSIAN[:, :3]), GAUSSIAN[:, :3] @ matrix, rtol=1e-5)
    assert not np.allclose(matrix, rp.fit(GAUSSIAN, 3, seed=2).forward(np.eye(5, dtype=np.float32)).T, atol=0.1)
    whole = rp.fit(GAUSSIAN, 5, seed=1)
    np.testing.assert_allclose(whole.backward(whole.forward(GAUSSIAN)), GAUSSIAN, atol=1e-4)


def test_orthonormal_rows_keep_cosines_better_than_independent_ones() -> None:
    rows = directions(np.random.default_rng(4).standard_normal((150, 40)).astype(np.float32))
    cosines = pdist(rows, "cosine")

    def error(projected: Floats | Doubles) -> float:
        return float(np.square(pdist(projected, "cosine") - cosines).mean())

    ours, gaussian, sparse = [], [], []
    for seed in range(5):
        ours.append(error(rp.fit(rows, 20, seed=seed).forward(rows)))
        gaussian.append(error(GaussianRandomProjection(20, random_state=seed).fit_transform(rows)))
        sparse.append(error(SparseRandomProjection(20, density=1 / 3, random_state=seed).fit_transform(rows)))
    assert np.mean(ours) < 0.8 * np.mean(gaussian)
    assert np.mean(ours) < 0.8 * np.mean(sparse)  # Achlioptas 2003
    errors = [error(rp.fit(rows, k, seed=0).forward(rows)) for k in (5, 10, 20, 30, 40)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-10


def test_dims_of_largest_variance_are_not_those_of_largest_energy() -> None:
    rows = GAUSSIAN + np.array([20, 0, 0, 0, 0], dtype=np.float32)
    np.testing.assert_array_equal(dims.fit(rows, 2).A, [0, 4])
    np.testing.assert_array_equal(dims.fit(rows, 2, "energy").A, [0, 4])
    np.testing.assert_array_equal(dims.fit(rows, 2, "variance").A, [3, 4])
    assert str(encodings.parse("dims:2:variance,int8")) == "dims:2:variance,int8"


def test_dims_whose_loss_costs_most_neighbours() -> None:
    rows = np.random.default_rng(3).standard_normal((40, 8)).astype(np.float32)
    before = ten_nearest(rows)
    lost = [
        sum(len(set(old) - set(new)) for old, new in zip(before, ten_nearest(np.delete(rows, axis, 1)), strict=True))
        for axis in range(8)
    ]
    np.testing.assert_array_equal(neighbours_lost(rows), lost)
    np.testing.assert_array_equal(dims.fit(rows, 3, "neighbours").A, sorted(np.argsort(lost)[-3:]))
    assert neighbours_lost(rows[:1]).tolist() == [0] * 8


def ten_nearest(rows: Floats) -> list[list[int]]:
    cosines = squareform(-pdist(rows.astype(np.float64), "cosine"))
    np.fill_diagonal(cosines, -np.inf)
    nearest: list[list[int]] = np.argsort(-cosines, axis=1)[:, :10].tolist()
    return nearest


def test_pruning_zeroes_the_smallest_numbers() -> None:
    pruned = prune.fit(GAUSSIAN, 0.3)(GAUSSIAN)
    gone = pruned == 0
    assert gone.mean() == pytest.approx(0.3, abs=1e-3)
    assert np.abs(GAUSSIAN[gone]).max() < np.abs(GAUSSIAN[~gone]).min()
    np.testing.assert_array_equal(pruned[~gone], GAUSSIAN[~gone])
    assert gone[:, 0].mean() > 2 * gone[:, 4].mean()  # one threshold for all dimensions
    np.testing.assert_array_equal(prune.fit(GAUSSIAN, "threshold", 0.5)(GAUSSIAN) == 0, np.abs(GAUSSIAN) < 0.5 * RMS)


@pytest.mark.parametrize(
    "spec", ["prune:0.5,kmeans:16", "pca:4,prune:0.5,lloyd:4", "prune:0.3,center,prune:0.2,pca:4,int8"]
)
def test_pruned_where_the_stage_stands(spec: str) -> None:
    *changes, last = spec.split(",")
    y = GAUSSIAN
    for written in changes:
        stage = encodings.parse(f"{written},int8").stages[0]
        step = encodings.find(stage.name).fit(y, *stage.arguments)
        y = step(y) if stage.name == "prune" else step.forward(y)
    codec = fitted(spec)
    np.testing.assert_array_equal(codec.encode(GAUSSIAN), fitted(last, y).encode(y))
    unedited = [written for written in changes if not written.startswith("prune")]
    plain = fitted(",".join([*unedited, last]))
    assert not np.array_equal(codec.encode(GAUSSIAN), plain.encode(GAUSSIAN))


def test_pruning_edits_the_table_and_never_a_query() -> None:
    table = small_table()
    vectors = shrink(table, "prune:0.6,float16")
    rows = directions(table.vectors[:])
    kept = np.abs(rows) >= np.quantile(np.abs(rows), 0.6)
    np.testing.assert_allclose(vectors.segment.codec.decode(vectors.segment.codes[:]), rows * kept, atol=1e-3)
    np.testing.assert_array_equal(vectors.segment.codec.decode(vectors.segment.codes[:]) == 0, ~kept)
    query = rows[5:6]
    expected = np.vecdot(query, directions(rows * kept))
    np.testing.assert_allclose(vectors.segment.scores(query, slice(None))[0], expected, atol=1e-3)
    lengths = np.linalg.norm(vectors[list(vectors.index_to_key)], axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(table.vectors[:], axis=1), rtol=0.01)


def test_the_more_is_pruned_the_less_is_kept() -> None:
    rows = directions(small_table().vectors[:])
    errors = []
    for share in ("0.1", "0.3", "0.6", "0.9"):
        codec = fitted(f"prune:{share},float16", rows)
        errors.append(float(np.square(codec.decode(codec.encode(rows)) - rows).sum(axis=1).mean()))
    assert errors == sorted(errors)
    assert errors[0] < 0.01 < 0.3 < errors[-1]


@pytest.mark.parametrize("stage", ["delta:0.5", "kmeans:4", "kmeans:40", "rp:3,int8", "dims:3:variance,int8"])
@pytest.mark.parametrize("kind", ["five", "identical", "rank 1", "zero"])
def test_degenerate_tables(stage: str, kind: str) -> None:
    rows = {
        "five": GAUSSIAN[:5],
        "identical": np.repeat(GAUSSIAN[:1], 400, axis=0),
        "rank 1": np.outer(np.linspace(-1, 1, 400), GAUSSIAN[0]).astype(np.float32),
        "zero": np.zeros((9, 5), dtype=np.float32),
    }[kind]
    for spec in (stage, f"prune:0.4,{stage}"):
        codec = fitted(spec, rows)
        decoded = codec.decode(codec.encode(rows))
        assert np.square(decoded - rows).sum() <= np.square(rows).sum()
        plain = Codec(codec.affine, codec.codebook)
        np.testing.assert_allclose(plain.decode(plain.encode(decoded)), decoded, atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("delta:0", "delta:0: s = 0 is not a step above 0"),
        ("delta:-1", "s = -1 is not a step above 0"),
        ("delta:1e400", "s = inf is not a step above 0 that leaves some number other than 0"),
        ("delta:50", "s = 50 is not a step above 0 that leaves some number other than 0"),
        ("kmeans:1", "kmeans:1: L = 1 is not between 2 and 256 shared values"),
        ("kmeans:257", "L = 257 is not between 2 and 256"),
        ("rp:6,int8", "rp:6: k = 6 is not between 1 and the 5 dimensions there are"),
        ("rp:0,int8", "k = 0 is not between"),
        ("dims:6:variance,int8", "k = 6 is not between 1 and the 5 dimensions"),
        ("dims:threshold:variance,int8", "dims:threshold needs a number"),
        ("prune:1,int8", "prune:1: f = 1 is not a share between 0 and 1"),
        ("prune:-0.5,int8", "f = -0.5 is not a share between 0 and 1"),
        ("prune:0.5:0.5,int8", "a second number goes with threshold only: prune:0.5 or prune:threshold:0.5"),
        ("prune:threshold,int8", "prune:threshold needs a number of root mean squares"),
        ("prune:threshold:0,int8", "t = 0 is not above 0"),
        ("prune:threshold:99,int8", "t = 99 leaves nothing, the largest number is "),
    ],
)
def test_what_cannot_be(spec: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        fitted(spec)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "spec", ["delta", "delta:x", "kmeans", "kmeans:2.5", "rp,int8", "dims:3:loss,int8", "prune,int8", "prune:0.5"]
)
def test_what_cannot_be_read(spec: str) -> None:
    with pytest.raises(SpecError):
        encodings.parse(spec)
