"""Kill verbs that write at random moments: no file may be lost, and nothing may be left once they are run again.

    python benchmarks/kill.py --verb shrink --count 200 --seed 0

Half of the kills fall anywhere in a run, half into the moments in which the file is written and moved to its place.
Runs are forked from a process that has run the verb once, so that most of their time is the verb's own; one in forty is
a fresh interpreter. After each kill the file has to be the old one or the complete new one, byte for byte, and its
digests have to hold; then the verb is run again, to its end.
"""

from __future__ import annotations

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # threads do not survive a fork, and the tables are small

import io
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from embcompress_cli.main import main as run_verb

ROWS, DIMS = 600, 16
FRESH_EVERY = 40
COMPLETE_RUNS = 3
POLL = 0.0002
LONGER = 1.1
"""Kills are drawn from a little more than a run usually takes."""

COMMAND = [sys.executable, "-c", "import embcompress_cli.main as command; command.run()"]


class Verb(NamedTuple):
    """A call that writes a file, and the calls that make the file that is there before it."""

    call: list[str]
    writes: str
    before: list[list[str]]


SHRUNK = ["shrink", "table.bin", "-o", "out.embc", "--force", "--spec", "pca:12,int8"]
VERBS = {
    "shrink": Verb([*SHRUNK[:-1], "pca:12,pq:6x4"], "out.embc", [SHRUNK]),
    "shrink-size": Verb([*SHRUNK[:-2], "--size", "25kB"], "out.embc", [SHRUNK]),
    "index": Verb(["index", "out.embc"], "out.embc", [SHRUNK]),
    "repair": Verb(
        ["repair", "out.embc", "--teacher", "table.bin", "--force", "--steps", "2"],
        "out.embc",
        [[*SHRUNK[:-1], "lloyd:2"]],
    ),
    "distill": Verb(
        ["distill", "table.bin", "--dims", "8", "-o", "out.embc", "--force", "--steps", "2"], "out.embc", [SHRUNK]
    ),
    "distill-bin": Verb(
        ["distill", "table.bin", "--dims", "8", "-o", "out.bin", "--force", "--steps", "2"],
        "out.bin",
        [["distill", "table.bin", "--dims", "9", "-o", "out.bin", "--force", "--steps", "1"]],
    ),
    "convert": Verb(
        ["convert", "table.bin", "out.vec", "--force"],
        "out.vec",
        [SHRUNK, ["export", "out.embc", "--to", "word2vec:text", "-o", "out.vec"]],
    ),
    "export": Verb(
        ["export", "out.embc", "--to", "word2vec", "-o", "out.bin", "--force"],
        "out.bin",
        [SHRUNK, ["convert", "table.bin", "out.bin"]],
    ),
    "pack": Verb(["pack", "out.embc", "--force"], "out.embc", [SHRUNK]),
    "unpack": Verb(["unpack", "out.embc", "--force"], "out.embc", [SHRUNK, ["pack", "out.embc", "--force"]]),
    "compare": Verb(
        ["compare", "table.bin", "--specs", "int8", "-o", "out.html"],
        "out.html",
        [["compare", "table.bin", "--specs", "int4", "-o", "out.html"]],
    ),
}


