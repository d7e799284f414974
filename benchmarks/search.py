"""Queries over codes against queries over float32 and over other libraries' codes; one thread, one run.

    python benchmarks/search.py [--rows 400000] [--dims 300] [--batch 256]

Prints JSON: milliseconds a query and a batch, best and median, and how many times faster than each peer, best against
best (what the machine can do; on a shared one the median tells as much about its other users) and median against
median. The rows are Gaussian directions: no kernel's time depends on the values. `numpy` is the bare product, without
picking the best ten, and in batches the product and `argpartition`, over all rows or in blocks, whichever is faster;
the codes' times are of `Search.nearest`, nomination and scoring both. The peers' codes are searched without scoring.
Needs ``pip install usearch`` for its lines.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import faiss
import numpy as np
from _timing import gaussian_directions, milliseconds, one_thread, timed, times_faster
from gensim.models import KeyedVectors

from embcompress import parse
from embcompress.arrays import Floats
from embcompress.encode import encode, fit, sample_directions
from embcompress.search import Search

SPECS = ("binary", "pq:75x4", "groups:1", "ternary", "int2", "lloyd:2", "lloyd:4", "int4", "int8")
TOP = 10
ROUNDS, BURST = 20, 10
BATCH_ROUNDS = 4
NUMPY_BLOCK = 16_384

Ask = Callable[[Floats], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--dims", type=int, default=300)
    parser.add_argument("--batch", type=int, default=256)
    arguments = parser.parse_args()
    one_thread()
    rows = gaussian_directions(arguments.rows, arguments.dims)
    questions = rows[:: max(1, len(rows) // arguments.batch)][: arguments.batch]
    codes = {spec: searcher(rows, spec) for spec in SPECS}
    others = peers(rows)
    one = timed(
        {"numpy": lambda query: rows @ query[0], "gensim": gensim_searcher(rows), **others, **codes},
        [query[None] for query in questions[:BURST]],
        ROUNDS,
    )
    batch = timed(
        {"numpy": numpy_batch(rows), "numpy in blocks": numpy_batch(rows, NUMPY_BLOCK), **codes},
        [questions],
        BATCH_ROUNDS,
    ) | timed(others, [questions], rounds=1)
    fastest = min("numpy", "numpy in blocks", key=lambda name: min(batch[name]))
    report = {
        "rows": arguments.rows,
        "dims": arguments.dims,
        "batch": len(questions),
        "one query, ms": milliseconds(one),
        "one query, times numpy": times_faster(one, "numpy", SPECS),
        "one query, times gensim": times_faster(one, "gensim", SPECS),
        "binary, one query, times a peer": {name: times_faster(one, name, ["binary"])["binary"] for name in others},
        "batch, ms": milliseconds(batch),
        "batch, times numpy": times_faster(batch, fastest, SPECS),
        "batch, numpy's ns a row and query": round(1e9 * min(batch[fastest]) / len(rows) / len(questions), 2),
    }
    print(json.dumps(report, indent=2))


def searcher(rows: Floats, spec: str) -> Ask:
    """The ten nearest rows of queries (m, d), over the codes of a spec."""
    search = Search(encode(rows, fit(parse(spec), sample_directions(rows, 20_000, seed=0))))
    return lambda queries: search.nearest(queries, TOP)


def gensim_searcher(rows: Floats) -> Ask:
    """gensim's own search; it takes one query at a time."""
    keyed = KeyedVectors(rows.shape[1])
    keyed.add_vectors([f"w{row}" for row in range(len(rows))], rows)
    return lambda queries: keyed.most_similar(positive=[queries[0]], topn=TOP)


def numpy_batch(rows: Floats, block: int | None = None) -> Ask:
    """Products with all rows, and the best ten of each block of them."""
    step = block or len(rows)

    def ask(queries: Floats) -> list[Any]:
        return [
            np.argpartition(queries @ rows[start : start + step].T, -TOP, axis=1)[:, -TOP:]
            for start in range(0, len(rows), step)
        ]

    return ask


def peers(rows: Floats) -> dict[str, Ask]:
    """Other libraries' exhaustive searches over floats and codes."""
    dims = rows.shape[1]
    flat = faiss.IndexFlatIP(dims)
    flat.add(rows)
    bits = -(-dims // 8) * 8
    signs = faiss.IndexBinaryFlat(bits)
    signs.add(packed_signs(rows))
    rabitq = faiss.IndexRaBitQFastScan(dims, faiss.METRIC_INNER_PRODUCT)
    rabitq.train(rows[:20_000])
    rabitq.add(rows)
    found: dict[str, Ask] = {
        "IndexFlatIP": lambda queries: flat.search(queries, TOP),
        "IndexBinaryFlat": lambda queries: signs.search(packed_signs(queries), TOP),
        "RaBitQ FastScan": lambda queries: rabitq.search(queries, TOP),
    }
    return found | usearch_peers(rows)


def usearch_peers(rows: Floats) -> dict[str, Ask]:
    """usearch's exact search over its bits, bytes and halves; nothing where it is not installed."""
    try:
        usearch = import_module("usearch.index")
    except ImportError:
        return {}
    halves, bytes_ = rows.astype(np.float16), np.rint(rows * 127).astype(np.int8)
    search, metric = usearch.search, usearch.MetricKind
    packed = packed_signs(rows)
    return {
        "usearch b1": lambda queries: search(
            packed, packed_signs(queries), TOP, metric.Hamming, exact=True, threads=1, dtype="b1"
        ),
        "usearch i8": lambda queries: search(
            bytes_, np.rint(queries * 127).astype(np.int8), TOP, metric.Cos, exact=True, threads=1
        ),
        "usearch f16": lambda queries: search(
            halves, queries.astype(np.float16), TOP, metric.Cos, exact=True, threads=1
        ),
    }


def packed_signs(rows: Floats) -> Any:
    """One bit a dimension, 8 to a byte, (n, ceil(d / 8)) uint8."""
    return np.packbits(rows > 0, axis=1)


if __name__ == "__main__":
    main()
