"""Add golden files of every way to write a quantizer: ``python -m tests.golden.make 0.1``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from embcompress import Table, shrink
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


def main() -> None:
    table = golden_table()
    recorded = json.loads((FOLDER / "answers.json").read_text()) if (FOLDER / "answers.json").exists() else {}
    for spec in SPECS:
        path = FOLDER / f"{sys.argv[1]}-{spec.replace(',', '+').replace(':', '_')}.embc"
        if not path.exists():
            shrink(table, spec).save(path)
            recorded[path.name] = answers(path)
    (FOLDER / "answers.json").write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")


def golden_table() -> Table:
    """80 words in 8 dimensions, words of one byte, of many, and of bytes that are not UTF-8 among them."""
    rows = np.random.default_rng(20).standard_normal((80, 8)).astype(np.float32)
    words = [f"word{row}".encode() for row in range(76)] + ["naïve".encode(), b"\xff\xfe", b"x" * 300, b" "]
    return Table(words, rows)


if __name__ == "__main__":
    main()
