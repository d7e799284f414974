"""Texts as the mean directions of their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from embcompress.arrays import Floats, blocks

Item = TypeVar("Item", int, str)


def mean_directions(texts: Sequence[Sequence[Item]], units: Callable[[list[Item]], Floats], dims: int) -> Floats:
    """Mean direction of each text's items; each distinct one is decoded once.

    Parameters
    ----------
    texts : sequence of sequence of int or str
        Rows or words, as often as they occur; texts may be empty.
    units : callable
        Directions of chosen items, (k, d) float32; asked for some thousands at a time, in ascending order.
    dims : int
        Length d of a vector.

    Returns
    -------
    (texts, d) float32
        An empty text's is zero.
    """
    from scipy.sparse import csr_array

    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    distinct = sorted({item for text in texts for item in text})
    place = {item: number for number, item in enumerate(distinct)}
    places = np.array([place[item] for text in texts for item in text], dtype=np.int64)
    shares = np.repeat(1 / np.maximum(sizes, 1), sizes).astype(np.float32)
    means = csr_array((shares, places, np.append(0, np.cumsum(sizes))), shape=(len(texts), len(distinct))).tocsc()
    sums: Floats = np.zeros((len(texts), dims), dtype=np.float32)
    for part in blocks(len(distinct)):
        sums += means[:, part] @ units(distinct[part])
    return sums
