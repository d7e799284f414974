"""Repair: what a code lost is partly won back: rows get other symbols, way back and centroids learn similarities.

The codes keep their shape, the file its size; only what the codes mean, and which of them a row gets, changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers, blocks, directions
from embcompress.codebook import Codebook
from embcompress.codec import Codec
from embcompress.cores import reproducible
from embcompress.distill.batches import Batch, Batches
from embcompress.distill.descent import Descent, metric
from embcompress.distill.devices import Arrays, Device
from embcompress.distill.losses import feature_loss
from embcompress.distill.objective import Losses, soft_losses
from embcompress.distill.recipe import FEATURE_WEIGHT, FITTED_ROWS, SHARPENING, Recipe
from embcompress.distill.repair_lesson import RepairLesson, prunes
from embcompress.distill.state import Look
from embcompress.distill.student import CodecStudent
from embcompress.distill.training import train
from embcompress.distill.watched import Kept, Watched
from embcompress.encode import Progress, no_progress
from embcompress.evaluation._answers import answers
from embcompress.evaluation._common_words import common_words
from embcompress.evaluation._rows import draw_rows
from embcompress.evaluation.certificate import certificate
from embcompress.segment import Segment
from embcompress.segmented_rows import in_one
from embcompress.shared_codes import Codes
from embcompress.table import Table
from embcompress.vectors import CompressedVectors

RECORD = 1000
"""At most so many bytes of metadata say how a file was repaired."""


@reproducible()
def repair(
    teacher: Table,
    vectors: CompressedVectors,
    recipe: Recipe | None = None,
    *,
    progress: Progress = no_progress,
    watch: Callable[[Look], None] | None = None,
) -> CompressedVectors:
    """Train the codec of a compressed table on the table it was made from, and code the table again.

    Parameters
    ----------
    teacher : Table
        What the vectors were made from. Of words that it lacks, the decoded vectors are coded again.
    vectors : CompressedVectors
        Left as they are.
    recipe : Recipe, optional
    progress : callable
    watch : callable, optional
        Called with each look at the held-out words.

    Returns
    -------
    CompressedVectors
        Codes of the same shape, a new certificate, and ``metadata["repaired"]``: steps, the step that was kept, seed,
        rate, temperature, and the words that were trained on and coded anew.

    Raises
    ------
    UsageError
        If the tables have too few words in common, or vectors of different lengths, or there is nothing to train:
        float16 has no centroids, and shared codes (vq) cannot move alone.
    DivergedError
        If a loss is no finite number.
    """
    asked = Recipe() if recipe is None else recipe
    common = common_words(answers(teacher), answers(vectors))
    places = np.full(len(vectors.coded_rows), -1, dtype=np.int64)  # of each row among the common words, -1 if none
    places[common.compressed_rows] = np.arange(len(common))
    parts, facts = [], []
    for part in vectors.coded_rows.parts:
        own, places = np.split(places, [len(part)])
        lesson = RepairLesson(part, common.original, own, prunes=prunes(vectors.spec))
        repaired, best = _repaired(lesson, asked, progress, watch)
        parts.append(repaired)
        facts.append({"rows": len(part), "words": int((own >= 0).sum()), "best_step": best.step})
    metadata: dict[str, Any] = {**vectors.metadata, "repaired": {**asked.facts(), "segments": facts}}
    result = CompressedVectors(vectors.index_to_key, in_one(parts), metadata, vectors._subwords)
    if vectors.lists is not None:
        result.build_ivf(len(vectors.lists.sizes), nprobe=vectors.lists.nprobe, seed=asked.seed)
    progress("measuring", 0, 1)
    metadata["certificate"] = certificate(teacher, result, seed=vectors.metadata.get("seed", 0))
    progress("measuring", 1, 1)
    return result


def most_added(dims: int) -> int:
    """At most so many bytes a repaired file of one segment takes more: shifts forth and back, and how it was done."""
    return 2 * 4 * dims + RECORD


class _Repairing:
    """A codec that learns similarities, the symbols of rows given.

    Parameters
    ----------
    lesson : RepairLesson
    codec : Codec
        What training starts at.
    codes : (rows, code_size) uint8
        Of all of the segment's rows, by that codec's centroids.
    watched : Watched
    recipe : Recipe
    """

    def __init__(self, lesson: RepairLesson, codec: Codec, codes: Bytes, watched: Watched, recipe: Recipe) -> None:
        self._lesson = lesson
        self._codes = codes
        self._watched = watched
        self._device = Device(recipe.device)
        self._student = CodecStudent(codec, self._device, lesson.zero)
        self._temperature = recipe.temperature

    @property
    def name(self) -> str:
        """Tells codecs of different shapes apart."""
        return f"{len(self._lesson.segment)} rows in codes of {self._lesson.codebook.centroids.shape}"

    def start(self) -> Arrays:
        """The codec's numbers, and similarities as sharp as the teacher's."""
        return {**self._student.start(), "sharpness": self._device.put(np.zeros(2, dtype=np.float32))}

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are."""
        return {**self._student.scales(), "sharpness": self._device.put(np.full(2, SHARPENING, dtype=np.float32))}

    def learn(self, parameters: Arrays, batch: Batch) -> tuple[Losses, Arrays]:
        """Losses of a batch, and the gradients of their weighted sum."""
        symbols = self._lesson.codebook.unpack(self._codes[self._lesson.rows[batch.places]])
        decoded = self._student.decode(parameters, self._device.put(symbols.astype(np.int64)))
        soft = soft_losses(decoded.rows, batch, self._temperature, parameters["sharpness"], exact=True)
        feature = feature_loss(decoded.rows, batch.x)
        gradient = soft.gradient + FEATURE_WEIGHT * feature.gradient
        gradients = {**self._student.pull(parameters, decoded, gradient), "sharpness": soft.sharpness}
        return {**soft.values, "feature": feature.value}, gradients

    def kept(self, parameters: Arrays) -> Kept:
        """What watched words keep of their neighbours."""
        return _kept(self._watched, self._lesson, self.codec(parameters), self._codes)

    def codec(self, parameters: Arrays) -> Codec:
        """The codec of these parameters."""
        return self._student.codec(parameters)


