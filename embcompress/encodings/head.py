from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.codec import Codec
from embcompress.encodings import Head, fit_stage
from embcompress.errors import SpecError
from embcompress.spec import Stage


def fit(x: Floats, N: int, quantizer: Stage, *, seed: int) -> Head:
    """The first N rows in a code of their own, the others as the rest says: ``head:10000:int8,groups:1``."""
    if N < 1:
        raise SpecError(f"N = {N} is no number of rows: give 1 or more, or leave the stage out")
    fitted = fit_stage(quantizer, x, seed)
    return Head(fitted.affine, fitted.codebook) if isinstance(fitted, Codec) else Head(Affine(x.shape[1]), fitted)
