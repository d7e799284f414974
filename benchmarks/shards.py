"""Shards on a cluster against one process on the same rows: codes, answers, seconds; extra ``distributed``.

    python benchmarks/shards.py [--rows 500000] [--dims 100] [--shards 4] [--cluster local:2] [--spec lloyd:2]

Makes shards and the whole table as word2vec .bin files (Gaussian rows, the spectrum falling like a word2vec table's),
shrinks the whole in one process, the shards on the cluster, and the shards once more with a worker killed as soon as
one shard is coded. Prints JSON: whether codes, lengths and files are the same, how many of 200 queries have the same
ten neighbours, milliseconds of a query, of opening and of a look-up (best and median), and how long merging what many
shards found takes.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from _timing import milliseconds, one_thread, timed

import embcompress
from embcompress import CompressedVectors, Table, load, shrink
from embcompress.arrays import Floats, Integers
from embcompress.distributed.shrinking import shrink_shards
from embcompress.manifest import NAME
from embcompress.segmented_rows import joined
from embcompress.topk import best

QUERIES, ROUNDS = 200, 3
DECAY = 0.35
"""How fast the spread of axes falls: the power of their number."""

MERGED = 1000
"""Shards whose answers are merged."""


class Rows:
    """Made-up rows of some shards, the same whenever they are read; one shard is held at a time."""

    def __init__(self, shards: range, rows: int, dims: int) -> None:
        self._shards, self._rows = shards, rows
        self.shape = (len(shards) * rows, dims)

    def __getitem__(self, chosen: slice | Integers) -> Floats:
        assert isinstance(chosen, slice)
        numbers = range(len(self._shards) * self._rows)[chosen]
        parts = []
        for place in range(numbers.start // self._rows, (numbers.stop - 1) // self._rows + 1):
            first = place * self._rows
            inside = slice(max(numbers.start - first, 0), min(numbers.stop - first, self._rows))
            parts.append(shard_rows(self._shards[place], self._rows, self.shape[1])[inside])
        return np.concatenate(parts)


@lru_cache(1)
def shard_rows(number: int, rows: int, dims: int) -> Floats:
    """All rows of a shard, (rows, dims) float32."""
    spread = (np.arange(1, dims + 1) ** -DECAY).astype(np.float32)
    made = np.random.default_rng(number).standard_normal((rows, dims), np.float32)
    made *= spread
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000, help="of each shard")
    parser.add_argument("--dims", type=int, default=100)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--cluster", default="local:2")
    parser.add_argument("--spec", default="lloyd:2")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measured(Path(folder), arguments), indent=2))


def measured(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    for number in range(asked.shards):
        made_table(range(number, number + 1), asked).save(folder / f"shard-{number:03}.bin")
    made_table(range(asked.shards), asked).save(folder / "whole.bin")
    spent: dict[str, float] = {}
    coded = partial(shrink_shards, folder / "shard-*.bin", spec=asked.spec, cluster=asked.cluster)
    quiet = clocked(spent, "cluster", lambda: coded(folder / "quiet"))
    clocked(spent, "cluster, a worker killed", lambda: coded(folder / "killed", progress=Killer()))
    one = clocked(spent, "one process", lambda: shrink(load(folder / "whole.bin"), asked.spec))
    total = asked.rows * asked.shards
    return {
        "rows": total,
        "dims": asked.dims,
        "spec": asked.spec,
        "seconds": {name: round(seconds, 1) for name, seconds in spent.items()},
        "rows a second": {name: round(total / seconds) for name, seconds in spent.items()},
        "bytes a row": round(sum(file.stat().st_size for file in (folder / "quiet").iterdir()) / total, 1),
        "same codes as one process": same_codes(quiet, one),
        "same files after a worker was killed": same_files(folder / "quiet", folder / "killed"),
        **searched(folder / "quiet", one, asked),
        "milliseconds to merge 1,000 shards": merging(),
    }


def made_table(shards: range, asked: argparse.Namespace) -> Table:
    """The words and rows of some shards."""
    words = (f"w{number}_{row}" for number in shards for row in range(asked.rows))
    return Table(words, Rows(shards, asked.rows, asked.dims))


class Killer:
    """Kills one of this process's workers when a shard has been coded."""

    killed = False

    def __call__(self, doing: str, done: int, _total: int) -> None:
        if doing == "encoding" and done == 1 and not self.killed:
            import psutil

            workers = [
                each for each in psutil.Process().children(recursive=True) if "spawn_main" in str(each.cmdline())
            ]
            os.kill(workers[-1].pid, signal.SIGKILL)
            self.killed = True


