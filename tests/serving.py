"""What tests of the service share: a table of nasty words, and a service in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from embcompress import CompressedVectors, Table, shrink
from tests.common import DIMS, shrunk, small_table

NASTY = [
    "a/b",
    "..",
    "/",
    " ",
    "?q=1&r",
    "%2F",
    "100%",
    "a+b",
    "caf\u00e9",
    "\U0001f600",
    "bad\udcff",
    "\udcc3(",
    "x" * 300,
]
"""Words that URLs and JSON have trouble with."""


def save_small(path: Path, spec: str = "lloyd:4") -> CompressedVectors:
    """The small table as a file, opened anew by whoever wants it."""
    vectors = shrunk(spec)
    vectors.save(path)
    return vectors


def save_nasty(path: Path) -> CompressedVectors:
    """A table of nasty words, with the small table's rows."""
    vectors = shrink(Table(NASTY, np.asarray(small_table().rows(slice(0, len(NASTY))))), "int8")
    vectors.save(path)
    return vectors


def answers(url: tuple[str, int]) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection(url, timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """``embcompress serve`` with these arguments, when it answers, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "import embcompress_cli.main as m; m.run()"
    command = [sys.executable, "-c", code, "serve", *map(str, arguments), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 60
            while not answers(("127.0.0.1", port)):
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.02)
            yield process, port
        finally:
            process.terminate()
            process.wait(30)


__all__ = ["DIMS", "NASTY", "answers", "running", "save_nasty", "save_small"]