def _repaired(
    lesson: RepairLesson, recipe: Recipe, progress: Progress, watch: Callable[[Look], None] | None
) -> tuple[Segment, Look]:
    """The segment coded anew, and the look at the step that was kept; if none is better, the segment as it was.

    Symbols are chosen once, before training. Choosing them again for the codec in training was worse: the metric asks
    for the nearest rows, and so works against what the soft losses have learned.
    """
    watched = Watched(lesson.teacher, seed=recipe.seed)
    before = _kept(watched, lesson, lesson.segment.codec, lesson.segment.codes)
    device = Device(recipe.device)
    progress("finding neighbours", 0, 1)
    batches = Batches(lesson.teacher, watched.held_out, device, seed=recipe.seed)
    progress("finding neighbours", 1, 1)
    codec, descent = _fitted(lesson, watched, recipe.seed)
    codes: Bytes = np.empty(lesson.segment.codes.shape, dtype=np.uint8)
    for rows in blocks(len(codes)):
        codes[rows] = lesson.codebook.pack(descent.symbols(lesson.directions(rows), lesson.symbols(rows)))
        progress("encoding", rows.stop, len(codes))
    repairing = _Repairing(lesson, codec, codes, watched, recipe)
    state = train(repairing, batches, device, recipe, progress=progress, watch=watch)
    if state.best_look.kept.mean <= before.mean:
        return lesson.segment, state.looks[0]._replace(kept=before)
    trained = repairing.codec(state.best)
    assert trained.codebook is not None
    codebook = _in_order(trained.codebook, codes)
    return replace(lesson.segment, codec=replace(trained, codebook=codebook), codes=codes), state.best_look


def _fitted(lesson: RepairLesson, watched: Watched, seed: int) -> tuple[Codec, Descent]:
    """The segment's codec with centroids fitted to similarities, and what chooses symbols for it."""
    known = np.flatnonzero(~watched.held_out)
    sample = known[draw_rows(len(known), FITTED_ROWS, seed)]
    x = lesson.teacher.units(sample)
    measure, codec = metric(x), lesson.segment.codec
    codebook = Descent(codec, measure, lesson.zero).codebook(x, lesson.symbols(lesson.rows[sample]))
    fitted = replace(codec, codebook=codebook)
    return fitted, Descent(fitted, measure, lesson.zero)


def _kept(watched: Watched, lesson: RepairLesson, codec: Codec, codes: Codes) -> Kept:
    """What watched words keep of their neighbours with these codes of the segment's rows."""

    def decoded(places: Integers, _: Floats) -> Floats:
        return directions(codec.decode(np.asarray(codes[lesson.rows[places]])))

    return watched.kept(decoded)


def _in_order(codebook: Codebook, codes: Bytes) -> Codebook:
    """A codebook with its levels ascending; codes (n, code_size) are changed to mean what they did."""
    if codebook.width > 1 or codebook.step is not None:
        return codebook
    order = codebook.centroids.argsort(axis=1, kind="stable")  # (M, L, 1)
    ranks = order[:, :, 0].argsort(axis=1).astype(np.uint8)
    for rows in blocks(len(codes)):
        codes[rows] = codebook.pack(ranks[np.arange(codebook.columns), codebook.unpack(codes[rows])])
    return replace(codebook, centroids=np.take_along_axis(codebook.centroids, order, axis=1))
