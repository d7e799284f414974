"""What training makes small, each loss with its gradient written out; on arrays of any library (array API)."""

from __future__ import annotations

from typing import NamedTuple

from array_api_compat import array_namespace

from embcompress.distill.devices import Array

BARRED = -1e9
"""Added to the logit of a candidate that a query may not find."""

LEAST_SIZE = 1e-12
"""Vectors that are shorter count as this long, so that a zero row has a direction of zero."""


class Directions(NamedTuple):
    """Rows scaled to length one.

    Parameters
    ----------
    units : (n, d)
    sizes : (n, 1)
        Their lengths before.
    """

    units: Array
    sizes: Array

    def pull(self, gradient: Array) -> Array:
        """The gradient of the rows, (n, d), from that of the units: what runs along a row changes no direction."""
        xp = array_namespace(gradient)
        along = xp.sum(self.units * gradient, axis=1, keepdims=True)
        return (gradient - along * self.units) / self.sizes


class Loss(NamedTuple):
    """A loss, and its gradient.

    Parameters
    ----------
    value : () array
    gradient : array
        Of the shape of what the loss was taken of.
    """

    value: Array
    gradient: Array


class Distribution(NamedTuple):
    """Shares of candidates for each query, and their logarithms, both (m, n)."""

    logs: Array
    shares: Array


def directions_of(rows: Array) -> Directions:
    """Rows (n, d) scaled to length one."""
    xp = array_namespace(rows)
    sizes = xp.sqrt(xp.sum(rows * rows, axis=1, keepdims=True))
    sizes = xp.where(sizes > LEAST_SIZE, sizes, xp.full_like(sizes, LEAST_SIZE))
    return Directions(rows / sizes, sizes)


def distribution(scores: Array, temperature: float, barred: Array) -> Distribution:
    """``softmax(scores / T)`` over the candidates of each query.

    Parameters
    ----------
    scores : (m, n)
    temperature : float
        T, above zero.
    barred : (m, n)
        `BARRED` where a candidate is one of the query's own words, else 0.
    """
    xp = array_namespace(scores)
    logs = scores * (1 / temperature) + barred
    logs = logs - xp.max(logs, axis=1, keepdims=True)
    shares = xp.exp(logs)
    sums = xp.sum(shares, axis=1, keepdims=True)
    return Distribution(logs - xp.log(sums), shares / sums)


def soft_loss(scores: Array, teacher: Distribution, temperature: float, barred: Array) -> Loss:
    """Mean over queries of ``KL(teacher || softmax(scores / T))`` (Hinton et al. 2015).

    Parameters
    ----------
    scores : (m, n)
        Similarities of the student's queries and candidates.
    teacher : Distribution
        Over the same candidates, at the same temperature.
    temperature, barred
        As of `distribution`.
    """
    xp = array_namespace(scores)
    student = distribution(scores, temperature, barred)
    value = xp.sum(teacher.shares * (teacher.logs - student.logs)) / scores.shape[0]
    return Loss(value, (student.shares - teacher.shares) * (1 / (temperature * scores.shape[0])))


def feature_loss(rows: Array, teacher: Array) -> Loss:
    """Mean over rows of the squared distance to the teacher's, both (n, d)."""
    xp = array_namespace(rows)
    gap = rows - teacher
    return Loss(xp.sum(gap * gap) / rows.shape[0], 2 * gap / rows.shape[0])
