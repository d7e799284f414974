"""Mutants opened in processes of their own, where a crash, a hang or an allocation is seen and does not end the run."""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import shutil
import signal
import tempfile
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from embcompress import EmbcompressError
from tests.attacks.malice import malicious
from tests.attacks.seeds import Seed, seeds
from tests.attacks.using import WrongResultError, refusal, show, use_elsewhere, use_embc, use_table

MEMORY = 256 << 20
"""Bytes a mutant may take beyond what the process had before."""

SECONDS = 10.0
BATCH = 250
"""Mutants after which a process is replaced."""

FAILURES = ("crashes", "hangs", "over memory", "wrong")


@dataclass
class Tally:
    """What became of mutants.

    Parameters
    ----------
    reader : str
    outcomes : Counter
        How many of each of `FAILURES`, ``refused`` and ``read``.
    failures : dict of int to str
        What went wrong, by the mutant's number.
    """

    reader: str
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, outcome: str, detail: str) -> None:
        """Count a mutant."""
        self.outcomes[outcome] += 1
        if outcome in FAILURES:
            self.failures[number] = f"{outcome}: {detail}"

    def __str__(self) -> str:
        parts = [f"{self.outcomes.total():,} mutants", *(f"{self.outcomes[name]:,} {name}" for name in FAILURES)]
        return f"{self.reader}: {', '.join([*parts, *(f'{self.outcomes[name]:,} {name}' for name in GOOD)])}"


GOOD = ("refused", "read")


def run(reader: str, count: int, seed: int, *, all_specs: bool = True, keep: Path | None = None) -> Tally:
    """Open and use mutants of the sound files of one of `seeds.READERS`, one after the other.

    Parameters
    ----------
    reader : str
    count : int
    seed : int
        Mutants are the same for the same seed, and the first ones for any count.
    all_specs : bool
        Start from .embc files of every encoding, instead of enough for every array.
    keep : Path, optional
        Folder that mutants are put in which were not handled well.
    """
    sources = seeds(reader, all_specs=all_specs)
    sound = [_expected(reader, source) for source in sources]
    tally = Tally(reader)
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        while number < count:
            number = _batch(tally, Path(folder), _Job(reader, seed, sources, sound), range(number, count), keep)
    return tally


@dataclass(frozen=True)
class _Job:
    """What a process needs to make and to judge mutants."""

    reader: str
    seed: int
    sources: list[Seed]
    sound: list[dict[str, Any]]

    def mutant(self, number: int) -> tuple[dict[str, bytes], dict[str, Any] | None]:
        """Files, and what they have to answer if they pass verification; None if that is not known."""
        chance = Random(f"{self.seed} {self.reader} {number}")
        chosen = chance.randrange(len(self.sources))
        files, comparable = malicious(self.reader, self.sources[chosen], chance)
        return files, self.sound[chosen] if comparable else None


def _expected(reader: str, source: Seed) -> dict[str, Any]:
    """What a sound file answers; it must be usable in the first place."""
    with tempfile.TemporaryDirectory() as folder:
        path = _put(Path(folder), source.files)
        if reader != "embc":
            use_table(path, strict=False)
            return {}
        show(path)
        use_elsewhere(path)
        return use_embc(path, verified=True)


