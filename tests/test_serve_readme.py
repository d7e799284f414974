"""The README's ways to ask the service work, and answer what it shows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import embcompress
from tests.serving import running

for package in ("fastapi", "uvicorn", "httptools", "orjson", "prometheus_client"):
    pytest.importorskip(package, reason="the extra serve is not installed")

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^(curl .*)\n# (.*)$", README, re.MULTILINE)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    file = tmp_path_factory.mktemp("tables") / "wikipedia.embc"
    embcompress.shrink(embcompress.load(ROOT / "data" / "wikipedia-100d-20k.bin.gz")).save(file)
    with running(file) as (_, served):
        yield served


def rounded(value: Any) -> Any:
    """The same JSON, its numbers to 2 decimals."""
    return json.loads(value, parse_float=lambda number: f"{float(number):.2f}")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command[:80] for command, _ in EXAMPLES])
def test_curl_prints_what_is_shown(command: str, shown: str, port: int) -> None:
    done = subprocess.run(
        ["bash", "-c", command.replace("localhost:8080", f"127.0.0.1:{port}")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert rounded(done.stdout) == rounded(shown)


def test_the_client_reads_it(port: int) -> None:
    pytest.importorskip("httpx", reason="the extra client is not installed")
    (code,) = re.findall(r"```py\n(.*?)```", README, re.DOTALL)
    exec(code.replace("localhost:8080", f"127.0.0.1:{port}"), {"embcompress": embcompress})
