from typing import Literal

import numpy as np

from embcompress.arrays import Floats
from embcompress.codebook import Codebook
from embcompress.encodings._lloyd import lloyd_levels


def fit(x: Floats, b: Literal[1, 2, 4]) -> Codebook:
    """2**b levels a dimension where its squared error is least (Lloyd 1957, Max 1960)."""
    levels = np.stack([lloyd_levels(np.sort(column), 2**b) for column in x.T])
    return Codebook.from_levels(levels.astype(np.float32))
