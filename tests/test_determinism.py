"""The same table, spec and seed give the same bytes, however many threads there are."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embcompress.cores import at_most, in_order, reproducible, shared_among, usable_cores
from tests.common import ALL_SPECS
from tests.writers import binary, write

ROWS, DIMS = 3000, 24

MAKE = """
import contextlib, hashlib, io, json, sys
from pathlib import Path
import embcompress
import embcompress_cli.main as command
from threadpoolctl import threadpool_info

found, (source, *specs) = {}, sys.argv[1:]
table = embcompress.load(source)
for spec in specs:
    embcompress.shrink(table, spec).save("made.embc")
    found[spec] = hashlib.sha256(Path("made.embc").read_bytes()).hexdigest()
for name, calls in {
    "size": [["shrink", source, "--size", "100kB", "--vocab", "2000", "-o", "made.embc", "--force"]],
    "repair": [
        ["shrink", source, "--spec", "pca:20,pq:10x4", "--vocab", "2000", "-o", "made.embc", "--force"],
        ["repair", "made.embc", "--teacher", source, "--steps", "3", "--force"],
    ],
    "distill": [["distill", source, "--dims", "9", "--steps", "3", "-o", "made.embc", "--force"]],
    "index": [
        ["shrink", source, "--spec", "lloyd:2", "-o", "made.embc", "--force"],
        ["index", "made.embc"],
        ["pack", "made.embc", "--force"],
    ],
}.items():
    for call in calls:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = command.main(call)
        assert code == 0, said.getvalue()
    found[name] = hashlib.sha256(Path("made.embc").read_bytes()).hexdigest()
print(json.dumps({"found": found, "threads": max(library["num_threads"] for library in threadpool_info())}))
"""


@pytest.mark.skipif(usable_cores() < 2, reason="needs two cores")
def test_threads_change_no_byte(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    rows = (generator.standard_normal((ROWS, DIMS)) @ generator.standard_normal((DIMS, DIMS))).astype(np.float32)
    source = write(tmp_path / "table.bin", binary([f"w{row}" for row in range(ROWS)], rows))
    answers = []
    for threads in ("1", "2"):
        folder = tmp_path / threads
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", MAKE, str(source), *ALL_SPECS],
            env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads),
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
    assert [answer["threads"] for answer in answers] == [1, 2]
    assert answers[0]["found"] == answers[1]["found"]
    assert len(set(answers[0]["found"].values())) > 0.9 * len(ALL_SPECS)  # different specs make different files


def test_seed_and_input_change_bytes(tmp_path: Path) -> None:
    from embcompress import Table, shrink

    rows = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32)
    words = [f"w{row}" for row in range(400)]
    found = []
    for seed, vectors in ((0, rows), (0, rows), (1, rows), (0, -rows)):
        shrink(Table(words, vectors), "rotate,pq:2x4", seed=seed).save(tmp_path / "made.embc")
        found.append(hashlib.sha256((tmp_path / "made.embc").read_bytes()).hexdigest())
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_results_come_in_order_and_few_are_held() -> None:
    begun: list[int] = []

    def square(number: int) -> int:
        begun.append(number)
        return number**2

    squares = in_order(square, range(1000))
    assert [next(squares) for _ in range(3)] == [0, 1, 4]
    assert max(begun) <= 3 + 3 * usable_cores()
    assert list(squares) == [number**2 for number in range(3, 1000)]


def test_an_error_ends_the_work() -> None:
    begun: list[int] = []

    def fail(number: int) -> int:
        begun.append(number)
        return 1 // (number - 5)

    with pytest.raises(ZeroDivisionError):
        list(in_order(fail, range(1000)))
    assert max(begun) < 20 + 4 * usable_cores()


def blas_threads() -> set[int]:
    import faiss  # noqa: F401, which brings a BLAS of its own
    from threadpoolctl import threadpool_info

    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_limits_hold_within_their_block_and_are_put_back() -> None:
    before, cores, asked = blas_threads(), usable_cores(), os.environ.get("OMP_NUM_THREADS")
    with at_most(1):
        assert (blas_threads(), usable_cores(), os.environ["OMP_NUM_THREADS"]) == ({1}, 1, "1")
        with at_most(1000), shared_among(1000):
            assert (blas_threads(), usable_cores()) == ({1}, 1)
    with reproducible():
        with reproducible():
            assert list(in_order(lambda _: blas_threads(), range(3))) == [{1}] * 3
        assert blas_threads() == {1}
        assert usable_cores() == cores
    assert (blas_threads(), usable_cores(), os.environ.get("OMP_NUM_THREADS")) == (before, cores, asked)
