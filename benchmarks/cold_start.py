"""What a function that starts for one request pays: a new process imports, opens, looks up a word and asks neighbours.

    python benchmarks/cold_start.py FILE.embc [--word WORD]

Prints JSON, medians of five processes each: seconds of every step and of the whole process with its interpreter, and
its peak anonymous memory (the kernel's `RssAnon`, sampled every 10 ms and after each step; mapped pages do not count).
`numpy` scores every row (``exact=True``), which loads nothing but numpy and safetensors; `faiss` has the default
search, which imports FAISS and builds its index. The files are in the page cache after the first process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from shrink import watched

import embcompress

PROCESSES = 5

FUNCTION = """
import json, os, sys, time
seconds, anonymous, started = {}, [], time.perf_counter()
def done(step):
    global started
    seconds[step] = time.perf_counter() - started
    with open("/proc/self/status") as status:
        anonymous.extend(1024 * int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    started = time.perf_counter()
path, word, exact = sys.argv[1], os.fsencode(sys.argv[2]).decode("utf-8", "surrogateescape"), sys.argv[3] == "numpy"
import embcompress
open_file = embcompress.open
done("import")
vectors = open_file(path)
done("open")
vectors[word]
done("look_up")
vectors.most_similar(word, exact=exact)
done("most_similar")
assert exact == ("faiss" not in sys.modules), "the table is so small that FAISS is not asked"
print(json.dumps({"seconds": seconds, "anonymous": max(anonymous)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--word", help="by default the one in the middle of the table")
    arguments = parser.parse_args()
    vectors = embcompress.open(arguments.file)
    word = arguments.word or vectors.index_to_key[len(vectors) // 2]
    print(
        json.dumps(
            {
                "words": len(vectors),
                "dims": vectors.vector_size,
                "spec": vectors.spec,
                "bytes": arguments.file.stat().st_size,
                "word": word,
                **{search: cold_start(arguments.file, word, search) for search in ("numpy", "faiss")},
            },
            indent=2,
        )
    )


def cold_start(path: Path, word: str, search: str) -> dict[str, Any]:
    """Medians of the figures of five processes."""
    runs = [watched([sys.executable, "-c", FUNCTION, str(path), word, search]) for _ in range(PROCESSES)]
    steps: list[dict[str, float]] = [report["seconds"] for report, _, _ in runs]  # type: ignore[misc]
    peaks = [max(peak, int(str(report["anonymous"]))) for report, _, peak in runs]
    return {
        "seconds": {step: round(statistics.median(each[step] for each in steps), 4) for step in steps[0]},
        "process_seconds": round(statistics.median(seconds for _, seconds, _ in runs), 3),
        "peak_anonymous_megabytes": round(statistics.median(peaks) / 1e6, 1),
    }


if __name__ == "__main__":
    main()
