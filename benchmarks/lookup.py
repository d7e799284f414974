"""Look-ups in codes against gensim's look-ups in float32, and what opening a file costs; one thread, one run.

    python benchmarks/lookup.py [--rows 1000000] [--dims 300] [--batch 10000]

Prints JSON: microseconds of ``vectors[word]`` and milliseconds of ``vectors[words]``, best and median, for random words
of the table, and how many times faster than gensim's `KeyedVectors` these are. Then milliseconds of `open`, and the
anonymous kilobytes that a process gains by it and by its first look-up: mapped pages do not count. The codes are
random, which no step's time depends on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _timing import gaussian_directions, milliseconds, one_thread, timed, times_faster
from gensim.models import KeyedVectors
from shrink import anonymous_bytes

import embcompress
from embcompress import CompressedVectors, file, parse
from embcompress.encode import fit
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.vocabulary import Vocabulary

SPECS = ("int8", "rotate,int8", "lloyd:4", "rotate,lloyd:4")
OPENED = "lloyd:4"
FITTED_ROWS = 5000
SINGLE_WORDS, ROUNDS = 2000, 10
OPENINGS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dims", type=int, default=300)
    parser.add_argument("--batch", type=int, default=10_000)
    arguments = parser.parse_args()
    one_thread()
    generator = np.random.default_rng(0)
    words = [f"w{number}" for number in generator.permutation(arguments.rows).tolist()]
    keyed = KeyedVectors(arguments.dims, arguments.rows)
    keyed.add_vectors(words, np.zeros((arguments.rows, arguments.dims), dtype=np.float32))
    asked = [words[row] for row in generator.integers(0, arguments.rows, arguments.batch).tolist()]
    with tempfile.TemporaryDirectory() as folder:
        paths = {spec: Path(folder) / f"{number}.embc" for number, spec in enumerate(SPECS)}
        vocabulary = Vocabulary.from_words(words)
        for spec, path in paths.items():
            write(path, vocabulary, spec, arguments.dims)
        tables: dict[str, Any] = {"gensim": keyed, **{spec: embcompress.open(path) for spec, path in paths.items()}}
        singly = timed({name: table.__getitem__ for name, table in tables.items()}, asked[:SINGLE_WORDS], ROUNDS)
        together = timed({name: table.__getitem__ for name, table in tables.items()}, [asked], ROUNDS)
        opening = timed({OPENED: embcompress.open}, [paths[OPENED]] * OPENINGS, 1)
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            kilobytes = fresh.apply(memory_of_opening, (paths[OPENED], asked[0]))
    report = {
        "rows": arguments.rows,
        "dims": arguments.dims,
        "batch": len(asked),
        "one word, us": microseconds(singly),
        "a batch, ms": milliseconds(together),
        "a batch, times gensim": times_faster(together, "gensim", SPECS),
        "open, ms": milliseconds(opening),
        "anonymous kilobytes": kilobytes,
    }
    print(json.dumps(report, indent=2))


def write(path: Path, vocabulary: Vocabulary, spec: str, dims: int) -> None:
    """An ``.embc`` file of random codes."""
    generator = np.random.default_rng(1)
    codec = fit(parse(spec), gaussian_directions(FITTED_ROWS, dims))
    codes = generator.integers(0, 256, (len(vocabulary), codec.code_size), dtype=np.uint8)
    lengths = generator.integers(1, 256, len(vocabulary), dtype=np.uint8)
    file.write(path, file.Contents(vocabulary, Segment(codec, codes, lengths, LengthScale(0.0, 0.01)), {"spec": spec}))


def microseconds(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Best and median of each contender's look-ups, in bursts of all words."""
    bursts = {name: np.reshape(each, (-1, SINGLE_WORDS)).mean(axis=1) for name, each in times.items()}
    return {
        name: {"best": round(1e6 * float(each.min()), 2), "median": round(1e6 * float(np.median(each)), 2)}
        for name, each in bursts.items()
    }


def memory_of_opening(path: Path, word: str) -> dict[str, float]:
    """What a fresh process gains, in kilobytes, once it has imported everything and opened a file before."""
    opened: list[CompressedVectors] = [embcompress.open(path)]
    before = anonymous_bytes(os.getpid())
    opened.append(embcompress.open(path))
    after = anonymous_bytes(os.getpid())
    opened[-1][word]
    return {"open": (after - before) / 1e3, "first look-up": (anonymous_bytes(os.getpid()) - after) / 1e3}


if __name__ == "__main__":
    main()
