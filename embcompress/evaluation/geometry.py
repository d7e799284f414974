"""What coding did to the cloud of directions: error, angles, and the space the rows span."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from embcompress.arrays import Doubles, Floats, Integers, blocks, directions
from embcompress.errors import UsageError
from embcompress.evaluation._answers import Answers, coded_rows
from embcompress.evaluation._rows import draw_rows, same_rows
from embcompress.evaluation.rate_distortion import covariance_spectrum, gaussian_bound
from embcompress.segment import CodedRows

SAMPLE = 20_000
PAIRS = 10_000

RANK_TOLERANCE = 1e-5
"""Singular values below this share of the largest are rounding of float32 rows, which is 6e-8, and not an axis."""

CONSTANT = 1e-12
"""Cosines whose variance is below this are all alike but for rounding."""


@dataclass(frozen=True)
class Geometry:
    """Directions of rows before and after coding.

    Parameters
    ----------
    mse : float
        Mean squared distance of a direction and what the codec decodes for it, before that is scaled to length one.
        For a table without codes, of the two directions.
    cosine : float
        Mean cosine of a row with itself.
    cosine_correlation : float
        Pearson correlation of the cosines of random pairs of rows. Cosines that are all alike have none: 1.0 if they
        are in both tables, 0.0 if in one.
    eigenspace_overlap : float
        See `eigenspace_overlap`.
    rate_distortion_bound : float or None
        Least mse of any code of so many bytes a row, of Gaussian rows with the original directions' covariance: a
        yardstick, not a limit of a real table (`gaussian_bound`). None for a table without codes.
    bound_ratio : float or None
        `mse` over the bound; None where the bound is zero or there is none.
    rows, pairs : int
        Rows measured, drawn at random, zero rows left out, and pairs for the correlation.
    spectrum : (d,) float64
        Variances of the original directions along their principal axes, largest first.
    """

    mse: float
    cosine: float
    cosine_correlation: float
    eigenspace_overlap: float
    rate_distortion_bound: float | None
    bound_ratio: float | None
    rows: int
    pairs: int
    spectrum: Doubles = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, float | int | None]:
        """The figures by name."""
        return {name: value for name, value in asdict(self).items() if name != "spectrum"}


def geometry(original: Any, coded: Any, *, sample: int = SAMPLE, pairs: int = PAIRS, seed: int = 0) -> Geometry:
    """Measure what coding did to directions.

    Parameters
    ----------
    original : Table, CompressedVectors, gensim KeyedVectors or Answers
    coded : the same, or CodedRows
        The same rows, coded.
    sample, pairs, seed : int
        Rows and pairs drawn, and what draws them.

    Returns
    -------
    Geometry
        Without a row that has a direction nothing is lost: mse 0.0, everything else 1.0.

    Raises
    ------
    UsageError
        If the tables differ in rows or dimensions, or `sample` or `pairs` is below 1.
    """
    from threadpoolctl import threadpool_limits

    before, after = same_rows(original, coded)
    if sample < 1 or pairs < 1:
        raise UsageError(f"sample = {sample}, pairs = {pairs}: both are at least 1")
    rows = coded if isinstance(coded, CodedRows) else coded_rows(coded)
    sums = _Sums(before.dims)
    decode = after.units if rows is None else rows.decoded
    chosen = draw_rows(len(before), sample, seed)
    for part in blocks(len(chosen)):
        sums.add(before.units(chosen[part]), decode(chosen[part]))
    # On a machine that is busy, threads that share the eigenvalues of a small matrix wait for one another for seconds.
    with threadpool_limits(1, user_api="blas"):
        spectrum = covariance_spectrum(sums.original, sums.total, sums.rows)
        overlap = eigenspace_overlap(sums.original, sums.coded, sums.cross)
    mse = sums.squared_error / max(sums.rows, 1)
    bound = None if rows is None else gaussian_bound(spectrum, 8 * rows.bytes_a_row)
    pairs = pairs if len(before) > 1 else 0
    return Geometry(
        mse,
        sums.cosines / sums.rows if sums.rows else 1.0,
        _cosine_correlation(before, after, pairs, seed),
        overlap,
        bound,
        mse / bound if bound else None,
        sums.rows,
        pairs,
        spectrum,
    )


def eigenspace_overlap(original: Doubles, coded: Doubles, cross: Doubles) -> float:
    """Eigenspace overlap score ``|U' V|_F^2 / max(rank)`` of two tables of the same rows (May et al., NeurIPS 2019).

    U and V are the left singular vectors of the tables X and Y, (n, rank). They are never formed: with
    ``X'X = W diag(s^2) W'`` it is ``U = X W / s``, so that ``U' V`` follows from products of d by d.

    Parameters
    ----------
    original, coded, cross : (d, d) float64
        ``X'X``, ``Y'Y`` and ``X'Y``.

    Returns
    -------
    float
        1.0 where both tables span the same space, two tables of zeros included; 0.0 where the spaces are orthogonal.
    """
    left, right = _whitening(original), _whitening(coded)
    rank = max(left.shape[1], right.shape[1])
    return float(np.square(left.T @ cross @ right).sum()) / rank if rank else 1.0


def _whitening(gram: Doubles) -> Doubles:
    """``W / s`` of the axes that are no rounding, (d, rank)."""
    squares, axes = np.linalg.eigh(gram)
    kept = squares > max(squares.max(initial=0), 0) * RANK_TOLERANCE**2
    return np.asarray(axes[:, kept] / np.sqrt(squares[kept]))


class _Sums:
    """Sums over rows, gathered in blocks, from which everything but the pairs follows.

    Parameters
    ----------
    dims : int
    """

    def __init__(self, dims: int) -> None:
        self.original: Doubles = np.zeros((dims, dims))
        self.coded: Doubles = np.zeros((dims, dims))
        self.cross: Doubles = np.zeros((dims, dims))
        self.total: Doubles = np.zeros(dims)
        self.squared_error = self.cosines = 0.0
        self.rows = 0

    def add(self, units: Floats, decoded: Floats) -> None:
        """Take in original directions (k, d) and what was decoded for them; rows without a direction do not count."""
        known = units.any(axis=1)
        # Products of float32 would be as uncertain as the smallest axes are long.
        x, y = units[known].astype(np.float64), directions(decoded[known]).astype(np.float64)
        self.original += x.T @ x
        self.coded += y.T @ y
        self.cross += x.T @ y
        self.total += x.sum(axis=0)
        self.squared_error += float(np.square(x - decoded[known]).sum())
        self.cosines += float(np.vecdot(x, y).sum())
        self.rows += len(x)


def _cosine_correlation(before: Answers, after: Answers, pairs: int, seed: int) -> float:
    if not pairs:
        return 1.0
    generator = np.random.default_rng(seed)
    first = generator.integers(len(before), size=pairs)
    second = (first + generator.integers(1, len(before), size=pairs)) % len(before)
    return _correlation(*(_cosines(table, first, second) for table in (before, after)))


def _cosines(table: Answers, first: Integers, second: Integers) -> Doubles:
    return np.concatenate(
        [
            np.vecdot(table.units(first[part]), table.units(second[part]), dtype=np.float64)
            for part in blocks(len(first))
        ]
    )


def _correlation(x: Doubles, y: Doubles) -> float:
    """Pearson correlation, for constants as `Geometry` says."""
    x, y = x - x.mean(), y - y.mean()
    varies = [float(np.vecdot(each, each)) / len(each) > CONSTANT for each in (x, y)]
    if not all(varies):
        return 0.0 if any(varies) else 1.0
    return float(np.vecdot(x, y) / np.sqrt(np.vecdot(x, x) * np.vecdot(y, y)))
