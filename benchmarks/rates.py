"""Our codes and others' on one table at the same rates, measured by the same code.

    python benchmarks/rates.py [--table VECTORS] [--rates 4 2 1 0.5] [--only NAME ...] [--pairs FILE ...] [--json FILE]
    python benchmarks/rates.py --times 1000000 [--dims 300] [--rates ...] [--only NAME ...]

Prints a Markdown table a rate. A code is fitted to at most 200,000 directions and codes all; what it decodes is
measured: the mean squared error of directions, its ratio to the Gaussian rate-distortion bound at the code's bytes, the
overlap of the ten nearest of 1,000 words (nn: both coded; asym: exact query), and the shares of word similarity and of
the Google analogies (3CosAdd; the questions in lower case, the first 30,000 words) that are kept. Seconds are of
fitting and of coding; times numpy is one query, the ten nearest over the codes, against the bare float32 product, one
thread, best of many. FAISS's codes go by their factory strings (PQ's less padding and ending). --only takes names or
parts of them. --json appends a line a code to a file, and what is there for that table is not measured again.

--times fits and applies our codes to so many made-up rows: Gaussian, the spectrum falling like a word2vec table's.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from _bench import Bench
from _contenders import ABSENT, contenders, ours
from numpy.typing import NDArray

from embcompress import load, parse
from embcompress.arrays import blocks
from embcompress.compress import SAMPLE_ROWS
from embcompress.encode import encode, fit, sample_directions

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"

COLUMNS = {"bits/dim": ".2f", "mse": ".3g", "times bound": ".2f", "nn": ".3f", "asym": ".3f", "sim": ".3f", "an": ".3f"}
COLUMNS |= {"shared kB": ",.0f", "fit, CPU s": ".1f", "encode, CPU s": ".1f", "times numpy": ".1f"}

SPECTRUM = -0.7
"""Variances of made-up rows fall as this power of the axis' number: at 2 bits a dimension the bound is then that of a
word2vec table of 300 dimensions."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=SHIPPED)
    parser.add_argument("--rates", type=float, nargs="+", default=[4, 2, 1, 0.5])
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--pairs", type=Path, nargs="+", default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--times", type=int)
    parser.add_argument("--dims", type=int, default=300)
    arguments = parser.parse_args()
    if arguments.times:
        time_ours(made_up_rows(arguments.times, arguments.dims), arguments.rates, arguments.only)
        return
    bench = Bench(load(arguments.table), arguments.pairs)
    known = read_lines(arguments.json)
    for rate in arguments.rates:
        lines = []
        codes = contenders(rate, bench.table.dims)
        for name in chosen(codes, arguments.only):
            key = {"table": arguments.table.name, "rate": rate, "name": name}
            line = next((each for each in known if key.items() <= each.items()), None)
            if line is None:
                line = key | bench.measure(codes[name])
                append_line(arguments.json, line)
            lines.append(line)
        print(markdown(rate, lines), flush=True)
    print("\nLeft out:\n", *(f"- {name}: {reason}" for name, reason in ABSENT.items()), sep="\n")


def chosen(names: Iterable[str], parts: list[str]) -> list[str]:
    """The names that are one of the parts; of a part that is nobody's name, those that contain it."""
    every = list(names)
    return [name for name in every if any(name == part or (part not in every and part in name) for part in parts)]


def read_lines(path: Path | None) -> list[dict[str, Any]]:
    """What was measured before."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def append_line(path: Path | None, line: dict[str, Any]) -> None:
    """Keep what was measured."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def markdown(rate: float, lines: Iterable[dict[str, Any]]) -> str:
    """The figures of a rate as a table."""
    heading = [f"{rate:g} bits/dim", *COLUMNS]
    table = [heading, ["---"] * len(heading)]
    table += [[f"`{line['name']}`", *(_cell(line[name], form) for name, form in COLUMNS.items())] for line in lines]
    return "\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in table)


def _cell(figure: float | None, form: str) -> str:
    return "-" if figure is None else format(figure, form)


def made_up_rows(count: int, dims: int) -> NDArray[np.float16]:
    """Gaussian rows along random axes."""
    generator = np.random.default_rng(0)
    axes = np.linalg.qr(generator.standard_normal((dims, dims)))[0].astype(np.float32)
    axes *= (np.arange(1, dims + 1, dtype=np.float32) ** (SPECTRUM / 2))[:, None]
    rows = np.empty((count, dims), dtype=np.float16)
    for part in blocks(count):
        rows[part] = generator.standard_normal((part.stop - part.start, dims), dtype=np.float32) @ axes
    return rows


def time_ours(rows: NDArray[np.float16], rates: Iterable[float], parts: list[str]) -> None:
    """Print a line of JSON a code: seconds of the clock and of the processor, the drawing of the sample included."""
    for rate in rates:
        for name in chosen(ours(rate, rows.shape[1]), parts):
            started, worked = time.perf_counter(), time.process_time()
            codec = fit(parse(name), sample_directions(rows, SAMPLE_ROWS, seed=0))
            fitted, worked_on_fit = time.perf_counter(), time.process_time()
            encode(rows, codec)
            line = {
                "rows": len(rows),
                "rate": rate,
                "name": name,
                "fit, s": fitted - started,
                "fit, CPU s": worked_on_fit - worked,
                "encode, s": time.perf_counter() - fitted,
                "encode, CPU s": time.process_time() - worked_on_fit,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
