"""The certificate: what a table kept when it was shrunk, measured on samples, and measured again later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from embcompress.evaluation._answers import Answers, answers
from embcompress.evaluation._common_words import common_words
from embcompress.evaluation._rows import draw_rows
from embcompress.evaluation.geometry import geometry
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.questions import Questions
from embcompress.evaluation.test_set_figures import (
    OnTestSets,
    analogies_on,
    pair_sets,
    question_sets,
    similarity_on,
)
from embcompress.table import float32_bytes

FAISS = ("faiss-cpu", "faiss-gpu", "faiss")
"""Names that packages of FAISS go by."""

DIGITS = 6
"""Significant digits that are written down."""


@dataclass(frozen=True)
class Samples:
    """How much is measured.

    Parameters
    ----------
    words, first_rows : int
        Words whose neighbours are compared, and how many first rows they and their neighbours are among.
    rows, pairs : int
        Rows and pairs of rows of `geometry`.
    questions, analogy_rows : int
        Analogy questions, and how many first rows they and their answers are among.
    """

    words: int
    first_rows: int
    rows: int
    pairs: int
    questions: int
    analogy_rows: int


def samples_for(rows: int, dims: int) -> Samples:
    """Samples of a table of so many rows and dimensions: a third of shrinking's own time, whatever machine does it.

    Reading and coding rows takes time in proportion to their number, fitting does up to the rows it is done on. So the
    neighbours of all words are sought among all rows of a small table, and among a share of those of a large one.
    """
    first_rows = min(rows, max(100_000, rows // 8))
    words = min(1000, max(100, 2_000_000_000 // (first_rows * dims)))
    return Samples(min(words, rows), first_rows, min(rows, 1500), 2000, 1000, min(rows, 10_000))


def certificate(original: Any, vectors: Any, *, seed: int = 0, samples: Samples | None = None) -> dict[str, Any]:
    """Measure what a table kept, on the words that both have.

    Parameters
    ----------
    original, vectors : Table, CompressedVectors or gensim KeyedVectors
    seed : int
        Draws the samples.
    samples : Samples, optional
        By default those for a table of this size.

    Returns
    -------
    dict
        Plain numbers, lists and texts: ``neighbours``, ``spearman``, ``analogies`` and ``geometry``, shorter
        than in ``Evaluation.to_dict``, ``float32_bytes``, the ``seed``, the ``samples``, and the
        ``versions`` it was measured with. The same input, seed and versions give the same certificate.

    Raises
    ------
    UsageError
        If the tables have no word in common, or vectors of different lengths.
    """
    common = common_words(answers(original), answers(vectors))
    table, before, coded = common.compressed, common.original, common.coded(vectors)
    drawn = samples_for(len(common), table.dims) if samples is None else samples
    first = common.first(drawn.first_rows)
    kept = neighbour_overlap(first.original, first.coded(vectors), sample=drawn.words, seed=seed)
    shape = geometry(before, coded, sample=drawn.rows, pairs=drawn.pairs, seed=seed)
    asked = [_drawn(questions, before, drawn, seed) for questions in question_sets()]
    measured = {
        "neighbours": {name: figure for name, figure in kept.to_dict().items() if name != "bands"},
        "spearman": _brief(similarity_on(pair_sets(), table, before, "plain", None, None)),
        "analogies": _brief(analogies_on(asked, table, before, "plain", drawn.analogy_rows, None)),
        "geometry": shape.to_dict(),
        "float32_bytes": float32_bytes(before.words, before.dims),
    }
    return {**_rounded(measured), "seed": seed, "samples": asdict(drawn), "versions": _versions()}


def _drawn(questions: Questions, table: Answers, samples: Samples, seed: int) -> Questions:
    """Questions drawn from those whose words are all among the first rows, else one of the others."""
    rows = {word: table.find(word) for word in {word for question in questions.words for word in question}}
    first = {word for word, row in rows.items() if row is not None and row < samples.analogy_rows}
    known = [place for place, question in enumerate(questions.words) if first.issuperset(question)]
    chosen = np.array(known)[draw_rows(len(known), samples.questions, seed)] if known else np.zeros(1, dtype=np.int64)
    words = tuple(questions.words[place] for place in chosen.tolist())
    return replace(questions, words=words, section=questions.section[chosen])


def _brief(figures: OnTestSets) -> dict[str, Any]:
    """What the sets come to, and of each set what it adds to that."""
    sets = [
        {
            "name": each.name,
            "value": each.value,
            "original": each.original_value,
            "items": each.items,
            "note": each.note,
        }
        for each in figures.sets
    ]
    return {**figures.to_dict(), "sets": sets}


def _rounded(figure: Any) -> Any:
    """The same numbers to a few significant digits; whole numbers as they are."""
    if isinstance(figure, dict):
        return {name: _rounded(each) for name, each in figure.items()}
    if isinstance(figure, list):
        return [_rounded(each) for each in figure]
    return float(f"{figure:.{DIGITS}g}") if isinstance(figure, float) else figure


def _versions() -> dict[str, str | None]:
    return {"embcompress": _version("embcompress"), "numpy": _version("numpy"), "faiss": _version(*FAISS)}


def _version(*packages: str) -> str | None:
    """Of the first package that is installed, read without importing it."""
    for package in packages:
        with suppress(PackageNotFoundError):
            return version(package)
    return None
