"""How the time of a query grows with the number of rows; one thread.

    python benchmarks/growth.py [--most 3200000] [--dims 300] [--plot benchmarks/growth.svg]

Prints JSON: nanoseconds a row, best and median of 20 queries at each size from 50,000 rows on, doubling. The codes are
random bytes: no kernel's time depends on them.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
from _timing import gaussian_directions, one_thread, timed

from embcompress import parse
from embcompress.encode import fit
from embcompress.lengths import LengthScale
from embcompress.search import Search
from embcompress.segment import Segment

SPECS = ("binary", "int2", "lloyd:4", "int8")
LEAST = 50_000
ROUNDS, BURST = 4, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=3_200_000)
    parser.add_argument("--dims", type=int, default=300)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    one_thread()
    sizes = [LEAST * 2**power for power in range(20) if LEAST * 2**power <= arguments.most]
    sample = gaussian_directions(5000, arguments.dims)
    times: dict[str, dict[int, dict[str, float]]] = {spec: {} for spec in SPECS}
    for size in sizes:
        for spec in SPECS:
            search = Search(random_segment(spec, sample, size))
            seconds = timed({spec: partial(search.nearest, k=10)}, sample[:BURST, None], ROUNDS)
            nanoseconds = 1e9 / size * np.array(seconds[spec])
            times[spec][size] = {
                "best": round(float(nanoseconds.min()), 2),
                "median": round(float(np.median(nanoseconds)), 2),
            }
    print(json.dumps({"dims": arguments.dims, "nanoseconds a row": times}, indent=2))
    if arguments.plot:
        draw(times, arguments.plot)


def random_segment(spec: str, sample: np.ndarray, size: int) -> Segment:
    """A codec fitted to a sample, and random codes."""
    codec = fit(parse(spec), sample)
    codes = np.random.default_rng(0).integers(0, 256, (size, codec.code_size), dtype=np.uint8)
    return Segment(codec, codes, np.ones(size, dtype=np.uint8), LengthScale(0.0, 0.0))


def draw(times: dict[str, dict[int, dict[str, float]]], path: Path) -> None:
    """Nanoseconds a row over the number of rows, as a picture."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for spec, each in times.items():
        axes.plot(list(each), [one["best"] for one in each.values()], marker="o", label=spec)
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="nanoseconds a row, one query, best of 20")
    axes.set_xticks(list(times[SPECS[0]]), [f"{size / 1e6:g} M" for size in times[SPECS[0]]], minor=False)
    axes.minorticks_off()
    axes.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


if __name__ == "__main__":
    main()
