"""Our codes and every peer that is installed, on one table in one run, each in processes of its own, one thread.

    pip install torch==2.13.0  # first: what sentence-transformers would fetch itself may be CUDA's gigabytes
    pip install . matplotlib usearch model2vec sentence-transformers navec compress-fasttext
    pip install finalfusion pymagnitude-lite
    python benchmarks/peers.py [--table VECTORS] [--only NAME ...] [--json FILE] [--plot FILE.svg] [--markdown FILE]

Prints a Markdown table (--markdown writes it, too), and below it what is not installed or fails, with the reason.
--only takes names or parts of them; --table, by default the shipped one, is whatever `embcompress.load` reads.

- bytes: of the files as they lie on disk. With `*` they hold no words, and `times smaller` is against float32 rows
  alone, otherwise against float32 rows and words.
- similarity, analogies: shares of the table's own Spearman correlation (SimLex-999, WordSim-353) and accuracy (Google's
  questions in lower case, 3CosAdd, the first 30,000 words); asym and nn: overlap of the ten nearest of 1,000 words, for
  exact queries and with both sides coded. All from what the look-up gives for every word, by the same functions. A
  model of fewer dimensions has no asym: its files do not hold the axes that an exact query would be mapped to.
- answered: of the ten nearest of 100 words, the share that the contender's own search, which is timed, answers.
  usearch's is a graph, FAISS' ranks by inner products, that of sentence-transformers scores twenty nominees again. A
  dash: it has no search.
- look-up: microseconds a word, the median of 300, of twenty times the least; of files without words, through a
  dictionary beside them.
- query: best milliseconds of 100 queries, the ten nearest words, and how many times faster than the bare float32
  product of numpy, in the same process, that is.
- open, first answer: milliseconds from a file in the page cache to being open, and to the first answer, imports aside,
  the least of three processes.
- memory: peak anonymous megabytes (the kernel's `RssAnon`) of a process that imports, opens and asks once, and how many
  of these its imports took, the most of three.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np
from _bench import Bench
from _coded import Code, Coded
from _peers_contender import Contender
from _peers_plot import draw
from _peers_process import contenders
from _peers_table import markdown
from rates import SHIPPED, chosen
from shrink import watched

from embcompress import Table, load
from embcompress.arrays import Floats, directions

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
QUIET = {"PYTHONWARNINGS": "ignore", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}

OPENINGS = 3


class Failed(Exception):
    """A contender that cannot be measured, and why."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=SHIPPED)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD | QUIET)  # for the processes that are started
    table = load(arguments.table)
    bench = Bench(table, [])
    every = contenders(table.dims)
    lines: list[dict[str, Any]] = []
    absent: dict[str, str] = {}
    for name in chosen(every, arguments.only):
        try:
            lines.append(measured(name, every[name], bench, arguments.table))
        except Failed as failed:
            absent[name] = str(failed)
        print(f"{name}: {absent.get(name, 'measured')}", file=sys.stderr, flush=True)
    report = {
        "table": arguments.table.name,
        "words": len(table),
        "dims": table.dims,
        "float32 bytes": table.float32_bytes,
        "versions": {package: version(package) for package in sorted({line["package"] for line in lines} | {"numpy"})},
        "contenders": lines,
        "absent": absent,
    }
    text = markdown(report)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text + "\n", encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if arguments.plot:
        draw(report, arguments.plot)


def measured(name: str, contender: Contender, bench: Bench, path: Path) -> dict[str, Any]:
    """A contender's figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        np.save(folder / "query.npy", directions(bench.table.rows(np.array([len(bench.table) // 2])))[0])
        line: dict[str, Any] = {
            "name": name,
            "stores": contender.stores,
            "has words": contender.has_words,
        }
        line |= step("write", name, bench.table, path, folder)
        line["package"] = packages_distributions()[contender.modules[0].partition(".")[0]][0]
        line["bytes"] = stored_bytes(folder / "stored")
        line["times smaller"] = uncompressed_bytes(bench.table, contender) / line["bytes"]
        line |= best([step("open", name, bench.table, path, folder) for _ in range(OPENINGS)])
        line |= step("ask", name, bench.table, path, folder)
        return line | kept(bench, np.load(folder / "decoded.npy"))


def step(which: str, name: str, table: Table, path: Path, folder: Path) -> dict[str, Any]:
    """The figures that a step's process prints, and its peak of anonymous bytes.

    Raises
    ------
    Failed
        With its reason, or if the process died.
    """
    script = Path(__file__).parent / "_peers_process.py"
    places = ["--table", str(path), "--dims", str(table.dims), "--folder", str(folder)]
    try:
        found, _, peak = watched([sys.executable, str(script), which, name, *places])
    except SystemExit as ended:
        raise Failed(f"{which}: its process ended with status {ended.code}") from None
    if "failed" in found:
        raise Failed(str(found["failed"]))
    return found | ({"peak, bytes": max(peak, int(str(found["anonymous, bytes"])))} if which == "open" else {})


def best(openings: list[dict[str, Any]]) -> dict[str, Any]:
    """The least seconds and the most bytes of some processes."""
    return {
        name: figure if figure is None else (min if name.endswith(", s") else max)(each[name] for each in openings)
        for name, figure in openings[0].items()
    }


def stored_bytes(stored: Path) -> int:
    """Of all files but the words that are kept beside."""
    return sum(
        file.stat().st_size for file in stored.rglob("*") if file.is_file() and not file.name.endswith(".words.json")
    )


def uncompressed_bytes(table: Table, contender: Contender) -> int:
    """Of float32 rows, and of words where the contender holds them."""
    return table.float32_bytes if contender.has_words else 4 * len(table) * table.dims


def kept(bench: Bench, decoded: Floats) -> dict[str, Any]:
    """Shares kept by what is looked up; without exact queries if that has fewer dimensions."""
    fewer = bench.table.dims - decoded.shape[1]
    padded = np.pad(decoded, ((0, 0), (0, fewer)))  # cosines among coded rows do not change
    figures = bench.measure(looked_up(padded))
    return {name: figures[name] for name in ("sim", "an", "nn")} | {"asym": None if fewer else figures["asym"]}


def looked_up(decoded: Floats) -> Code:
    """Decoded rows as a code, for measuring them."""

    def code(*_: Floats) -> Coded:
        return Coded(0, decoded.__getitem__, None, 0, 0.0, 0.0)

    return code


if __name__ == "__main__":
    main()