def _put(folder: Path, files: dict[str, bytes]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def _batch(tally: Tally, folder: Path, job: _Job, numbers: range, keep: Path | None) -> int:
    """Have a child process handle some mutants; the number of the first that it has not."""
    numbers = numbers[:BATCH]
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        os.close(receiving)
        _work(sending, folder, job, numbers)
    os.close(sending)
    buffer = b""
    done = numbers.start
    outcome, detail = "", ""
    with open(receiving, "rb", buffering=0) as stream:
        while done < numbers.stop:
            if not select.select([stream], [], [], SECONDS)[0]:
                outcome, detail = "hangs", f"over {SECONDS:g} seconds"
                os.kill(child, signal.SIGKILL)
                break
            part = stream.read(1 << 16)
            if not part:
                outcome = "crashes"
                break
            *lines, buffer = (buffer + part).split(b"\n")
            for line in lines:
                tally.add(done, *json.loads(line))
                _keep(tally, job, done, keep)
                done += 1
    status = os.waitpid(child, 0)[1]
    if outcome:
        tally.add(done, outcome, detail or f"the process ended with {os.waitstatus_to_exitcode(status)}")
        _keep(tally, job, done, keep)
        done += 1
    return done


def _keep(tally: Tally, job: _Job, number: int, keep: Path | None) -> None:
    if keep is not None and number in tally.failures:
        keep.mkdir(parents=True, exist_ok=True)
        folder = keep / f"{job.reader}-{job.seed}-{number}"
        _put(folder, job.mutant(number)[0])
        (folder / "WHY").write_text(tally.failures[number] + "\n")


def _work(sending: int, folder: Path, job: _Job, numbers: range) -> None:
    """Handle mutants in this process, and end it."""
    try:
        warnings.simplefilter("error")
        for number in numbers:
            files, expected = job.mutant(number)
            path = _put(folder / "mutant", files)
            gc.collect(0)
            limit_memory(MEMORY)
            outcome = _judged(job.reader, path, expected, number)
            os.write(sending, json.dumps(outcome).encode() + b"\n")
    finally:
        os._exit(0)


def limit_memory(more: int) -> None:
    """Let this process take so many bytes more than it has."""
    with open("/proc/self/status") as status:
        held = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (held + more, resource.RLIM_INFINITY))


def _judged(reader: str, path: Path, expected: dict[str, Any] | None, number: int) -> tuple[str, str]:
    """The outcome of using a file, and what there is to say of it."""
    if reader != "embc":
        return _outcome(path, lambda: use_table(path, strict=number % 4 == 0))
    first = _outcome(path, lambda: use_embc(path, verified=False))
    others = [
        _outcome(path, lambda: _same(use_embc(path, verified=True), expected)),
        _outcome(path, lambda: use_table(path, strict=False)),
        _outcome(path, lambda: use_elsewhere(path)),
        *([_outcome(path, lambda: show(path))] if number % 5 == 0 else []),
    ]
    return next((each for each in (first, *others) if each[0] in FAILURES), first)


def _outcome(path: Path, use: Any) -> tuple[str, str]:
    try:
        use()
    except EmbcompressError as error:
        if _of_memory(error):
            return "over memory", _last_line(error)
        fault = refusal(error, path)
        return ("wrong", fault) if fault else ("refused", "")
    except WrongResultError as error:
        return "wrong", str(error)
    except MemoryError as error:
        return "over memory", _last_line(error)
    except Exception as error:
        return "crashes", _last_line(error)
    return "read", ""


def _of_memory(error: BaseException | None) -> bool:
    """Whether an error came of one that there is no memory."""
    return error is not None and (isinstance(error, MemoryError) or _of_memory(error.__context__))


def _last_line(error: BaseException) -> str:
    """An error and where it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "embcompress" in frame.filename]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-4:]]
    return f"{type(error).__name__}: {str(error)[:200]} at {' < '.join(reversed(places))}"


def _same(answers: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """What passes verification answers as what was written."""
    if expected is None:
        return
    if answers.keys() != expected.keys():
        raise WrongResultError("verified, yet other questions are answered")
    for name, answer in answers.items():
        if not _alike(answer, expected[name]):
            raise WrongResultError(f"verified, yet {name} are not what they were")


def _alike(answer: Any, expected: Any) -> bool:
    """Whether answers are the same, but for the last digit of numbers: it depends on where arrays lie in memory."""
    if isinstance(answer, list | tuple):
        return len(answer) == len(expected) and all(map(_alike, answer, expected))
    if isinstance(answer, str):
        return bool(answer == expected)
    return bool(np.allclose(answer, expected, rtol=1e-6, atol=1e-6))
