"""What rows of n-grams that learned from a table give unseen words, beside words that are spelt nearly like them.

    python benchmarks/students.py VECTORS [--spec SPEC]... [--ngrams N]

A line of JSON for what is known without training, on the held-out words: cosines to their own vectors of the mean
vector, of the word of the least edit distance, and of the word that shares most n-grams (Dice). Then one for each spec
that rows of n-grams are coded with: their bytes in the file, the cosines, and wall-clock and CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from gensim.similarities.fastss import editdist

import embcompress
from embcompress.arrays import Floats, Integers, blocks, directions
from embcompress.compress import DEFAULT_SPEC
from embcompress.distill.ngram_counts import known_ngrams
from embcompress.distill.subword_lesson import BUCKETS, ROWS, SubwordLesson, SubwordRecipe
from embcompress.distill.subwords import with_subwords

QUERIES_AT_ONCE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--spec", action="append")
    parser.add_argument("--ngrams", type=int, default=ROWS)
    arguments = parser.parse_args()
    table = embcompress.load(arguments.vectors)
    recipe = SubwordRecipe(rows=arguments.ngrams)
    print(json.dumps(baselines(SubwordLesson(table, recipe))), flush=True)
    plain = embcompress.shrink(table, DEFAULT_SPEC)
    for spec in arguments.spec or [DEFAULT_SPEC]:
        print(json.dumps({"spec": spec, **learned(table, plain, recipe, spec)}), flush=True)


def learned(
    table: embcompress.Table, plain: embcompress.CompressedVectors, recipe: SubwordRecipe, spec: str
) -> dict[str, Any]:
    started, cpu = time.perf_counter(), time.process_time()
    vectors = with_subwords(plain, table, recipe, embcompress.parse(spec))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    with tempfile.TemporaryDirectory() as folder:
        sizes = [each.save(Path(folder) / "vectors.embc") for each in (plain, vectors)]
    facts = vectors.metadata["subwords"]
    return {
        "rows": facts["rows"],
        "bytes": sizes[1] - sizes[0],
        "penalty": facts["penalty"],
        **facts["held_out"],
        "seconds": round(seconds, 1),
        "cpu seconds": round(cpu, 1),
    }


def baselines(lesson: SubwordLesson) -> dict[str, Any]:
    rest = lesson.without(lesson.held_out)
    truth, x = lesson.directions(lesson.held_out), lesson.directions(rest)
    axis = directions(x.mean(axis=0)[None])[0]
    found = {
        "edit distance": nearest_by_edits(lesson.words(lesson.held_out), lesson.words(rest)),
        "shared n-grams": nearest_by_ngrams(lesson.words(lesson.held_out), lesson.words(rest)),
    }
    return {
        "words": len(truth),
        "mean vector": round(float((truth @ axis).mean()), 4),
        **{name: cosines(x[rows], truth, axis) for name, rows in found.items()},
    }


def cosines(x: Floats, truth: Floats, axis: Floats) -> dict[str, float]:
    """Mean cosine, and that with what runs along an axis taken out of both."""
    bare = [directions(rows - np.outer(rows @ axis, axis)) for rows in (x, truth)]
    return {
        "cosine": round(float(np.vecdot(x, truth).mean()), 4),
        "centred": round(float(np.vecdot(*bare).mean()), 4),
    }


def nearest_by_edits(asked: list[bytes], words: list[bytes]) -> Integers:
    """The place of the word of the least edit distance, the first of several."""
    texts = [word.decode("utf-8", "replace") for word in words]
    return np.array([_least_edits(word.decode("utf-8", "replace"), texts) for word in asked])


def _least_edits(asked: str, words: list[str]) -> int:
    best, place = 1 << 30, 0
    for number, word in enumerate(words):
        if abs(len(word) - len(asked)) < best:
            distance = editdist(asked, word, max_dist=min(best - 1, 100))
            if distance < best:
                best, place = distance, number
    return place


def nearest_by_ngrams(asked: list[bytes], words: list[bytes]) -> Integers:
    """The place of the word whose n-grams overlap most (Dice), the first of several."""
    known = known_ngrams(words, BUCKETS, BUCKETS)
    theirs = known.of(words)
    sizes = theirs.sum(axis=1)
    parts = []
    for part in blocks(len(asked), QUERIES_AT_ONCE):
        own = known.of(asked[part])
        shared = (own @ theirs.T).toarray()
        parts.append((shared / (own.sum(axis=1)[:, None] + sizes[None] + 1e-9)).argmax(axis=1))
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
