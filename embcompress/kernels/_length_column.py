"""The length column: one column more than the code, so that inner products rank like cosines.

FAISS ranks by inner product, but coding changes rows' decoded lengths unevenly and similarity is a cosine. This
column's centroids are ``-(size - mean)`` for 16 or 256 levels of the decoded length ``|x_hat|``, and a query's
coordinate there is t, the cosine expected at the cut times its own length: ``q . x_hat - t |x_hat|`` ranks like the
cosine where that is near t, between nominated and not.
"""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Bytes, Floats
from embcompress.segment import Segment

SAMPLED_ROWS = 4096
UNIFORM_SPREAD = 0.02
"""Standard deviation of decoded lengths, over their mean, up to which nominations hardly depend on them."""


class LengthColumn:
    """Levels of decoded length, spread over what a sample of rows shows.

    Where decoded lengths hardly differ (codes of 4 bits and more a dimension), all rows get one level that adds
    nothing: measuring every row would take longer than the rest of building an index.

    Parameters
    ----------
    segment : Segment
    count : int
        Levels, 16 or 256.
    """

    def __init__(self, segment: Segment, count: int) -> None:
        self._codec = segment.codec
        self._highest = count - 1
        sample = segment.codec.sizes(segment.codes[:: max(1, len(segment) // SAMPLED_ROWS)])
        self._lowest, self._step = float(sample.min()), float(sample.max() - sample.min()) / self._highest
        self._uniform = bool(sample.std() <= UNIFORM_SPREAD * sample.mean())
        self._mean = float(sample.mean())

    @property
    def step(self) -> float:
        """What one level more takes from a score, per unit of the query's coordinate."""
        return 0.0 if self._uniform else self._step

    @property
    def levels(self) -> Floats:
        """What each level adds to a score, per unit of the query's coordinate, (count,) float32."""
        sizes = self._lowest + self._step * np.arange(self._highest + 1)
        return np.where(self._uniform, 0, self._mean - sizes).astype(np.float32)

    def symbols(self, codes: Bytes) -> Bytes:
        """The level of each row, (k,) uint8, for codes (k, code_size)."""
        if self._uniform:
            return np.zeros(len(codes), dtype=np.uint8)
        sizes = self._codec.sizes(codes)
        levels = np.clip(np.rint((sizes - self._lowest) / self._step), 0, self._highest)
        return np.asarray(levels, dtype=np.uint8)
