"""A device profile limits the file, memory and query time; what a choice says of itself in the file stays small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from embcompress_cli.main import main

from embcompress import UsageError, choose, encodings
from embcompress.choice import file_size, run_time
from embcompress.choice.choose import decide
from embcompress.choice.families import Candidate, Family, families
from embcompress.choice.goal import Goal
from embcompress.choice.profiles import PROFILES, Profile
from embcompress.choice.record import MOST_TRIALS, record
from embcompress.choice.run_time import RunTime, within_profile
from embcompress.choice.trials import Trial
from embcompress.encode import fit, sample_directions
from embcompress.kernels.layouts import layout_of
from tests.common import DIMS, ROWS, shrunk, small_table

TINY = Profile(file_bytes=40_000, memory_bytes=run_time.FIXED_BYTES + ROWS * 30, query_seconds=1)
"""Leaves 20 bytes a row for the index and what it is made from: 9 of a code and one of a length."""


@pytest.mark.parametrize("spec", ["lloyd:1", "ternary", "lloyd:4", "groups:1.5", "groups:2:8", "int8", "float16"])
def test_an_index_takes_what_was_foreseen(spec: str) -> None:
    segment = shrunk(spec).coded_rows.parts[0]
    takes = RunTime.of(segment.codec, ROWS).memory_bytes - run_time.FIXED_BYTES - ROWS * run_time.WORD_BYTES
    laid_out = ROWS * layout_of(segment).codes(slice(0, 2)).shape[1]
    assert laid_out - 32 * ROWS <= takes / run_time.COPIES <= laid_out + ROWS  # up to 32 bytes of zeros align a row


def test_more_bytes_and_slower_kernels_take_more() -> None:
    sample = sample_directions(small_table().vectors, ROWS, 0)
    signs, levels, tables, halves = (
        RunTime.of(fit(encodings.parse(spec), sample), ROWS) for spec in ("lloyd:1", "lloyd:4", "pq:12x8", "float16")
    )
    assert signs.memory_bytes < levels.memory_bytes == tables.memory_bytes < halves.memory_bytes
    assert signs.query_seconds < levels.query_seconds < halves.query_seconds < tables.query_seconds


@pytest.mark.parametrize("profile", [TINY, Profile(10**6, 10**9, 700 * 10 * 0.4e-9)])
def test_families_end_where_memory_or_time_does(profile: Profile) -> None:
    every, sample = families(DIMS), sample_directions(small_table().vectors, ROWS, 0)
    allowed = {family.written(1): family for family in within_profile(every, profile, ROWS, sample, 0)}
    assert 0 < len(allowed) < len(every)
    for family in every:
        kept = allowed.get(family.written(1))
        for code_size in range(family.least, family.most + 1):
            takes = RunTime.of(fit(Candidate(family, code_size).spec, sample), ROWS)
            fits = takes.memory_bytes <= profile.memory_bytes and takes.query_seconds <= profile.query_seconds
            assert fits == (kept is not None and code_size <= kept.most), Candidate(family, code_size)


def test_the_best_that_a_profile_allows_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decide(small_table(), Goal(device_profile="phone")).chosen.quality > 0.99
    monkeypatch.setitem(PROFILES, "phone", TINY)
    choice = decide(small_table(), Goal(device_profile="phone"))
    assert choice.spec == choose(small_table(), device_profile="phone")
    assert choice.chosen.bytes <= TINY.file_bytes
    assert all(trial.run_time.memory_bytes <= TINY.memory_bytes for trial in choice.trials)
    assert choice.chosen.quality == max(trial.quality for trial in choice.trials)
    monkeypatch.setitem(PROFILES, "phone", Profile(40_000, 1000, 1))
    with pytest.raises(
        UsageError, match=r"700 rows do not fit phone \(0\.04 MB of file.*keep fewer words with --vocab"
    ):
        choose(small_table(), device_profile="phone")


def test_the_command_line_says_what_a_profile_allows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "small.bin"
    small_table().save(source)
    assert main(["shrink", str(source), "--device-profile", "browser"]) == 0
    assert "the best for browser: at most 5 MB of file, 16 MB of memory, 8 ms a query; this" in capsys.readouterr().out
    assert main(["shrink", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(f"{name}: at most {profile}" in said for name, profile in PROFILES.items())


def trial(spec: str, taken: int, quality: float, rows: int) -> Trial:
    family = Family(1, 1, lambda _: spec)
    return Trial(Candidate(family, 1), rows, taken, {}, quality, RunTime(0, 0))


def test_a_record_is_the_front_on_most_rows_first() -> None:
    trials = [
        trial("lloyd:1", 100, 0.5, 9),
        trial("ternary", 120, 0.4, 9),
        trial("lloyd:2", 150, 0.81239, 9),
        trial("lloyd:2", 150, 0.7, 20),
    ]
    assert record(Goal(keep=0.7), trials) == {
        "goal": {"keep": 0.7, "measure": "all"},
        "front": [
            {"spec": "lloyd:2", "bytes": 150, "quality": 0.7, "rows": 20},
            {"spec": "lloyd:1", "bytes": 100, "quality": 0.5, "rows": 9},
            {"spec": "lloyd:2", "bytes": 150, "quality": 0.8124, "rows": 9},
        ],
    }


def test_a_record_takes_no_more_bytes_than_are_foreseen() -> None:
    longest = [
        trial("pca:1000,pq:1000x8:balance", 10**12 + each, each / 1000, 10**9) for each in range(2 * MOST_TRIALS)
    ]
    stored = record(Goal(size="1234567890.5 bytes"[:12] + "MB"), longest)
    assert len(stored["front"]) == MOST_TRIALS
    assert len(json.dumps({"choice": stored})) <= file_size.CHOICE