def clocked(spent: dict[str, float], name: str, do: Callable[[], CompressedVectors]) -> CompressedVectors:
    """What something gives, and its seconds."""
    started = time.perf_counter()
    made = do()
    spent[name] = time.perf_counter() - started
    return made


def same_codes(found: CompressedVectors, wanted: CompressedVectors) -> bool:
    """Whether codes and lengths are the same."""
    pairs = zip(joined(found.coded_rows.parts), wanted.coded_rows.parts, strict=True)
    return all(
        np.array_equal(ours.codes[:], theirs.codes[:])
        and np.array_equal(ours.lengths, theirs.lengths)
        and ours.scale == theirs.scale
        for ours, theirs in pairs
    )


def same_files(first: Path, second: Path) -> bool:
    """Whether two folders hold the same files."""
    names = sorted(file.name for file in first.iterdir())
    assert NAME in names
    return names == sorted(file.name for file in second.iterdir()) and not any(
        filecmp.cmpfiles(first, second, names, shallow=False)[1:]
    )


def searched(folder: Path, one: CompressedVectors, asked: argparse.Namespace) -> dict[str, Any]:
    """Neighbours found by a file, by a folder of shards, and by a cluster that holds them."""
    one_thread()
    one.save(folder.parent / "one.embc")
    tables = {
        "file": embcompress.open(folder.parent / "one.embc", threads=1),
        "folder": embcompress.open(folder, threads=1),
        "cluster": embcompress.open(folder, cluster=asked.cluster),
    }
    rows = np.random.default_rng(1).integers(0, asked.rows * asked.shards, QUERIES).tolist()
    answers = {name: [neighbours_of(table, row) for row in rows] for name, table in tables.items()}
    contenders: dict[str, Callable[[int], object]] = {
        name: partial(neighbours_of, table) for name, table in tables.items()
    }
    times = timed(contenders, rows[:20], ROUNDS)
    words = [tables["file"].index_to_key[row] for row in rows]
    lookups: dict[str, Callable[[str], object]] = {name: tables[name].get_vector for name in ("file", "folder")}
    openers: dict[str, Callable[[None], object]] = {
        "file": lambda _: embcompress.open(folder.parent / "one.embc"),
        "folder": lambda _: embcompress.open(folder),
    }
    return {
        "queries with the file's neighbours": {
            name: sum(map(list.__eq__, answers["file"], answers[name])) for name in ("folder", "cluster")
        },
        "milliseconds a query": milliseconds(times),
        "milliseconds to open": milliseconds(timed(openers, [None] * 5, ROUNDS)),
        "milliseconds a look-up": milliseconds(timed(lookups, words, ROUNDS)),
    }


def neighbours_of(table: CompressedVectors, row: int) -> list[str]:
    """The ten words nearest to a row."""
    return [word for word, _ in table.most_similar([row])]


def merging() -> float:
    """Milliseconds to merge ten rows from each of many shards."""
    scores = np.random.default_rng(0).random((1, 10 * MERGED), dtype=np.float32)
    rows = np.arange(scores.size)[None]
    times = timed({"merge": lambda k: best(scores, rows, k)}, [10] * 20, ROUNDS)
    return round(1e3 * min(times["merge"]), 3)


if __name__ == "__main__":
    main()
