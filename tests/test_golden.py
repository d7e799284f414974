"""Files of earlier releases give the answers they gave, with or without the writing side."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from embcompress import coders, container, file, verify
from tests.golden.answers import answers
from tests.golden.make import OTHERS, SPECS

FOLDER = Path(__file__).parent / "golden"
FILES = sorted([*FOLDER.glob("*.embc"), *FOLDER.glob("*-shards")])
RECORDED = json.loads((FOLDER / "answers.json").read_text())

WITHOUT_THE_WRITING_SIDE = """
import json, sys
from pathlib import Path
for name in ("embcompress.encodings", "embcompress.spec", "embcompress.encode", "embcompress.compress"):
    sys.modules[name] = None
from tests.golden.answers import answers
print(json.dumps({path.name: answers(path) for path in map(Path, sys.argv[1:])}))
"""


def same(found: object, recorded: object) -> bool:
    """Equal, numbers to a unit of their last digit kept."""
    if isinstance(found, float | int) and isinstance(recorded, float | int):
        return found == pytest.approx(recorded, abs=2e-4)
    if isinstance(found, list) and isinstance(recorded, list):
        return len(found) == len(recorded) and all(map(same, found, recorded))
    if isinstance(found, dict) and isinstance(recorded, dict):
        return found.keys() == recorded.keys() and all(same(found[key], recorded[key]) for key in found)
    return found == recorded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_golden_file_answers_as_it_did(path: Path) -> None:
    assert same(answers(path), RECORDED[path.name])
    assert verify(path)


def test_golden_files_are_read_without_the_writing_side() -> None:
    output = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_WRITING_SIDE, *map(str, FILES)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    ).stdout
    assert same(json.loads(output), RECORDED)


def test_every_kind_of_array_is_in_a_golden_file() -> None:
    found = set()
    for path in FOLDER.rglob("*.embc"):
        stored = container.read(path)
        found |= {re.sub(r"^\d+\.", "", name) for name in stored.arrays}
        found |= {coder for name in stored.arrays for coder in stored.coders_of(name)}
    quoted = re.findall(r"``(.+?)``", (file.__doc__ or "").partition("**Vocabulary.**")[2])
    names = {
        name for each in quoted for name in each.replace("i.", "").split(", ") if re.fullmatch(r"[A-Za-z_.]+", name)
    }
    facts = {"minn", "maxn", "buckets", "nprobe"}
    assert found == names - facts | set(coders.names())


def test_every_quantizer_has_a_golden_file() -> None:
    from embcompress import encodings
    from tests.common import quantizers

    names = {text.split(":")[0] for text in quantizers()}
    assert names == {encodings.parse(spec).stages[-1].name for spec in SPECS}
    assert len(FILES) >= len(SPECS) + len(OTHERS)
    assert set(RECORDED) == {path.name for path in FILES}
