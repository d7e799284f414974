"""One query over codes against one over float32: numpy's product and gensim's `most_similar`, one thread, one run.

    python benchmarks/search.py [--rows 400000] [--dims 300]

Prints JSON: milliseconds a query, best and median, and how many times faster than each peer, best against best (what
the machine can do; on a shared one the median tells as much about its other users). The rows are Gaussian directions:
no kernel's time depends on the values. `numpy` is the bare product ``X @ q``, without picking the best ten; the codes'
times are of `Search.nearest`, nomination and scoring both.
"""

from __future__ import annotations

import argparse
import json
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import time
from collections.abc import Callable

import numpy as np
from gensim.models import KeyedVectors

from embcompress import parse
from embcompress.arrays import Floats, directions
from embcompress.encode import encode, fit, sample_directions
from embcompress.search import Search

SPECS = ("binary", "ternary", "int2", "lloyd:4", "int4", "int8")
ROUNDS = 20
BURST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--dims", type=int, default=300)
    arguments = parser.parse_args()
    rows = gaussian_directions(arguments.rows, arguments.dims)
    words = [f"w{row}" for row in range(len(rows))]
    contenders: dict[str, Callable[[Floats], object]] = {"numpy": lambda query: rows @ query}
    keyed = KeyedVectors(arguments.dims)
    keyed.add_vectors(words, rows)
    contenders["gensim"] = lambda query: keyed.most_similar(positive=[query], topn=10)
    for spec in SPECS:
        contenders[spec] = searcher(rows, spec)
    times = timed(contenders, rows[:: max(1, len(rows) // BURST)][:BURST])
    best = {name: min(each) for name, each in times.items()}
    report = {
        "rows": arguments.rows,
        "dims": arguments.dims,
        "milliseconds": {
            name: {"best": round(1e3 * best[name], 3), "median": round(1e3 * float(np.median(each)), 3)}
            for name, each in times.items()
        },
        "times_numpy": {spec: round(best["numpy"] / best[spec], 2) for spec in SPECS},
        "times_gensim": {spec: round(best["gensim"] / best[spec], 2) for spec in SPECS},
    }
    print(json.dumps(report, indent=2))


def gaussian_directions(rows: int, dims: int) -> Floats:
    """Rows of length one in all directions alike, (rows, dims) float32."""
    return directions(np.random.default_rng(0).standard_normal((rows, dims), dtype=np.float32))


def searcher(rows: Floats, spec: str) -> Callable[[Floats], object]:
    """The ten nearest rows of a query, over the codes of a spec."""
    search = Search(encode(rows, fit(parse(spec), sample_directions(rows, 20_000, seed=0))))
    return lambda query: search.nearest(query[None], 10)


def timed(contenders: dict[str, Callable[[Floats], object]], queries: Floats) -> dict[str, list[float]]:
    """Seconds of each query, in bursts of a few; contenders take turns, so that all see the machine's moods."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, ask in contenders.items():
            ask(queries[0])  # the first builds indexes and norms; in any round it brings the burst's memory near
            for query in queries:
                started = time.perf_counter()
                ask(query)
                times[name].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
