"""What repair wins back at the same size, and what a linear student keeps beside principal axes.

    python benchmarks/repair.py VECTORS [--spec SPEC]... [--pairs FILE ...] [--steps N] [--seed N] [--dims K]

For each spec a line of JSON: bytes, neighbours kept (exact query against coded rows, and both coded), similarity (the
mean of SimLex-999, WordSim-353 and the sets of --pairs) and analogies kept, before and after, all over the whole table;
neighbours kept of the words that were held out of training, at the first look and at the step that was kept; and CPU
and wall-clock seconds of the repair. With ``--dims`` a line for the linear student: neighbours kept by principal axes
and by the student, of held-out words and of all; analogies.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import embcompress
from embcompress.arrays import Floats, directions
from embcompress.distill.linear import distill
from embcompress.distill.recipe import STEPS, Recipe
from embcompress.distill.repair import repair
from embcompress.distill.state import Look
from embcompress.encodings import pca
from embcompress.evaluation._answers import Answers, answers
from embcompress.evaluation._nearest import nearest_rows
from embcompress.evaluation._rows import draw_rows

SPECS = ("pq:75x4", "pq:75x4:balance", "groups:1", "lloyd:2", "binary")
WORDS = 1000
NEIGHBOURS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--spec", action="append")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dims", type=int)
    arguments = parser.parse_args()
    table = embcompress.load(arguments.vectors)
    recipe = Recipe(steps=arguments.steps, seed=arguments.seed)
    if arguments.dims:
        print(json.dumps(linear(table, arguments.dims, recipe)), flush=True)
        return
    for spec in arguments.spec or SPECS:
        print(json.dumps({"spec": spec, **repairing(table, spec, recipe, arguments.pairs)}), flush=True)


def repairing(table: embcompress.Table, spec: str, recipe: Recipe, pairs: list[Path]) -> dict[str, Any]:
    before = embcompress.shrink(table, spec)
    looks: list[Look] = []
    started, cpu = time.perf_counter(), time.process_time()
    after = repair(table, before, recipe, watch=looks.append)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    best = max(looks, key=lambda look: look.kept.mean)
    return {
        "before": figures(before, table, pairs),
        "after": figures(after, table, pairs),
        "held out": [look.kept._asdict() for look in (looks[0], best)],
        "best step": best.step,
        "seconds": round(seconds, 1),
        "cpu seconds": round(cpu, 1),
    }


def figures(vectors: embcompress.CompressedVectors, table: embcompress.Table, pairs: list[Path]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        size = vectors.save(Path(folder) / "vectors.embc")
    measured = embcompress.evaluate(vectors, table, pairs=pairs).to_dict()
    return {
        "bytes": size,
        "exact query": measured["neighbours"]["exact_query"],
        "both coded": measured["neighbours"]["both_coded"],
        "similarity": measured["spearman"]["kept"],
        "analogies": measured["analogies"]["kept"],
    }


def linear(table: embcompress.Table, dims: int, recipe: Recipe) -> dict[str, Any]:
    looks: list[Look] = []
    started = time.perf_counter()
    student = distill(table, dims, recipe, watch=looks.append)
    seconds = time.perf_counter() - started
    best = max(looks, key=lambda look: look.kept.mean)
    axes = pca.fit(directions(table.rows(slice(None))), dims).A
    assert axes is not None
    by_axes = embcompress.Table(table.words, table.rows(slice(None)) @ axes.T)
    return {
        "dims": dims,
        "held out, principal axes": looks[0].kept.both_coded,
        "held out, student": best.kept.both_coded,
        "all, principal axes": shared(table, by_axes),
        "all, student": shared(table, student),
        "analogies, principal axes": analogies(by_axes),
        "analogies, student": analogies(student),
        "analogies, teacher": analogies(table),
        "seconds": round(seconds, 1),
    }


def analogies(table: embcompress.Table) -> Any:
    return embcompress.evaluate(table).to_dict()["analogies"]["value"]


def shared(first: embcompress.Table, second: embcompress.Table) -> float:
    """Share of the nearest words in one table that are among the nearest in the other."""
    rows = draw_rows(len(first), WORDS, 0)
    found = [nearest(answers(table), rows) for table in (first, second)]
    return float((found[0][:, :, None] == found[1][:, None, :]).any(axis=2).mean())


def nearest(table: Answers, rows: Any) -> Any:
    queries: Floats = np.asarray(table.units(rows))
    return nearest_rows(table, queries, NEIGHBOURS, rows)[1]


if __name__ == "__main__":
    main()
