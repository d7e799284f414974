"""Requests made up from the OpenAPI document, right and wrong ones, and answers held against it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import running, save_small

pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install schemathesis")
for package in ("fastapi", "uvicorn", "httptools", "orjson", "prometheus_client"):
    pytest.importorskip(package, reason="the extra serve is not installed")


def test_answers_are_as_described(tmp_path: Path) -> None:
    save_small(tmp_path / "small.embc")
    with running(tmp_path / "small.embc") as (_, port):
        options = ["--max-examples", "10", "--seed", "1", "--no-color"]
        command = [str(Path(sys.executable).parent / "schemathesis"), "run", *options]
        address = f"http://127.0.0.1:{port}/openapi.json"
        done = subprocess.run([*command, address], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "12 selected / 12 total" in done.stdout, done.stdout[:2000]
