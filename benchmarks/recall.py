"""How often the rows FAISS nominates and the codec scores are those of scoring every row.

    python benchmarks/recall.py VECTORS [--queries 5000] [--spec SPEC]...

Half of the queries are words of the table, half analogy vectors b - a + c of random words, all as decoded. Prints a
line of JSON a spec: the share of queries whose ten best scores are those of ``exact=True`` to 2e-6 (ties aside), for
queries over all rows and over the first third of them.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from embcompress import load, parse
from embcompress.arrays import Floats, directions
from embcompress.encode import encode, fit, sample_directions
from embcompress.search import Search
from embcompress.segment import Segment

QUANTIZERS = (
    "float16",
    "int8",
    "int4",
    "int2",
    "lloyd:4",
    "lloyd:2",
    "lloyd:1",
    "ternary",
    "binary",
    "pq:75x4",
    "pq:75x8",
)
TOP = 10
AT_ONCE = 8
"""Queries asked at a time: with more, some codes are faster decoded and multiplied, which is exact."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--queries", type=int, default=5000)
    parser.add_argument("--spec", action="append")
    arguments = parser.parse_args()
    table = load(arguments.vectors)
    for spec in arguments.spec or [*QUANTIZERS, *(f"pca:150,{quantizer}" for quantizer in QUANTIZERS)]:
        codec = fit(parse(spec), sample_directions(table.vectors, len(table), seed=0))
        segment = encode(table.vectors, codec)
        queries = words_and_analogies(segment, arguments.queries)
        report = {
            "spec": spec,
            "queries": len(queries),
            "same ten": same_ten(segment, queries, range(len(segment))),
            "same ten of the first third": same_ten(segment, queries, range(len(segment) // 3)),
        }
        print(json.dumps(report), flush=True)


def words_and_analogies(segment: Segment, count: int) -> Floats:
    """Directions of random rows, then of b - a + c of random rows, (count, d) float32."""
    generator = np.random.default_rng(0)
    words = segment.directions(np.sort(generator.choice(len(segment), min(len(segment), count // 2), replace=False)))
    a, b, c = (segment.directions(generator.integers(len(segment), size=count - len(words))) for _ in range(3))
    return np.concatenate([words, directions(b - a + c)])


def same_ten(segment: Segment, queries: Floats, within: range) -> float:
    """Share of the queries whose nominated rows have the ten best scores there are."""
    search = Search(segment)
    exact, _ = search.nearest(queries, TOP, within=within, exact=True)
    parts = [queries[start : start + AT_ONCE] for start in range(0, len(queries), AT_ONCE)]
    found = np.concatenate([search.nearest(part, TOP, within=within)[0] for part in parts])
    return float((np.abs(found - exact) <= 2e-6).all(axis=1).mean())


if __name__ == "__main__":
    main()
