"""The subword student: a compressed table that answers for unseen words, whatever it was made from."""

from __future__ import annotations

from typing import Any

import numpy as np

from embcompress.compress import SAMPLE_ROWS
from embcompress.cores import reproducible
from embcompress.distill.subword_accuracy import subword_accuracy
from embcompress.distill.subword_lesson import SubwordLesson, SubwordRecipe
from embcompress.encode import Progress, no_progress
from embcompress.ngram_coding import encode_ngrams
from embcompress.search import Search
from embcompress.spec import Spec
from embcompress.table import NgramRows, Table
from embcompress.vectors import CompressedVectors


@reproducible()
def with_subwords(
    vectors: CompressedVectors,
    teacher: Table,
    recipe: SubwordRecipe,
    spec: Spec,
    *,
    progress: Progress = no_progress,
) -> CompressedVectors:
    """Attach coded rows of n-grams that learned from a table (bag of subwords, Zhao et al. 2018).

    They are learned twice: without the held-out words, to measure what unseen words get from the codes, then from all.

    Parameters
    ----------
    vectors : CompressedVectors
        Left as they are; known words go on answering from their codes.
    teacher : Table
        Rows to learn: those the vectors were made from, or decoded ones.
    recipe : SubwordRecipe
    spec : Spec
        How the rows of n-grams are coded.
    progress : callable

    Returns
    -------
    CompressedVectors
        Its ``metadata["subwords"]`` tells the recipe, the penalty, the rows, and the accuracy on held-out words
        (`SubwordAccuracy`).

    Raises
    ------
    UsageError
        If the teacher has too few words, or rows of n-grams already.
    """
    lesson = SubwordLesson(teacher, recipe, progress)
    penalty = lesson.penalty()

    def coded(ngrams: NgramRows) -> Any:
        return encode_ngrams(ngrams, spec, seed=recipe.seed, sample_rows=SAMPLE_ROWS, progress=progress)

    held_out, others = lesson.held_out, lesson.without(lesson.held_out)
    progress("learning n-grams", 0, 2)
    measured = coded(lesson.learn(others, penalty))
    words = [teacher.words[row] for row in held_out.tolist()]
    accuracy = subword_accuracy(measured, words, lesson.directions(held_out), lesson.directions(others).mean(axis=0))
    progress("learning n-grams", 1, 2)
    subwords = coded(lesson.learn(np.sort(np.concatenate([others, held_out])), penalty))
    progress("learning n-grams", 2, 2)
    facts = {"spec": str(spec), "rows": len(subwords.segment), "penalty": penalty}
    metadata = {**vectors.metadata, "subwords": {**recipe.facts(), **facts, "held_out": accuracy._asdict()}}
    search = Search(vectors.coded_rows, vectors.lists)
    return CompressedVectors(vectors.index_to_key, vectors.coded_rows, metadata, subwords, search)
