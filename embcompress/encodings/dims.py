from typing import Literal

import numpy as np

from embcompress.affine import Affine
from embcompress.arrays import Doubles, Floats, Integers
from embcompress.encodings._neighbour_loss import neighbours_lost
from embcompress.errors import SpecError

Importance = Literal["energy", "variance", "neighbours"]


def fit(x: Floats, k: int | Literal["threshold"], t: Importance | float = "energy") -> Affine:
    """Keep the k dimensions of most energy, variance or neighbours lost without; threshold:t all of t mean energies."""
    kept = _above(x, t) if k == "threshold" else _largest(x, k, t)
    return Affine(x.shape[1], A=kept.astype(np.int32))


def _largest(x: Floats, k: int, importance: Importance | float) -> Integers:
    if isinstance(importance, float):
        raise SpecError(f"a second number goes with threshold only: dims:{k} or dims:threshold:{importance:g}")
    if not 1 <= k <= x.shape[1]:
        raise SpecError(f"k = {k} is not between 1 and the {x.shape[1]} dimensions there are")
    worth = {"energy": _energy, "variance": _variance, "neighbours": neighbours_lost}[importance](x)
    return np.sort(np.argsort(-worth, kind="stable")[:k])


def _above(x: Floats, t: Importance | float) -> Integers:
    if not isinstance(t, float):
        raise SpecError("dims:threshold needs a number, the share of the mean energy: dims:threshold:0.5")
    energy = _energy(x)
    kept = np.flatnonzero(energy >= t * energy.mean())
    if not len(kept):
        raise SpecError(
            f"no dimension has {t:g} times the mean energy, the largest has {energy.max() / energy.mean():.3g}"
        )
    return kept


def _variance(x: Floats) -> Doubles:
    return np.asarray(x.var(axis=0, dtype=np.float64))


def _energy(x: Floats) -> Doubles:
    return np.asarray(np.einsum("ij,ij->j", x, x, dtype=np.float64))
