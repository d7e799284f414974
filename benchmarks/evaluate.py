"""Word similarity and analogies against gensim's own evaluation of the same table: figures, seconds, memory.

    python benchmarks/evaluate.py VECTORS [--words 100000] [--restrict-vocab 30000]... [--pairs FILE]...

Prints JSON. Both sides evaluate the same float32 rows under gensim's protocol with as many threads as they like. With
more --words than the table has, random rows are added to it, the question words it lacks first. Memory is the peak of
anonymous bytes while ours runs, less what was there before: table and gensim's copy.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors
from shrink import anonymous_bytes

from embcompress import Table, load
from embcompress.evaluation._test_sets import ANALOGIES, PAIRS, default_paths
from embcompress.evaluation.gensim_measures import gensim_analogies, gensim_pairs
from embcompress.evaluation.questions import read_questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--words", type=int)
    parser.add_argument("--restrict-vocab", type=int, action="append")
    parser.add_argument("--pairs", action="append", default=[])
    arguments = parser.parse_args()
    table = load(arguments.vectors)
    table = padded(table, arguments.words or len(table))
    keyed = KeyedVectors(table.dims)
    keyed.add_vectors(list(table.words), table.rows(slice(0, len(table))))
    report: dict[str, Any] = {"words": len(table), "dims": table.dims, "pairs": {}, "analogies": {}}
    for path in [*default_paths(PAIRS).values(), *map(Path, arguments.pairs)]:
        delimiter = "\t" if "\t" in path.read_text(encoding="utf-8").splitlines()[-1] else " "
        report["pairs"][path.name] = pairs_of(table, keyed, path, delimiter)
    questions = next(iter(default_paths(ANALOGIES).values()))
    for restriction in arguments.restrict_vocab or [len(table)]:
        report["analogies"][restriction] = analogies_of(table, keyed, questions, restriction)
    print(json.dumps(report, indent=2))


def padded(table: Table, count: int) -> Table:
    """The table with random rows added up to so many words, those of the analogies that it lacks first."""
    known = set(table.words)
    asked = {
        word.lower()
        for question in read_questions(next(iter(default_paths(ANALOGIES).values()))).words
        for word in question
    }
    more = sorted(asked - known) + [f"random-{number}" for number in range(count)]
    words = [*table.words, *more[: count - len(table)]]
    rows = np.random.default_rng(0).standard_normal((len(words), table.dims), dtype=np.float32)
    rows *= float(np.abs(table.rows(slice(0, 1000))).mean()) / float(np.abs(rows[:1000]).mean())
    rows[: len(table)] = table.rows(slice(0, len(table)))
    return Table(words, rows)


def pairs_of(table: Table, keyed: KeyedVectors, path: Path, delimiter: str) -> dict[str, Any]:
    """Spearman, Pearson and the share of unknown pairs, by both."""
    ours = gensim_pairs(table, path, delimiter=delimiter)
    theirs = keyed.evaluate_word_pairs(str(path), delimiter=delimiter)
    named = {
        name: {"spearman": spearman[0], "pearson": pearson[0], "unknown %": unknown}
        for name, (pearson, spearman, unknown) in (("ours", ours), ("gensim", theirs))
    }
    largest = max(abs(named["ours"][key] - named["gensim"][key]) for key in named["ours"])
    return {**named, "largest difference": largest}


def analogies_of(table: Table, keyed: KeyedVectors, path: Path, restriction: int) -> dict[str, Any]:
    """Accuracy and seconds of both, and whether every question has the same answer."""
    (score, sections), seconds, grown = watched(lambda: gensim_analogies(table, path, restrict_vocab=restriction))
    started = time.perf_counter()
    gensim_score, gensim_sections = keyed.evaluate_word_analogies(str(path), restrict_vocab=restriction)
    gensim_seconds = time.perf_counter() - started
    return {
        "questions": sum(len(sections[-1][kind]) for kind in ("correct", "incorrect")),
        "ours": score,
        "gensim": gensim_score,
        "same answers": sections == gensim_sections,
        "seconds": round(seconds, 2),
        "gensim's seconds": round(gensim_seconds, 1),
        "times gensim": round(gensim_seconds / seconds, 1),
        "anonymous megabytes": round(grown / 1e6, 1),
    }


def watched(work: Callable[[], Any]) -> tuple[Any, float, int]:
    """What some work returns, its seconds, and by how many anonymous bytes the process grew at most."""
    before = peak = anonymous_bytes(os.getpid())
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, anonymous_bytes(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    return result, seconds, peak - before


if __name__ == "__main__":
    main()
