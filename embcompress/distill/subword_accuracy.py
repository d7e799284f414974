"""How close vectors made of n-grams come to a table's own, on words that were not learned from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embcompress.arrays import Floats, directions
from embcompress.subwords import Subwords


class SubwordAccuracy(NamedTuple):
    """Mean cosines to the teacher's vectors of held-out words; a word without a known n-gram counts 0.

    Parameters
    ----------
    words : int
        Held-out words.
    made : int
        Of these, words that a vector could be made of.
    cosine : float
    mean_vector : float
        Of the teacher's mean direction in place of each word's vector.
    centred : float
        With what runs along the mean direction taken out of both.
    """

    words: int
    made: int
    cosine: float
    mean_vector: float
    centred: float


def subword_accuracy(subwords: Subwords, words: list[str], truth: Floats, mean: Floats) -> SubwordAccuracy:
    """Measure vectors made of n-grams.

    Parameters
    ----------
    subwords : Subwords
        Learned without these words.
    words : list of str
    truth : (n, d) float32
        Directions of their own vectors.
    mean : (d,) float32
        Mean of the directions that were learned from.

    Returns
    -------
    SubwordAccuracy
    """
    made = [subwords.vector(word) for word in words]
    x = directions(np.stack([np.zeros_like(mean) if vector is None else vector for vector in made]))
    axis = directions(mean[None])[0]
    return SubwordAccuracy(
        words=len(words),
        made=sum(vector is not None for vector in made),
        cosine=_mean_cosine(x, truth),
        mean_vector=float((truth @ axis).mean()),
        centred=_mean_cosine(_without(x, axis), _without(truth, axis)),
    )


def _without(x: Floats, axis: Floats) -> Floats:
    """Directions of rows with what runs along an axis of length one taken out."""
    return directions(x - np.outer(x @ axis, axis))


def _mean_cosine(x: Floats, y: Floats) -> float:
    return float(np.vecdot(x, y).mean())
