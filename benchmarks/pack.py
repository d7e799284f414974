"""What coders make of a table's codes, over the entropy of their columns.

    python benchmarks/pack.py TABLE [--specs SPEC...]

Prints JSON: for each spec the bytes of the codes, their order-0 entropy (byte by byte, each column by its own
frequencies), the packed bytes and their ratio to it, the coders that were chosen, the whole file's bytes before and
after `embcompress pack`, whether `unpack` gave back the very file, and the CPU seconds of packing.
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
from embcompress import container
from embcompress.arrays import Bytes

SPECS = (
    *("lloyd:4", "int8", "pq:75x4:balance", "pq:75x8:balance", "groups:1", "binary", "ternary"),
    *("prune:0.5,int8", "delta:0.05", "delta:0.5"),
)
CODES = "0.codes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--specs", nargs="+", default=SPECS)
    arguments = parser.parse_args()
    table = embcompress.load(arguments.table)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({spec: measured(table, spec, Path(folder)) for spec in arguments.specs}, indent=2))


def measured(table: embcompress.Table, spec: str, folder: Path) -> dict[str, Any]:
    """The figures of one spec."""
    plain, packed, unpacked = (folder / name for name in ("plain.embc", "packed.embc", "unpacked.embc"))
    embcompress.shrink(table, spec).save(plain)
    started = time.process_time()
    embcompress.pack(plain, packed)
    seconds = time.process_time() - started
    embcompress.unpack(packed, unpacked)
    stored, codes = container.read(packed), container.read(plain).arrays[CODES]
    entropy, size = column_entropy(codes), stored.stored_bytes[CODES]
    return {
        "codes, bytes": codes.nbytes,
        "entropy, bytes": round(entropy),
        "packed, bytes": size,
        "packed over entropy": round(size / entropy, 4),
        "coders": stored.coders_of(CODES),
        "file, bytes": plain.stat().st_size,
        "packed file, bytes": packed.stat().st_size,
        "unpacked to the same file": unpacked.read_bytes() == plain.read_bytes(),
        "pack, CPU s": round(seconds, 2),
    }


def column_entropy(codes: Bytes) -> float:
    """Bytes that the columns of codes (n, code_size) take if each byte is coded by its frequency in its column."""
    bits = 0.0
    for column in codes.T:
        counts = np.bincount(column)
        counts = counts[counts > 0]
        bits += float((counts * np.log2(len(column) / counts)).sum())
    return bits / 8


if __name__ == "__main__":
    main()
