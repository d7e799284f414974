"""The soft losses of a batch: how far similarities among a student's rows are from the teacher's."""

from __future__ import annotations

from typing import NamedTuple

from array_api_compat import array_namespace

from embcompress.distill.batches import Batch
from embcompress.distill.devices import Array
from embcompress.distill.losses import BARRED, Distribution, Loss, directions_of, distribution, soft_loss

Losses = dict[str, Array]
"""Losses by name, each a () array."""


class SoftLosses(NamedTuple):
    """The soft losses of a batch.

    Parameters
    ----------
    values : dict of str to array
        ``coded``: queries are the student's own rows; ``exact``: they are the teacher's.
    gradient : (n, e) array
        Of their sum, by the student's rows.
    sharpness : (2,) array
        Of their sum, by the logarithms of the sharpness.
    """

    values: Losses
    gradient: Array
    sharpness: Array


def soft_losses(rows: Array, batch: Batch, temperature: float, sharpness: Array, *, exact: bool) -> SoftLosses:
    """Divergence of the student's similarities from the teacher's, over the words of a batch.

    Both see the same candidates, all words of the batch but those a query is made of. Codes shrink similarities; a
    sharpness that is learned with the student undoes it, so that what is left to learn is their order.

    Parameters
    ----------
    rows : (n, e)
        The student's, of any length above zero.
    batch : Batch
    temperature : float
        The teacher's.
    sharpness : (2,)
        Natural logarithms of what the student's similarities are multiplied by, beside 1 / T: with exact queries, and
        with its own.
    exact : bool
        Whether the teacher's vectors ask the student's too: they have to be of one length, e = d.
    """
    xp = array_namespace(rows)
    barred = xp.astype(batch.queries != 0, rows.dtype) * BARRED
    asked = directions_of(batch.queries @ batch.x).units
    teacher = distribution(asked @ batch.x.T, temperature, barred)
    student = directions_of(rows)
    own = directions_of(batch.queries @ student.units)
    factors = xp.exp(sharpness)
    coded, by_coded = _soft(own.units @ student.units.T, factors[1], teacher, temperature, barred)
    # Both as candidates and as parts of the queries.
    gradient = coded.gradient.T @ own.units + batch.queries.T @ own.pull(coded.gradient @ student.units)
    if not exact:
        return SoftLosses({"coded": coded.value}, student.pull(gradient), xp.stack([0 * by_coded, by_coded]))
    asking, by_asking = _soft(asked @ student.units.T, factors[0], teacher, temperature, barred)
    gradient = gradient + asking.gradient.T @ asked
    values = {"exact": asking.value, "coded": coded.value}
    return SoftLosses(values, student.pull(gradient), xp.stack([by_asking, by_coded]))


def _soft(scores: Array, factor: Array, teacher: Distribution, temperature: float, barred: Array) -> tuple[Loss, Array]:
    """The soft loss of scores times a factor: its gradient by the scores, and by the factor's logarithm."""
    scores = scores * factor
    loss = soft_loss(scores, teacher, temperature, barred)
    return Loss(loss.value, loss.gradient * factor), array_namespace(scores).sum(loss.gradient * scores)
