"""Mixed load with malformed requests in between: no failure, every answer the library's, and memory that does not grow.

    python benchmarks/serve_mixed.py VECTORS [--spec lloyd:4] [--seconds 600]

Prints JSON: statuses, answers unlike the library's, and resident memory before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _http_load import listening, loaded, posted, request, resident_bytes, service

import embcompress
from embcompress import Table, load, shrink

CONNECTIONS = 32

Holds = Callable[[bytes], bool]
"""Whether a body is what it has to be."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--spec", default="lloyd:4")
    parser.add_argument("--seconds", type=float, default=600.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = mixed(load(arguments.vectors), arguments.spec, Path(folder), arguments.seconds)
    print(json.dumps(report, indent=2))


def mixed(table: Table, spec: str, folder: Path, seconds: float) -> dict[str, Any]:
    """Mixed load with malformed requests in between, every answer held against the library's."""
    file = folder / "table.embc"
    shrink(table, spec).save(file)
    vectors = embcompress.open(file, threads=1)
    requests, checks = questions(vectors)
    statuses: Counter[int] = Counter()
    wrong: list[str] = []

    def check(body: bytes, number: int) -> None:
        expected = checks[number]
        if expected is not None and not expected(body):
            wrong.append(repr(requests[number][:200]))

    with listening(service(file)) as (process, port):
        asyncio.run(loaded(port, requests, CONNECTIONS, min(20.0, seconds / 5), check, statuses))
        before, started, done = resident_bytes(process.pid), time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            done += len(asyncio.run(loaded(port, requests, CONNECTIONS, 10.0, check, statuses)))
        after = resident_bytes(process.pid)
    return {
        "seconds": round(time.perf_counter() - started),
        "requests": done,
        "statuses": dict(sorted(statuses.items())),
        "5xx": sum(times for status, times in statuses.items() if status >= 500),
        "answers unlike the library's": len(wrong),
        "first of them": wrong[:3],
        "megabytes before": round(before / 1e6, 1),
        "megabytes after": round(after / 1e6, 1),
        "growth": round(after / before - 1, 4),
    }


def questions(vectors: Any) -> tuple[list[bytes], list[Holds | None]]:
    """Requests of every kind and what their answers have to be; None for malformed ones."""
    generator = np.random.default_rng(1)
    words = [vectors.index_to_key[row] for row in generator.integers(len(vectors), size=300).tolist()]
    asked: list[tuple[bytes, Holds | None]] = []
    for word, other, third in zip(words, words[1:], words[2:], strict=False):
        analogy = {"positive": [word, other], "negative": [third], "k": 5}
        pairs = {"pairs": [[word, other], [word, "no such word"]]}
        asked += [
            (posted("neighbours", {"words": [word]}), names(vectors.most_similar(word))),
            (posted("neighbours", {"vectors": [vectors[word].tolist()], "k": 1}), names([(word, 1.0)])),
            (posted("analogy", analogy), names(vectors.most_similar([word, other], [third], topn=5))),
            (posted("similarity", pairs), measures(float(vectors.similarity(word, other)))),
            (
                posted("vectors", {"words": [word, other, third]}, "application/octet-stream"),
                vectors[[word, other, third]].astype("<f4").tobytes().__eq__,
            ),
        ]
    broken = [b"{", b"\xff\xfe", b'{"words": 3}', b'{"words": ["a"], "k": 0}', b'{"vectors": [[NaN]]}', b"[" * 9999]
    asked += [(request("neighbours", body, "application/json"), None) for body in broken for _ in range(10)]
    asked += [
        (posted("neighbours", {"words": ["x" * (1 << 20)]}), None),
        (b"GET /v1/none/info HTTP/1.1\r\nhost: x\r\n\r\n", None),
    ]
    order = generator.permutation(len(asked)).tolist()
    return [asked[place][0] for place in order], [asked[place][1] for place in order]


def names(expected: list[tuple[str, float]]) -> Holds:
    """Whether an answer's neighbours are these; words of equal cosine may change places."""

    def holds(body: bytes) -> bool:
        found = json.loads(body)["neighbours"]
        found = found[0] if isinstance(found[0], list) else found
        close = np.allclose([each["similarity"] for each in found], [score for _, score in expected], atol=3e-6)
        return bool(close) and {each["word"] for each in found[:-1]} <= {word for word, _ in expected}

    return holds


def measures(expected: float) -> Holds:
    """Whether an answer's first similarity is this."""
    return lambda body: abs(json.loads(body)["similarities"][0] - expected) < 1e-5


if __name__ == "__main__":
    main()
