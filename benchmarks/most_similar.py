"""``most_similar(word)`` end to end, a word in and a list of pairs out, against gensim's; one thread, one run.

    python benchmarks/most_similar.py VECTORS [--spec SPEC]...

Prints JSON: milliseconds a word, best and median over 200 words, and how many times faster than gensim.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from _timing import milliseconds, one_thread, timed, times_faster
from gensim.models import KeyedVectors

from embcompress import load, shrink

SPECS = ("center,binary", "lloyd:2", "lloyd:4", "int8")
ROUNDS, BURST = 10, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("--spec", action="append")
    arguments = parser.parse_args()
    one_thread()
    table = load(arguments.vectors)
    specs = arguments.spec or SPECS
    keyed = KeyedVectors(table.dims)
    keyed.add_vectors(list(table.words), table.rows(slice(0, len(table))))
    contenders = {"gensim": keyed.most_similar, **{spec: shrink(table, spec).most_similar for spec in specs}}
    rows = np.random.default_rng(0).integers(len(table), size=BURST).tolist()
    times = timed(contenders, [table.words[row] for row in rows], ROUNDS)
    report = {
        "words": len(table),
        "dims": table.dims,
        "milliseconds": milliseconds(times),
        "times gensim": times_faster(times, "gensim", specs),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
