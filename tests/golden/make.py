"""Add golden files of every kind of array: ``python -m tests.golden.make 0.1``."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from embcompress import CompressedVectors, Table, shrink
from embcompress.choice.choose import decide
from embcompress.choice.goal import Goal
from embcompress.choice.record import record
from embcompress.distill.recipe import Recipe
from embcompress.distill.repair import repair
from embcompress.distributed.shrinking import shrink_shards
from embcompress.table import NgramRows
from tests.golden.answers import answers

FOLDER = Path(__file__).parent
SPECS = [
    "float16",
    "int8",
    "int4",
    "int2",
    "binary",
    "ternary",
    "lloyd:1",
    "lloyd:2",
    "lloyd:4",
    "pq:3x4",
    "pq:4x8",
    "kmeans:3",
    "kmeans:17",
    "delta:0.5",
    "prune:0.5,ternary",
    "prune:0.5,int8,bitmap,zstd",
    "pq:3x4:balance",
    "opq:3x4",
    "groups:2",
    "groups:2:8",
    "center,rotate,lloyd:4",
    "pca:5,pq:2x4",
    "dims:7,ternary",
    "abtt:1,int8",
    "vq:9,int8",
    "head:20:int8,lloyd:2",
]


OTHERS: dict[str, Callable[[Table], CompressedVectors]] = {
    "ngrams": lambda table: shrink(with_ngrams(table), "int8"),
    "ngrams_kept": lambda table: shrink(with_ngrams(table), "pca:5,lloyd:2", ngrams=11),
    "mapped": lambda table: shrink(table, "int8", dropped=Table(["dropped", "d" * 260], -table.rows(slice(2, 4)))),
    "index": lambda table: indexed(shrink(table, "lloyd:4")),
    "repaired": lambda table: repair(table, shrink(table, "pca:6,pq:2x4"), Recipe(steps=2)),
    "repaired_back": lambda table: repair(table, shrink(table, "dims:6,int4"), Recipe(steps=2)),
    "chosen": lambda table: chosen(table, Goal(bits=4)),
    "packed": lambda table: shrink(with_ngrams(table), "int8,zstd"),
}
"""Files of what no spec alone makes: n-grams, all or the most useful, words without rows, lists, a repair, a choice."""


def main() -> None:
    table = golden_table()
    recorded = json.loads((FOLDER / "answers.json").read_text()) if (FOLDER / "answers.json").exists() else {}
    for spec in SPECS:
        path = FOLDER / f"{sys.argv[1]}-{spec.replace(',', '+').replace(':', '_')}.embc"
        if not path.exists():
            shrink(table, spec).save(path)
            recorded[path.name] = answers(path)
    for name, make in OTHERS.items():
        path = FOLDER / f"{sys.argv[1]}-{name}.embc"
        if not path.exists():
            make(table).save(path)
            recorded[path.name] = answers(path)
    path = FOLDER / f"{sys.argv[1]}-shards"
    if not path.exists():
        make_shards(table, path)
        recorded[path.name] = answers(path)
    (FOLDER / "answers.json").write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")


def make_shards(table: Table, path: Path) -> None:
    """A folder of two shards, with a head that the first one holds."""
    with tempfile.TemporaryDirectory() as folder:
        for number, rows in enumerate((slice(0, 50), slice(50, 80))):
            Table(table.words[rows], table.rows(rows)).save(Path(folder) / f"{number}.npz")
        shrink_shards(Path(folder) / "*.npz", path, "head:20:int8,center,lloyd:2", cluster="local:1")


def golden_table() -> Table:
    """80 words in 8 dimensions, words of one byte, of many, and of bytes that are not UTF-8 among them."""
    rows = np.random.default_rng(20).standard_normal((80, 8)).astype(np.float32)
    words = [f"word{row}".encode() for row in range(76)] + ["naïve".encode(), b"\xff\xfe", b"x" * 300, b" "]
    return Table(words, rows)


def with_ngrams(table: Table) -> Table:
    """The same words, and rows of n-grams in 29 buckets."""
    rows = np.random.default_rng(21).standard_normal((29, 8)).astype(np.float32)
    return Table(table.words, table.vectors, ngrams=NgramRows(3, 6, 29, rows))


def indexed(vectors: CompressedVectors) -> CompressedVectors:
    vectors.build_ivf(4, nprobe=2)
    return vectors


def chosen(table: Table, goal: Goal) -> CompressedVectors:
    choice = decide(table, goal)
    vectors = shrink(table, choice.spec)
    vectors.metadata["choice"] = record(goal, choice.trials)
    return vectors


if __name__ == "__main__":
    main()
