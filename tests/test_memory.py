"""A table is never whole in memory: shrinking stays within a limit the table itself would break."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.limited import needs_linux, run_limited

ROWS, DIMS = 400_000, 256
ALLOWED = 300 << 20
"""Bytes beyond what the imported libraries hold already; the table's float32 rows alone are 390 << 20."""

IMPORTED = ("faiss", "scipy.special", "zstandard", "embcompress.compress")

pytestmark = needs_linux


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "table.bin"
    row = np.random.default_rng(0).standard_normal(DIMS + ROWS, dtype=np.float32)
    with path.open("wb") as file:
        file.write(f"{ROWS} {DIMS}\n".encode())
        for number in range(ROWS):
            file.write(b"w%d " % number + row[number : number + DIMS].tobytes() + b"\n")
    return path


def shrink(table: Path, limit: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_limited(limit, IMPORTED, "shrink", str(table), "--force", *arguments)


def test_shrinking_takes_less_memory_than_the_table(table: Path) -> None:
    done = shrink(table, ALLOWED, "--spec", "binary")
    assert done.returncode == 0, done.stderr
    assert "400,000 x 256 dimensions" in done.stdout


def test_too_little_memory_is_one_clear_line(table: Path) -> None:
    done = shrink(table, 40 << 20, "--spec", "binary")
    assert done.returncode == 1
    assert done.stderr == "error: there is not enough memory\n"


def test_memory_is_kept_to(table: Path) -> None:
    """Half of the table's own size is enough, however it is coded."""
    refused = shrink(table, ALLOWED, "--spec", "pca:64,lloyd:2", "--memory", "50MB")
    assert refused.returncode == 2
    said = re.fullmatch(
        r"error: 400,000 words of 256 dimensions take at least (\d+)MB of memory beside Python and its libraries, "
        r"more than 50MB: allow \1MB, or keep fewer words\n",
        refused.stderr,
    )
    assert said is not None, refused.stderr
    assert int(said[1]) < 180
    for spec in ("binary", "pca:64,pq:16x4:balance"):
        done = shrink(table, 200_000_000, "--spec", spec, "--memory", "200MB")
        assert done.returncode == 0, done.stderr
