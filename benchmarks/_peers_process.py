"""One step of ``peers.py`` with one contender, in a process of its own; prints JSON.

    python benchmarks/_peers_process.py write|open|ask NAME --table VECTORS --dims D --folder FOLDER

`write` stores the table in FOLDER/stored, `open` opens that and asks one query (FOLDER/query.npy), `ask` times look-ups
and queries, and keeps what every look-up gives in FOLDER/decoded.npy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from _peers_contender import ASKED, TOP, Contender
from _peers_rows import row_tables
from _peers_words import word_tables
from shrink import anonymous_bytes

from embcompress import load
from embcompress.arrays import Floats, Integers, blocks, directions

LOOK_UPS, LOOK_UPS_BURST = 6000, 300
QUERIES, QUERIES_BURST = 100, 10


def contenders(dims: int) -> dict[str, Contender]:
    """Everything that is measured, by name."""
    return word_tables(dims) | row_tables(dims)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("name")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--dims", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    contender = contenders(arguments.dims)[arguments.name]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found = STEPS[arguments.step](contender, arguments.table, arguments.folder)
    except Exception as error:  # whatever another library raises is told under the table
        found = {"failed": reason(error)}
    print(json.dumps(found))


def reason(error: Exception) -> str:
    """Why something failed, in a line."""
    text = " ".join(str(error).split())
    return f"not installed ({text})" if isinstance(error, ImportError) else f"{type(error).__name__}: {text}"


def write(contender: Contender, table: Path, folder: Path) -> dict[str, Any]:
    """Seconds of the clock and of the processor of fitting, coding and writing."""
    stored = folder / "stored"
    stored.mkdir()
    loaded = load(table)
    started, worked = time.perf_counter(), time.process_time()
    contender.write(loaded, stored)
    return {"write, s": time.perf_counter() - started, "write, CPU s": time.process_time() - worked}


def open_(contender: Contender, _: Path, folder: Path) -> dict[str, Any]:
    """Seconds until it is open and has answered one query, and anonymous bytes after each step."""
    query = np.load(folder / "query.npy")
    for module in contender.modules:
        import_module(module)
    imported = anonymous_bytes(os.getpid())
    started = time.perf_counter()
    opened = contender.open(folder / "stored")
    seconds = time.perf_counter() - started
    if opened.nearest is not None:
        opened.nearest(query)
    return {
        "open, s": seconds,
        "first answer, s": None if opened.nearest is None else time.perf_counter() - started,
        "imports, bytes": imported,
        "anonymous, bytes": anonymous_bytes(os.getpid()),
    }


def ask(contender: Contender, table: Path, folder: Path) -> dict[str, Any]:
    """Microseconds a look-up, milliseconds a query beside numpy's product in turn, and the rows it answers with."""
    from _timing import one_thread, timed

    one_thread()
    opened = contender.open(folder / "stored")
    loaded = load(table)
    words = list(loaded.words)
    generator = np.random.default_rng(0)
    drawn = generator.choice(len(words), min(len(words), LOOK_UPS), replace=False).tolist()
    asked = [words[row] for row in drawn]  # each once: some peers remember what they gave
    bursts = [timed({"": opened.look_up}, asked[part], 1)[""] for part in blocks(len(asked), LOOK_UPS_BURST)]
    found: dict[str, Any] = {"look-up, us": 1e6 * min(float(np.median(seconds)) for seconds in bursts)}
    if opened.nearest is not None:
        rows = directions(loaded.rows(slice(0, len(loaded))))
        found |= queries(rows, opened.nearest, words)
    np.save(folder / "decoded.npy", np.stack([opened.look_up(word) for word in words]).astype(np.float32))
    return found


def queries(rows: Floats, nearest: Callable[[Floats], list[str]], words: list[str]) -> dict[str, Any]:
    """Milliseconds of queries in bursts, best and median, and the share of the ten nearest that are answered."""
    from _timing import timed

    asked = query_rows(len(rows))
    row_of = {word: row for row, word in enumerate(words)}
    times: dict[str, list[float]] = {"numpy": [], "own": []}
    for part in blocks(len(asked), QUERIES_BURST):
        burst = timed({"numpy": lambda query: rows @ query, "own": nearest}, rows[asked[part]], 1)
        for name, seconds in burst.items():
            times[name] += seconds
    answered = [[row_of[word] for word in nearest(rows[row])] for row in asked]
    return {
        "query, ms": 1e3 * min(times["own"]),
        "query, median ms": 1e3 * float(np.median(times["own"])),
        "numpy, ms": 1e3 * min(times["numpy"]),
        "numpy, median ms": 1e3 * float(np.median(times["numpy"])),
        "answered": shared(rows, asked, answered),
    }


def query_rows(count: int) -> Integers:
    """The rows that are asked for, drawn at random."""
    return np.random.default_rng(1).choice(count, min(count, QUERIES), replace=False)


def shared(rows: Floats, asked: Integers, answered: list[list[int]]) -> float:
    """Share of the `TOP` rows nearest to each row asked that are among the first `TOP` answers, itself aside."""
    shares = []
    for row, answers in zip(asked.tolist(), answered, strict=True):
        scores = rows @ rows[row]
        scores[row] = -np.inf
        truth = set(np.argpartition(scores, -TOP)[-TOP:].tolist())
        others = [answer for answer in answers[:ASKED] if answer != row][:TOP]
        shares.append(len(truth.intersection(others)) / TOP)
    return float(np.mean(shares))


STEPS = {"write": write, "open": open_, "ask": ask}

if __name__ == "__main__":
    main()