@dataclass
class Tally:
    """What became of the kills of a verb."""

    kills: int = 0
    while_written: int = 0
    moved: int = 0
    losses: int = 0
    left: int = 0
    reasons: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The summary line."""
        return (
            f"{self.kills} kills ({self.while_written} while the file was written, {self.moved} after it was moved), "
            f"{self.losses} losses, {self.left} temporary files left"
        )


class Trial:
    """A folder in which one verb is run and killed, again and again.

    Parameters
    ----------
    verb : Verb
    seed : int
    """

    def __init__(self, verb: Verb, seed: int) -> None:
        self._verb = verb
        self._random = random.Random(seed)
        write_table(Path("table.bin"))
        for call in verb.before:
            run_here(call)
        self._target = Path(verb.writes)
        self._old = self._target.read_bytes()
        run_here(verb.call)
        runs = [self._complete_run() for _ in range(COMPLETE_RUNS)]
        self._new = self._target.read_bytes()
        self._usual = statistics.median(whole for whole, _ in runs)
        self._usual_writing = statistics.median(writing for _, writing in runs)
        self._files = sorted(path.name for path in Path().iterdir())

    def kill(self, count: int) -> Tally:
        """Kill so many runs."""
        tally = Tally()
        while tally.kills < count:
            self._target.write_bytes(self._old)
            if tally.kills % FRESH_EVERY == FRESH_EVERY - 1:
                killed = self._kill_fresh()
            elif tally.kills % 2:
                killed = self._kill_fork(lambda: time.sleep(self._random.uniform(0, LONGER * self._usual)))
            else:
                killed = self._kill_fork(self._wait_for_writing)
            if not killed:  # it had ended by then
                continue
            tally.kills += 1
            tally.while_written += bool(temporary_files())
            self._look_at_what_is_left(tally)
        return tally

    def _look_at_what_is_left(self, tally: Tally) -> None:
        found = self._target.read_bytes() if self._target.exists() else b""
        if found != self._old:
            tally.moved += 1
            self._check_new(found, tally)
        self._target.write_bytes(self._old)
        run_to_the_end(self._verb.call)
        self._check_new(self._target.read_bytes(), tally)
        tally.left += len(temporary_files())
        if (names := sorted(path.name for path in Path().iterdir())) != self._files:
            tally.reasons.append(f"files there after the next run: {names}")

    def _check_new(self, found: bytes, tally: Tally) -> None:
        if found != self._new and not (self._target.suffix == ".html" and found.endswith(self._new[-100:])):
            tally.losses += 1
            tally.reasons.append(f"{len(found)} bytes, neither the old {len(self._old)} nor the new {len(self._new)}")

    def _complete_run(self) -> tuple[float, float]:
        """Seconds of a run, and of them those in which its temporary file is there."""
        self._target.write_bytes(self._old)
        started = time.perf_counter()
        child = forked(self._verb.call)
        seen = []
        while not ended(child):
            if temporary_files():
                seen.append(time.perf_counter())
            time.sleep(POLL)
        return time.perf_counter() - started, seen[-1] - seen[0] if seen else 0.0

    def _kill_fork(self, wait: Callable[[], None]) -> bool:
        child = forked(self._verb.call)
        wait()
        os.kill(child, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])

    def _kill_fresh(self) -> bool:
        with subprocess.Popen(
            [*COMMAND, *self._verb.call], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            if self._random.random() < 0.5:
                self._wait_for_writing()
            else:
                time.sleep(self._random.uniform(0, 3))
            process.kill()
        return process.returncode == -signal.SIGKILL

    def _wait_for_writing(self) -> None:
        """Wait until the temporary file is there, and then for some of the time that it usually stays."""
        latest = time.perf_counter() + 60
        while not temporary_files() and time.perf_counter() < latest:
            time.sleep(POLL)
        time.sleep(self._random.uniform(0, LONGER * self._usual_writing))


def write_table(path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((ROWS, DIMS)).astype("<f4")
    lines = [b"word%d " % number + row.tobytes() + b"\n" for number, row in enumerate(rows)]
    path.write_bytes(b"%d %d\n" % rows.shape + b"".join(lines))


def temporary_files() -> list[str]:
    return [path.name for path in Path().iterdir() if path.suffix == ".tmp"]


def run_here(call: list[str]) -> None:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run_verb(call)
    if code:
        raise SystemExit(f"{call[0]} ended with {code}: {said.getvalue()}")


def forked(call: list[str]) -> int:
    """Run a verb in a forked process, silently; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os._exit(run_verb(call))
    finally:
        os._exit(1)


def ended(child: int) -> bool:
    """Whether a run has ended; it must have ended well."""
    number, status = os.waitpid(child, os.WNOHANG)
    if number and status:
        raise SystemExit(f"a run that was not killed ended with {os.waitstatus_to_exitcode(status)}")
    return bool(number)


def run_to_the_end(call: list[str]) -> None:
    child = forked(call)
    while not ended(child):
        time.sleep(POLL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verb", choices=[*VERBS, "all"], default="all")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    lost = 0
    home = Path.cwd()
    for name in VERBS if asked.verb == "all" else [asked.verb]:
        folder = tempfile.mkdtemp(prefix="embcompress-kill-")
        os.chdir(folder)
        tally = Trial(VERBS[name], asked.seed).kill(asked.count)
        os.chdir(home)
        shutil.rmtree(folder)
        print(f"{name}: {tally}", flush=True)
        for reason in tally.reasons:
            print(f"  {reason}")
        lost += tally.losses + tally.left
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
