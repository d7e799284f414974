"""The hard loss: how far cosines of labelled pairs are from following their scores."""

from __future__ import annotations

from typing import NamedTuple

from array_api_compat import array_namespace

from embcompress.distill.devices import Array
from embcompress.distill.losses import LEAST_SIZE, Loss, directions_of


class LabelledPairs(NamedTuple):
    """Pairs of texts among some words; a word is a text of one.

    Parameters
    ----------
    left, right : (p, n)
        Shares of the words in each pair's texts.
    scores : (p,)
        How similar a pair is said to be, on any scale.
    """

    left: Array
    right: Array
    scores: Array


def correlation_loss(values: Array, scores: Array) -> Loss:
    """``1 - r``, r the correlation (Pearson) of values with scores, both (p,): 0 where values follow scores on a line.

    The gradient is that by the values; where either does not vary it is zero, and r counts as 0.
    """
    xp = array_namespace(values)
    x, y = (each - xp.mean(each) for each in (values, scores))
    sizes = [xp.sqrt(xp.sum(each * each)) for each in (x, y)]
    if min(map(float, sizes)) < LEAST_SIZE:
        return Loss(xp.ones_like(values[0]), xp.zeros_like(values))
    x, y = x / sizes[0], y / sizes[1]
    correlation = xp.sum(x * y)
    return Loss(1 - correlation, (correlation * x - y) / sizes[0])


def hard_loss(rows: Array, pairs: LabelledPairs) -> Loss:
    """The correlation loss of the cosines of pairs of texts, a text's vector being the mean direction of its words.

    Parameters
    ----------
    rows : (n, e)
        The student's, of any length above zero.
    pairs : LabelledPairs
        Among these words.
    """
    words = directions_of(rows)
    left, right = directions_of(pairs.left @ words.units), directions_of(pairs.right @ words.units)
    cosines = array_namespace(rows).sum(left.units * right.units, axis=1)
    loss = correlation_loss(cosines, pairs.scores)
    slopes = loss.gradient[:, None]
    pulled = pairs.left.T @ left.pull(slopes * right.units) + pairs.right.T @ right.pull(slopes * left.units)
    return Loss(loss.value, words.pull(pulled))
