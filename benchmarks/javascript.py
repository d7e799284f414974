"""What a table costs a page of Chromium: bytes on the wire, time to the first neighbours, neighbours a second.

    python benchmarks/javascript.py TABLE [--specs SPEC...] [--words N]

Prints JSON. Times are wall-clock times in the page, over HTTP from this machine, so that nothing but the reader's own
work and the server's is in them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

import embcompress
from tests.javascript import MODULE, serving
from tests.test_page import CHROMIUM, WITHOUT_NEWS

SPECS = "binary", "pq:75x4:balance"

MEASURE = """async ({module, url, words}) => {
  const { open } = await import(module);
  const start = performance.now();
  const table = await open(url);
  const opened = performance.now();
  await table.vector(words[0]);
  const looked = performance.now();
  await table.mostSimilar(words[0], 10);
  const found = performance.now();
  for (const word of words) await table.mostSimilar(word, 10);
  const asked = performance.now();
  return {
    opening_ms: opened - start,
    first_vector_ms: looked - start,
    first_neighbours_ms: found - start,
    questions_a_second: 1000 * words.length / (asked - found),
  };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--specs", nargs="+", default=SPECS)
    parser.add_argument("--words", type=int, default=200)
    arguments = parser.parse_args()
    table = embcompress.load(arguments.table)
    words = [table.words[row] for row in range(0, len(table), len(table) // arguments.words)]
    with tempfile.TemporaryDirectory() as folder:
        for number, spec in enumerate(arguments.specs):
            embcompress.shrink(table, spec).save(Path(folder) / f"{number}.embc")
        print(json.dumps({spec: in_page(Path(folder), number, words) for number, spec in enumerate(arguments.specs)}))


def in_page(folder: Path, number: int, words: list[str]) -> dict[str, Any]:
    """What a new browser takes."""
    path = folder / f"{number}.embc"
    with serving(folder) as server, sync_playwright() as driver:
        page = driver.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_NEWS).new_page()
        page.goto(server.url + MODULE.name)
        names = {"module": f"/{MODULE.name}", "url": f"/{path.name}", "words": words}
        times = page.evaluate(MEASURE, names)
        return {
            "file_bytes": path.stat().st_size,
            "requests": len(server.sent),
            "sent_bytes": sum(server.sent),
            **{name: round(value, 1) for name, value in times.items()},
        }


if __name__ == "__main__":
    main()
