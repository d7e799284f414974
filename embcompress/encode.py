"""The writing side's two steps: fit a spec to a sample, and code a table's rows with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from embcompress import encodings
from embcompress.affine import Affine
from embcompress.arrays import BLOCK_ROWS, Bytes, Doubles, Floats, Integers, blocks, directions, row_norms
from embcompress.codec import Codec
from embcompress.cores import in_order
from embcompress.errors import SpecError
from embcompress.lengths import LengthScale
from embcompress.segment import CodedRows, Segment
from embcompress.segmented_rows import in_one
from embcompress.shared_codes import shared
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

    def code_space(self, x: Floats) -> Floats:
        """Edited directions (n, d) as what is coded, (n, c)."""
        for step in self.steps:
            x = _changed(x, step)
        return x


Fitted = Sequence[tuple[range, Codec]]
"""Runs of rows, one after the other, and the codec of each."""


def fit_table(spec: Spec, rows: int, sample: Callable[[range], Floats], *, seed: int = 0) -> Fitted:
    """Fit a spec to a table: its head, if there is one, to the first rows, all else to the others.

    Parameters
    ----------
    spec : Spec
    rows : int
        How many the table has.
    sample : callable
        Directions (k, d) float32 of some of the rows of a range.
    seed : int

    Returns
    -------
    Fitted

    Raises
    ------
    SpecError
        If a stage does not suit the table; the text names the stage.
    """
    head, rest = split_head(spec)
    *first, others = runs(spec, rows)
    fitted = [(run, encodings.fit_stage(head, sample(run), seed)) for run in first if head is not None]
    return [*fitted, (others, fit(rest, sample(others), seed=seed))]


def runs(spec: Spec, rows: int) -> list[range]:
    """The runs of a table's rows that have a codec each: the head, if there is one, and the others.

    Raises
    ------
    SpecError
        If the head leaves no others.
    """
    head, rest = split_head(spec)
    if head is None:
        return [range(rows)]
    first = head.arguments[0]
    if first >= rows:
        raise SpecError(f"{head}: N = {first} leaves none of the {rows} rows to {rest}: give at most {rows - 1}")
    return [range(first), range(first, rows)]


def split_head(spec: Spec) -> tuple[Stage | None, Spec]:
    """The stage that codes a table's first rows, if there is one, and what codes the others."""
    first, *others = spec.stages
    return (first, Spec(tuple(others))) if encodings.find(first.name).kind == encodings.HEAD else (None, spec)


def fit(spec: Spec, sample: Floats, *, seed: int = 0) -> Codec:
    """Fit a spec's stages, each to what the ones before it made of the sample.

    Parameters
    ----------
    spec : Spec
        Without a head.
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
        step = encodings.fit_stage(stage, sample, seed)
        sample = _changed(sample, step)
        steps.append(step)
    fitted = encodings.fit_stage(quantizer, sample, seed)
    if isinstance(fitted, Codec):  # a quantizer that is fitted together with a map of its own
        steps.append(fitted.affine)
        fitted = fitted.codebook
    maps = [step for step in steps if isinstance(step, Affine)]
    affine = reduce(Affine.then, maps, Affine(dims))
    return Codec(affine, fitted) if len(maps) == len(steps) else EditingCodec(affine, fitted, tuple(steps))


def clipped_share(fitted: Fitted, sample: Callable[[range], Floats]) -> float | None:
    """Share of the numbers that lie beyond the levels they are rounded to.

    Parameters
    ----------
    fitted : Fitted
    sample : callable
        As of `fit_table`.

    Returns
    -------
    float or None
        Over the runs of rows whose levels are even; None if there are none: centroids of their own clip nothing.
    """
    clipped = numbers = 0
    for rows, codec in fitted:
        if codec.codebook is not None and codec.codebook.step is not None:
            y = codec.code_space(sample(rows))
            clipped += codec.codebook.clipped(y)
            numbers += y.size
    return clipped / numbers if numbers else None


def _changed(x: Floats, step: Affine | encodings.Edit) -> Floats:
    return step.forward(x) if isinstance(step, Affine) else step(x)


def sample_directions(vectors: Rows, rows: int, seed: int, within: range | None = None) -> Floats:
    """Directions of at most `rows` rows drawn at random, of all or of a run of them, in their order, (k, d) float32."""
    return directions_of(vectors, drawn(range(vectors.shape[0]) if within is None else within, rows, seed))


def drawn(within: range, rows: int, seed: int) -> Integers:
    """At most `rows` of consecutive rows, drawn at random, (k,) int64 ascending."""
    if len(within) <= rows:
        return np.arange(within.start, within.stop)
    return np.asarray(within.start + np.sort(np.random.default_rng(seed).choice(len(within), rows, replace=False)))


def directions_of(vectors: Rows, chosen: Integers) -> Floats:
    """Directions of chosen rows (k,), (k, d) float32."""
    sample = np.empty((len(chosen), vectors.shape[1]), dtype=np.float32)
    for part in blocks(len(chosen)):
        sample[part] = directions(read_rows(vectors, chosen[part]))
    return sample


def encode_table(
    vectors: Rows, fitted: Fitted, progress: Progress = no_progress, block_rows: int = BLOCK_ROWS
) -> CodedRows:
    """Code all rows (n, d), each run of them with its codec, so many at a time on each core."""
    return in_one([encode(vectors, codec, progress, within, block_rows) for within, codec in fitted])


def encode(
    vectors: Rows,
    codec: Codec,
    progress: Progress = no_progress,
    within: range | None = None,
    block_rows: int = BLOCK_ROWS,
    scale: LengthScale | None = None,
) -> Segment:
    """Code rows (n, d), all or a run of them, in blocks over all cores.

    Parameters
    ----------
    vectors : (n, d) rows
    codec : Codec
        The segment's own decodes what it codes, and edits nothing.
    progress : callable
    within : range, optional
        Rows to code, consecutive ones; by default all.
    block_rows : int
        Rows that each core codes at a time.
    scale : LengthScale, optional
        Of the rows' lengths; by default it spans theirs.

    Returns
    -------
    Segment
        Codes that many rows have are stored once (`embcompress.shared_codes`).
    """
    within = range(vectors.shape[0]) if within is None else within
    total = len(within)
    codes: Bytes = np.empty((total, codec.code_size), dtype=np.uint8)
    norms: Doubles = np.empty(total)

    def encode_block(rows: slice) -> int:
        x = read_rows(vectors, slice(within.start + rows.start, within.start + rows.stop))
        norms[rows] = row_norms(x)
        codes[rows] = codec.encode(directions(x))
        return len(x)

    done = 0
    for count in in_order(encode_block, blocks(total, block_rows)):
        done += count
        progress("encoding", within.start + done, vectors.shape[0])
    scale = LengthScale.spanning(norms) if scale is None else scale
    return Segment(Codec(codec.affine, codec.codebook), shared(codes), scale.encode(norms), scale)
