"""The writing side's two steps: fit a spec to a sample, and code a table's rows with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
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


@dataclass(frozen=True)
class EditingCodec(Codec):
    """A fitted spec that edits rows on their way into code space.

    Only coding a table needs it: what decodes the codes and answers queries is the plain codec of the same parts.

    Parameters
    ----------
    steps : tuple of Affine and Edit
        In their order, from directions (n, d) to what the codebook codes, (n, c). `affine` is all maps among them.
    """

    steps: tuple[Affine | encodings.Edit, ...]

    def encode(self, x: Floats) -> Bytes:
        """Codes (n, code_size) of edited directions (n, d)."""
        for step in self.steps:
            x = _changed(x, step)
        return Codec(Affine(x.shape[1]), self.codebook).encode(x)


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
        An `EditingCodec` where the spec edits rows.

    Raises
    ------
    SpecError
        If a stage does not suit the table; the text names the stage.
    """
    dims = sample.shape[1]
    steps: list[Affine | encodings.Edit] = []
    *changes, quantizer = spec.stages
    for stage in changes:
        step = _fit_stage(stage, sample, seed)
        sample = _changed(sample, step)
        steps.append(step)
    fitted = _fit_stage(quantizer, sample, seed)
    if isinstance(fitted, Codec):  # a quantizer that is fitted together with a map of its own
        steps.append(fitted.affine)
        fitted = fitted.codebook
    maps = [step for step in steps if isinstance(step, Affine)]
    affine = reduce(Affine.then, maps, Affine(dims))
    return Codec(affine, fitted) if len(maps) == len(steps) else EditingCodec(affine, fitted, tuple(steps))


def _changed(x: Floats, step: Affine | encodings.Edit) -> Floats:
    return step.forward(x) if isinstance(step, Affine) else step(x)


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
    """Code all rows (n, d), in blocks over all cores; the segment's codec decodes them and edits nothing."""
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
    return Segment(Codec(codec.affine, codec.codebook), codes, scale.encode(norms), scale)
