"""The service under load, against gensim's ``most_similar`` behind the same kind of FastAPI route, in the same run.

    python benchmarks/serve.py VECTORS [--spec SPEC]... [--connections 64] [--seconds 5] [--repeat 1]

Prints JSON: requests a second and percentiles of one word's ``neighbours``, how many times gensim's; vectors a second
as bytes and as JSON; private memory of a worker; seconds to ``/readyz``. Contenders take turns, in rounds, so that all
see the machine's moods. The client is one process of bounded loops.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _http_load import Check, children, listening, loaded, posted, private_bytes, service

import embcompress
from embcompress import Table, load, shrink

SPECS = ("lloyd:4", "center,binary")
ROUNDS = 3
BATCH = 1000
"""Words of a request for vectors."""

PEER = """
import sys
import numpy as np, uvicorn
from fastapi import FastAPI
from gensim.models import KeyedVectors
from pydantic import BaseModel

keyed = KeyedVectors.load(sys.argv[1])
keyed.most_similar(keyed.index_to_key[0])
app = FastAPI()

class Question(BaseModel):
    words: list[str]
    k: int = 10

@app.get("/readyz")
def ready() -> dict[str, str]:
    return {"status": "ready"}

@app.post("/v1/table/neighbours")
def neighbours(asked: Question) -> dict[str, list[list[dict[str, str | float]]]]:
    found = [keyed.most_similar(word, topn=asked.k) for word in asked.words]
    return {"neighbours": [[{"word": word, "similarity": float(score)} for word, score in each] for each in found]}

uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
"""
"""gensim behind a route; FastAPI runs it in a thread, as it does with all that is no coroutine."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--spec", action="append")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--repeat", type=int, default=1, help="Use so many times the rows, a little changed.")
    arguments = parser.parse_args()
    table = repeated(load(arguments.vectors), arguments.repeat)
    specs = arguments.spec or list(SPECS)
    with tempfile.TemporaryDirectory() as folder:
        report = measured(table, specs, Path(folder), arguments.connections, arguments.seconds)
    print(json.dumps(report, indent=2))


def repeated(table: Table, times: int) -> Table:
    """A table so many times as large, whose rows are not the same."""
    if times == 1:
        return table
    rows, generator = table.rows(slice(0, len(table))), np.random.default_rng(0)
    noise = 0.3 * np.sqrt(np.square(rows).mean())
    blocks = [rows, *(rows + noise * generator.standard_normal(rows.shape, np.float32) for _ in range(times - 1))]
    words = [f"{word}_{block}" if block else word for block in range(times) for word in table.words]
    return Table(words, np.concatenate(blocks).astype(np.float32))


def measured(table: Table, specs: list[str], folder: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Requests a second of every contender."""
    words = [table.words[row] for row in np.random.default_rng(0).integers(len(table), size=2000).tolist()]
    single = [posted("neighbours", {"words": [word], "k": 10}) for word in words]
    commands = {"gensim": peer(table, folder)}
    for number, spec in enumerate(specs):
        (folder / str(number)).mkdir()
        shrink(table, spec).save(folder / str(number) / "table.embc")
        commands[spec] = service(folder / str(number) / "table.embc")
    rates: dict[str, list[float]] = {name: [] for name in commands}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            with listening(command) as (_, port):
                asyncio.run(loaded(port, single, connections, 1.0))
                started = time.perf_counter()
                taken = asyncio.run(loaded(port, single, connections, seconds))
                rates[name].append(len(taken) / (time.perf_counter() - started))
                times[name] += taken
    best = {name: max(each) for name, each in rates.items()}
    return {
        "words": len(table),
        "dims": table.dims,
        "connections": connections,
        "requests a second": {name: round(rate, 1) for name, rate in best.items()},
        "times gensim": {spec: round(best[spec] / best["gensim"], 2) for spec in specs},
        "milliseconds": {name: percentiles(each) for name, each in times.items()},
        **vectors_a_second(commands[specs[0]], words, seconds),
        **memory_and_start(folder, specs),
    }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median, 99th percentile, and their ratio."""
    middle, late = np.percentile(np.array(seconds) * 1e3, [50, 99]).tolist()
    return {"p50": round(middle, 3), "p99": round(late, 3), "p99 / p50": round(late / middle, 2)}


def vectors_a_second(command: list[str], words: list[str], seconds: float) -> dict[str, Any]:
    """Vectors a second as bytes and as JSON, both parsed by the client."""
    parse: dict[str, Check] = {
        "application/octet-stream": lambda body, _: np.frombuffer(body, dtype="<f4").sum() and None,
        "application/json": lambda body, _: np.array(json.loads(body)["vectors"], dtype=np.float32).sum() and None,
    }
    rates = dict.fromkeys(parse, 0.0)
    with listening(command) as (_, port):
        for _ in range(ROUNDS):
            for accept, check in parse.items():
                request = posted("vectors", {"words": words[:BATCH]}, accept)
                started = time.perf_counter()
                taken = asyncio.run(loaded(port, [request], 2, seconds / 2, check))
                rates[accept] = max(rates[accept], BATCH * len(taken) / (time.perf_counter() - started))
    octets, text = rates.values()
    return {
        "vectors a second": {kind: round(rate) for kind, rate in rates.items()},
        "times JSON": round(octets / text, 2),
    }


def memory_and_start(folder: Path, specs: list[str]) -> dict[str, Any]:
    """What a further worker costs, against what it may; and seconds until the service is ready."""
    found: dict[str, Any] = {"megabytes of a further worker": {}, "seconds to readyz": {}}
    for number, spec in enumerate(specs):
        file = folder / str(number) / "table.embc"
        started = time.perf_counter()
        with listening([*service(file), "--workers", "2"]) as (process, port):
            found["seconds to readyz"][spec] = round(time.perf_counter() - started, 2)
            vectors = embcompress.open(file)
            request = [posted("neighbours", {"words": [word]}) for word in vectors.index_to_key[:200]]
            asyncio.run(loaded(port, request, 64, 2.0))
            private = [private_bytes(child) for child in children(process.pid)]
            allowed = 150e6 + 1.2 * file.stat().st_size
            found["megabytes of a further worker"][spec] = {
                "private": round(max(private) / 1e6, 1),
                "allowed": round(allowed / 1e6, 1),
            }
    return found


def peer(table: Table, folder: Path) -> list[str]:
    """The command that serves a table by gensim."""
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(table.dims)
    keyed.add_vectors(list(table.words), table.rows(slice(0, len(table))))
    keyed.save(str(folder / "peer.kv"))
    return [sys.executable, "-c", PEER, str(folder / "peer.kv")]


if __name__ == "__main__":
    main()
