"""The writing side's two steps: fit a spec to a sample, and code a table's rows with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from embcompress import encodings
from embcompress.affine import Affine
from embcompress.arrays import Bytes, Doubles, Floats, blocks, directions, row_norms
from embcompress.codec import Codec
from embcompress.cores import usable_cores
from embcompress.errors import SpecError
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.spec import Spec, Stage
from embcompress.table import Rows, read_rows

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def no_progress(doing: str, done: int, total: int) -> None:
    """Show nothing."""


def fit(spec: Spec, sample: Floats, *, seed: int = 0) -> Codec:
    """Fit a spec's stages, each to what the ones before it made of the sample.

    Parameters
    ----------
    spec : Spec
    sample : (n, d) float32
        Directions, rows of length one.
    seed : int
        Decides random rotations and where k-means starts.

    Returns
    -------
    Codec

    Raises
    ------
    SpecError
        If a stage does not suit the table; the text names the stage.
    """
    affine = Affine(sample.shape[1])
    *transforms, quantizer = spec.stages
    for stage in transforms:
        step = _fit_stage(stage, sample, seed)
        sample = step.forward(sample)
        affine = affine.then(step)
    fitted = _fit_stage(quantizer, sample, seed)
    if isinstance(fitted, Codec):  # a quantizer that is fitted together with a map of its own
        return Codec(affine.then(fitted.affine), fitted.codebook)
    return Codec(affine, fitted)


def _fit_stage(stage: Stage, sample: Floats, seed: int) -> Any:
    fitter = encodings.find(stage.name).fit
    seeded = {"seed": seed} if "seed" in inspect.signature(fitter).parameters else {}
    try:
        return fitter(sample, *stage.arguments, **seeded)
    except SpecError as error:
        raise SpecError(f"{stage}: {error}") from None


def sample_directions(vectors: Rows, rows: int, seed: int) -> Floats:
    """Directions of at most `rows` rows drawn at random, in their order, (k, d) float32."""
    count, dims = vectors.shape
    if count <= rows:
        chosen = np.arange(count)
    else:
        chosen = np.sort(np.random.default_rng(seed).choice(count, rows, replace=False))
    sample = np.empty((len(chosen), dims), dtype=np.float32)
    for part in blocks(len(chosen)):
        sample[part] = directions(read_rows(vectors, chosen[part]))
    return sample


def encode(vectors: Rows, codec: Codec, progress: Progress = no_progress) -> Segment:
    """Code all rows (n, d), in blocks over all cores."""
    total = vectors.shape[0]
    codes: Bytes = np.empty((total, codec.code_size), dtype=np.uint8)
    norms: Doubles = np.empty(total)

    def encode_block(rows: slice) -> int:
        x = read_rows(vectors, rows)
        norms[rows] = row_norms(x)
        codes[rows] = codec.encode(directions(x))
        return len(x)

    done = 0
    pool = ThreadPoolExecutor(usable_cores())
    try:
        for count in pool.map(encode_block, blocks(total)):
            done += count
            progress("encoding", done, total)
    finally:
        pool.shutdown(cancel_futures=True)  # after an error or Ctrl-C the blocks still waiting are not begun
    scale = LengthScale.spanning(norms)
    return Segment(codec, codes, scale.encode(norms), scale)
