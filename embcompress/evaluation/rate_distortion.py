"""The least squared error that any code of so many bits can have on Gaussian rows."""

from __future__ import annotations

import math

import numpy as np

from embcompress.arrays import Doubles
from embcompress.errors import UsageError


def gaussian_bound(covariance_eigenvalues: Doubles, bits: float) -> float:
    """Rate-distortion bound of a Gaussian by reverse water-filling (Cover & Thomas 2006, theorem 10.3.3).

    ``D = sum min(theta, lambda_i)`` at the water level theta where ``sum max(0, log2(lambda_i / theta) / 2) = bits``.

    It is a limit for Gaussian rows of that covariance: no code of any kind is better on average. A real table is not
    Gaussian, so for it this is a yardstick, which a code that knows its clusters could in principle go below.

    Parameters
    ----------
    covariance_eigenvalues : (d,) float64
        Variances along the principal axes; values below zero, which are rounding, count as zero.
    bits : float
        Of a row's code: 8 times its bytes.

    Returns
    -------
    float
        Squared error of a row, summed over its axes and averaged over rows.

    Raises
    ------
    UsageError
        If `bits` is negative or not a number.
    """
    if not bits >= 0:
        raise UsageError(f"{bits} bits: give a number of bits from 0 on")
    variances = np.sort(covariance_eigenvalues[covariance_eigenvalues > 0])[::-1].astype(np.float64)
    logarithms = np.log2(variances)
    axes = np.arange(1, len(variances) + 1)
    # Bits needed to bring the i largest variances down to the i-th: the axes that stand out of the water are those
    # for which these do not use up all bits.
    needed = (np.cumsum(logarithms) - axes * logarithms) / 2
    above = int((needed < bits).sum())
    if not above:
        return float(variances.sum())
    level = (logarithms[:above].sum() - 2 * bits) / above
    return above * math.pow(2.0, level) + float(variances[above:].sum())


def covariance_spectrum(moments: Doubles, total: Doubles, rows: int) -> Doubles:
    """Variances along the principal axes about the mean, largest first.

    Parameters
    ----------
    moments : (d, d) float64
        Sum of the outer products of the rows with themselves.
    total : (d,) float64
        Sum of the rows.
    rows : int
        How many there are.

    Returns
    -------
    (d,) float64
        None below zero; all zero where there are no rows.
    """
    if not rows:
        return np.zeros(len(total))
    mean = total / rows
    return np.asarray(np.maximum(np.linalg.eigvalsh(moments / rows - np.outer(mean, mean))[::-1], 0))
