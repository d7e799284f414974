"""Files that were damaged, or made to do harm, given to every reader in processes of limited memory and time.

    python benchmarks/mutate.py --reader embc --count 10000 --seed 0
    python benchmarks/mutate.py --reader all --count 10000 --keep /tmp/failures

Prints a line a reader. `crashes` are processes that ended, and exceptions that are not of this package; `hangs` took
over 10 seconds; `over memory` wanted 256 MB more than there were; `wrong` are results that are not well-formed (numbers
that are not finite, words twice), errors that are not one line naming the file, and, of verified .embc files, answers
other than those of the file that was written. What went wrong is listed below the line.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # threads of OpenMP do not survive the fork
sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.attacks.running import FAILURES, run
from tests.attacks.seeds import READERS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", choices=[*READERS, "all"], default="all")
    parser.add_argument("--count", type=int, default=10_000, help="mutants a reader (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="put mutants there that were not handled well")
    arguments = parser.parse_args()
    failed = 0
    for reader in READERS if arguments.reader == "all" else [arguments.reader]:
        started = time.perf_counter()
        tally = run(reader, arguments.count, arguments.seed, keep=arguments.keep)
        print(tally, flush=True)
        for number, failure in sorted(tally.failures.items()):
            print(f"  {number}: {failure}")
        print(f"  {time.perf_counter() - started:.0f} s", file=sys.stderr)
        failed += sum(tally.outcomes[name] for name in FAILURES)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
