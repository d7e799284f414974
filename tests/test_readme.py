"""Every block of the README runs, and what it shows is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
WARNINGS = ["-W", "error", "-W", "ignore:builtin type:DeprecationWarning"]  # the latter is SWIG's, at FAISS's import


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout to the README's commands."""
    place = tmp_path_factory.mktemp("checkout")
    (place / "data").symlink_to(ROOT / "data")
    return place


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def alike(shown: str, printed: str) -> bool:
    """The same words, numbers to 3 %; how many seconds it took is the machine's affair."""
    shown_words, printed_words = ([line.split() for line in text.splitlines()] for text in (shown, printed))
    for left, right in zip(shown_words, printed_words, strict=True):
        if left[:1] == right[:1] == ["seconds"]:
            continue
        for one, other in zip(left, right, strict=True):
            numeric = [re.fullmatch(r"\(?[+-]?[\d.,]*\d", word) for word in (one, other)]
            if all(numeric):
                first, second = (float(word.replace(",", "").lstrip("(")) for word in (one, other))
                assert first == pytest.approx(second, rel=0.03, abs=0.003), (left, right)
            else:
                assert one == other, (left, right)
    return True


def test_the_first_command_shrinks_and_searches(folder: Path) -> None:
    install, *rest = blocks("bash")[0].strip().split(" && ")
    assert install == "pip install ."
    printed = shell(" && ".join(rest), folder)
    assert "20,000 x 100 dimensions" in printed
    assert {"queen", "kings", "prince"} <= set(printed.split())


def test_the_second_command_is_what_ci_runs() -> None:
    install, test = blocks("bash")[1].strip().split(" && ")
    assert install == "pip install '.[test]'"
    assert test == "pytest"
    script = (ROOT / ".ci" / "run").read_text()
    assert "'.[test]'\npytest\n" in script


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split("\n")[0][:60])
def test_commands_print_what_is_shown(block: str, folder: Path) -> None:
    command, shown = block.split("\n", 1)
    assert alike(shown, shell(command.removeprefix("$ "), folder))


def test_python_blocks_run(folder: Path) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, *WARNINGS, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'both_coded': 0." in done.stdout
    assert (folder / "five-thousand.embc").exists()
