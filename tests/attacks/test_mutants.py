"""A few hundred mutants for every reader, and what hypothesis thinks of; benchmarks/mutate.py opens ten thousand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import embcompress
from embcompress import EmbcompressError, FormatError, container
from embcompress.container import METADATA_KEY
from tests.attacks.malice import places_within
from tests.attacks.seeds import READERS, seeds
from tests.attacks.test_invariants import with_header
from tests.attacks.using import refusal, use_embc, use_table

ROOT = Path(__file__).parents[2]
COUNT = 150

RUN = """
import sys
from tests.attacks.running import run
tally = run(sys.argv[1], int(sys.argv[2]), 1, all_specs=False)
print(tally)
print(*tally.failures.values(), sep="\\n", file=sys.stderr)
"""

HARM = """
import os, sys, time
import numpy as np
from embcompress import FormatError
from tests.attacks import running
from tests.attacks.seeds import seeds

running.SECONDS = 0.5
sound = {content for each in seeds("text") for content in each.files.values()}
told = iter([os.abort, lambda: time.sleep(60), lambda: np.ones(1 << 27), lambda: 1 / 0, lambda: "read"])
left = list(told)


def use(path, strict):
    if path.read_bytes() not in sound:
        left[running.number_asked % 5]()


def judged(reader, path, expected, number, judge=running._judged):
    running.number_asked = number
    return judge(reader, path, expected, number)


running.use_table, running._judged = use, judged
print(running.run("text", 10, 0))
"""


def printed(code: str, *arguments: object) -> str:
    """What a program prints, run where FAISS has one thread, as its threads do not survive a fork."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr.strip(), done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("reader", READERS)
def test_mutants_are_refused_or_read(reader: str) -> None:
    line = printed(RUN, reader, COUNT)
    start = f"{reader}: {COUNT} mutants, 0 crashes, 0 hangs, 0 over memory, 0 wrong, "
    assert line.startswith(start)
    refused, read = (int(part.split()[0]) for part in line.removeprefix(start).split(", "))
    assert refused + read == COUNT
    assert min(refused, read) > COUNT / 20  # the mutants are neither all hopeless nor all harmless


def test_crashes_hangs_and_allocations_are_seen() -> None:
    assert printed(HARM).startswith("text: 10 mutants, 4 crashes, 2 hangs, 2 over memory, 0 wrong, 0 refused, 2 read")


def sound(name: str) -> bytes:
    """The .embc file of a spec."""
    return next(each.files["table.embc"] for each in seeds("embc", all_specs=False) if each.name == name)


NAMES = st.sampled_from(["int8", "groups:2", "vq:40,int8", "float16 with lists, packed", "mapped words"])
BOUNDED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def assert_harmless(path: Path, content: bytes, expected: dict[str, Any] | None) -> None:
    """A file is used, or refused in one line; what passes verification answers as expected."""
    path.write_bytes(content)
    fault, verified = None, None
    try:
        use_embc(path, verified=False)
        use_table(path, strict=False)
        verified = use_embc(path, verified=True)
    except EmbcompressError as error:
        fault = refusal(error, path)
    assert fault is None
    if verified is not None and expected is not None:
        assert verified["words"] == expected["words"]
        np.testing.assert_array_equal(verified["rows"], expected["rows"])


@BOUNDED
@given(name=NAMES, inner=st.booleans(), value=VALUES, data=st.data())
def test_headers_of_any_json(name: str, inner: bool, value: object, data: st.DataObject, tmp_path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        tree = json.loads(header["__metadata__"][METADATA_KEY]) if inner else header
        holder, key = data.draw(st.sampled_from(list(places_within(tree))))
        holder[key] = value
        if inner:
            header["__metadata__"][METADATA_KEY] = json.dumps(tree)

    content, path = sound(name), tmp_path / "table.embc"
    path.write_bytes(content)
    expected = use_embc(path, verified=True)
    assert_harmless(path, with_header(content, change), expected)


@BOUNDED
@given(name=NAMES, number=st.integers(-(2**64), 2**64) | st.integers(-64, 64), data=st.data())
def test_any_offsets(name: str, number: int, data: st.DataObject, tmp_path: Path) -> None:
    def change(header: dict[str, Any]) -> None:
        array = data.draw(st.sampled_from(sorted(header.keys() - {"__metadata__"})))
        offsets, place = header[array]["data_offsets"], data.draw(st.integers(0, 1))
        offsets[place] = data.draw(st.sampled_from([number, number + offsets[place]]))

    content, path = sound(name), tmp_path / "table.embc"
    path.write_bytes(content)
    expected = use_embc(path, verified=True)
    assert_harmless(path, with_header(content, change), expected)


@BOUNDED
@given(name=NAMES, content=st.binary(min_size=1, max_size=16), data=st.data())
def test_arrays_of_any_bytes(name: str, content: bytes, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "table.embc"
    path.write_bytes(sound(name))
    stored = container.read(path)
    arrays = {each: np.array(array) for each, array in stored.arrays.items()}
    chosen = arrays[data.draw(st.sampled_from(sorted(each for each, array in arrays.items() if array.size)))]
    flat = chosen.reshape(-1).view(np.uint8)
    place = data.draw(st.integers(0, len(flat) - 1))
    flat[place : place + len(content)] = np.frombuffer(content, dtype=np.uint8)[: len(flat) - place]
    container.write(path, stored.metadata, arrays)
    assert_harmless(path, path.read_bytes(), None)


def test_a_file_that_ends_while_it_is_read_is_refused(tmp_path: Path) -> None:
    content = sound("int8")
    for size in range(0, len(content), 97):
        (tmp_path / "table.embc").write_bytes(content[:size])
        with pytest.raises(FormatError):
            embcompress.open(tmp_path / "table.embc")
