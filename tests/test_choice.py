"""A choice fits the size it was given, keeps what was asked for, and says what is wrong otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

from embcompress import Table, UsageError, choose, load, shrink
from embcompress.choice import rungs
from embcompress.choice.choose import NotReachedError, decide
from embcompress.choice.families import Candidate, families
from embcompress.choice.file_size import FileSize
from embcompress.choice.goal import Goal, parse_bytes
from embcompress.choice.trials import Bench, quality
from embcompress.choice.within import fitting, largest
from embcompress.comparison.measure import Original, measure
from embcompress.encode import fit, sample_directions
from embcompress.encodings import parse
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.selection import subset
from tests.common import DIMS, ROWS, small_table

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"
SLACK = 10_240
"""Bytes that a file may take less than foreseen."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "small.bin"
    small_table().save(path)
    return path


@pytest.mark.parametrize("spec", ["lloyd:4", "groups:2", "pq:6x8:balance", "pca:7,int8", "float16", "ternary"])
def test_a_file_takes_what_was_foreseen(spec: str, tmp_path: Path) -> None:
    table = small_table()
    codec = fit(parse(spec), sample_directions(table.vectors, ROWS, 0))
    taken = shrink(table, spec).save(tmp_path / "file.embc")
    assert taken <= FileSize(table.words).of(codec) <= taken + SLACK


def test_the_largest_code_that_fits_is_found() -> None:
    table, size = small_table(), FileSize(small_table().words)
    sample = sample_directions(table.vectors, ROWS, 0)
    for family in families(DIMS):
        candidates = [Candidate(family, code_size) for code_size in range(family.least, family.most + 1)]
        taken = [size.of(fit(candidate.spec, sample)) for candidate in candidates]
        for most_bytes in (taken[0] - 1, taken[0], taken[len(taken) // 2] + 5, taken[-1] + 1000):
            fitting = [candidate for candidate, each in zip(candidates, taken, strict=True) if each <= most_bytes]
            assert largest(family, most_bytes, size, sample, 0) == (fitting[-1] if fitting else None)


@pytest.mark.parametrize("most_bytes", [25_000, 32_000, 60_000])
def test_a_size_is_not_exceeded_and_the_best_that_fits_is_taken(most_bytes: int, tmp_path: Path) -> None:
    choice = decide(small_table(), Goal(size=most_bytes))
    assert shrink(small_table(), choice.spec).save(tmp_path / "file.embc") <= most_bytes
    assert max(trial.bytes for trial in choice.trials) <= most_bytes
    assert round(choice.chosen.quality, 3) == max(round(trial.quality, 3) for trial in choice.trials)
    assert choice.chosen is choice.trials[-1]


def test_more_bytes_keep_more_and_the_same_seed_the_same() -> None:
    small, again, large = (decide(small_table(), Goal(size=size)) for size in (25_000, 25_000, 40_000))
    assert small.spec == again.spec == choose(small_table(), size="25kB")
    assert [trial.quality for trial in small.trials] == [trial.quality for trial in again.trials]
    assert small.chosen.quality < large.chosen.quality


def test_a_ratio_is_that_of_float32_rows_and_words(tmp_path: Path) -> None:
    taken = shrink(small_table(), choose(small_table(), ratio=2.5)).save(tmp_path / "file.embc")
    assert small_table().float32_bytes / taken >= 2.5


def test_bits_are_those_of_the_codes() -> None:
    choice = decide(small_table(), Goal(bits=2.1))
    assert shrink(small_table(), choice.spec).segment.codec.code_size == 6  # of 24 dimensions at 2.1 bits: 6.3 bytes
    with pytest.raises(UsageError, match=r"0\.1 bits for each of 24 dimensions are not a byte: give at least 0\.33"):
        choose(small_table(), bits=0.1)


def test_what_is_to_be_kept_is_kept_in_the_fewest_bytes() -> None:
    table = small_table()
    choice = decide(table, Goal(keep=0.8))
    kept = neighbour_overlap(table, shrink(table, choice.spec)).both_coded
    assert choice.chosen.quality == kept >= 0.8
    size = FileSize(table.words)
    bench = Bench(table, size, "all", 0)
    family, code_size = choice.chosen.candidate.family, choice.chosen.candidate.code_size
    smaller = fitting(bench, Candidate(family, code_size - 1), None, size) if code_size > family.least else None
    assert smaller is None or smaller.quality < 0.8
    assert all(trial.bytes >= 0.995 * choice.chosen.bytes for trial in choice.trials if trial.quality >= 0.8)


def test_what_nothing_keeps_is_said_with_the_best() -> None:
    with pytest.raises(NotReachedError, match=r"nothing keeps 1 \(measure: all\): the best, float16, keeps 0\.99\d\d"):
        choose(small_table(), keep=1)


def test_few_rows_decide_what_is_tried_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "RUNGS", ((200, 4), (400, 2)))
    trials = decide(small_table(), Goal(size=30_000)).trials
    tried = {
        rows: sorted((trial for trial in trials if trial.rows == rows), key=lambda trial: trial.rank)
        for rows in (200, 400, 700)
    }
    assert len(tried[200]) > 4
    assert {trial.candidate for trial in tried[400]} == {trial.candidate for trial in tried[200][:4]}
    assert {trial.candidate for trial in tried[700]} == {trial.candidate for trial in tried[400][:2]}
    assert trials[-1] == tried[700][0]
    assert decide(small_table(), Goal(keep=0.8)).chosen.quality >= 0.8


def test_quality_is_that_of_a_comparison() -> None:
    table = load(SHIPPED, limit=3000)
    spec = parse("lloyd:2")
    family = next(family for family in families(table.dims) if family.written(family.least) == str(spec))
    size = FileSize(table.words)
    trial = fitting(Bench(table, size, "all", 0), Candidate(family, family.least), None, size)
    compared = measure(Original(table, 0), spec)
    assert trial is not None
    assert trial.quality == compared.quality
    assert trial.kept == {
        "neighbours": compared.neighbours,
        "similarity": compared.spearman.kept,
        "analogies": compared.analogies.kept,
    }
    assert compared.bytes <= trial.bytes <= compared.bytes + SLACK


def test_the_measure_decides() -> None:
    kept: dict[str, float | None] = {"neighbours": 0.5, "similarity": 1.2, "analogies": 0.25}
    assert quality(kept, "neighbours") == 0.5
    assert quality(kept, "similarity") == 1
    assert quality(kept, "all") == pytest.approx((0.5 * 0.25) ** (1 / 3))
    assert quality({**kept, "analogies": None}, "all") == pytest.approx(0.5**0.5)
    with pytest.raises(UsageError, match=r"similarity cannot be measured on this table .*take --measure neighbours"):
        choose(small_table(), size=30_000, measure="similarity")


def identical() -> Table:
    return Table([f"w{row}" for row in range(300)], np.ones((300, 8), dtype=np.float32))


def rank_one() -> Table:
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((300, 1)) @ generator.standard_normal((1, 8))
    return Table([f"w{row}" for row in range(300)], rows.astype(np.float32))


@pytest.mark.parametrize("table", [identical(), rank_one(), subset(small_table(), np.arange(5))])
@pytest.mark.parametrize(
    "goal", [Goal(size="17kB"), Goal(ratio=0.02), Goal(bits=4), Goal(keep=0.9), Goal(device_profile="phone")]
)
def test_degenerate_tables_have_a_choice(table: Table, goal: Goal, tmp_path: Path) -> None:
    choice = decide(table, goal)
    assert choice.chosen.quality >= 0.9
    taken = shrink(table, choice.spec).save(tmp_path / "file.embc")
    assert taken <= (choice.most_bytes or taken)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1000000", 10**6),
        ("20MB", 20 * 10**6),
        ("512kB", 512_000),
        ("1.5 GB", 15 * 10**8),
        ("2MiB", 2 * 1024**2),
        ("7b", 7),
    ],
)
def test_sizes_are_read(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "MB", "20 megabytes", "-3MB", "1e6", "nan"])
def test_sizes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write it like 20MB"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing given: give one of size, ratio, bits, keep, device_profile"),
        ({"device_profile": "watch"}, "device profile 'watch' is unknown: take one of lambda, browser, phone"),
        ({"size": 1, "keep": 0.5}, "size and keep given: give one of"),
        ({"keep": 0.0}, "keep 0 is not above 0 and at most 1"),
        ({"keep": 1.5}, "keep 1.5 is not above 0 and at most 1"),
        ({"keep": float("nan")}, "keep nan is not above 0"),
        ({"ratio": -2.0}, "ratio -2 is not a number above 0"),
        ({"bits": 0.0}, "bits 0 is not a number above 0"),
        ({"bits": 2.0, "measure": "speed"}, "measure 'speed' is unknown: take one of neighbours, similarity"),
    ],
)
def test_goals_that_make_no_sense_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose(small_table(), **asked)
    empty = Table([], np.zeros((0, 3), dtype=np.float32))
    with pytest.raises(UsageError, match="no rows"):
        choose(empty, size=10_000)


def test_a_size_below_the_vocabulary_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="5,000 bytes are too few: words, lengths and metadata take") as refused:
        choose(small_table(), size=5_000)
    least = int(str(refused.value).split("smallest code ")[1].split(":")[0].replace(",", ""))
    taken = shrink(small_table(), choose(small_table(), size=least)).save(tmp_path / "file.embc")
    assert taken <= least <= taken + SLACK
    with pytest.raises(UsageError, match="too few"):
        choose(small_table(), size=least - 1)


def test_the_command_line_chooses_and_says_why(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shrink", str(source), "--size", "30kB"]) == 0
    printed = capsys.readouterr().out
    spec = str(choose(small_table(), size=30_000))
    assert f"* chosen: {spec}, the best that fits 30.00 kB (30,000 bytes)" in printed
    assert source.with_suffix(".embc").stat().st_size <= 30_000
    assert main(["info", str(source.with_suffix(".embc"))]) == 0
    facts = capsys.readouterr().out.splitlines()
    assert any(fact.startswith("chosen for") and "size 30kB (measure: all), from a front of" in fact for fact in facts)
    assert main(["shrink", str(source), "--keep", "0.8", "--force", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [trial["spec"] for trial in report["trials"] if trial["chosen"]] == [report["spec"]]
    assert report["neighbours"]["both_coded"] >= 0.8


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--size", "30kB", "--keep", "0.5"], 2, "--size and --keep exclude each other"),
        (["--size", "30kB", "--spec", "int8"], 2, "--spec and --size exclude each other"),
        (["--size", "4kB"], 2, "4,000 bytes are too few"),
        (["--size", "much"], 2, "size 'much' is not a number of bytes"),
        (["--keep", "1.2"], 2, "keep 1.2 is not above 0 and at most 1"),
        (["--measure", "all"], 2, "--measure goes with --size"),
        (["--size", "30kB", "--device-profile", "phone"], 2, "--size and --device-profile exclude each other"),
        (["--device-profile", "watch"], 2, "'watch' is not one of 'lambda', 'browser', 'phone'"),
        (["--keep", "1"], 1, "nothing keeps 1"),
    ],
)
def test_wrong_calls(
    source: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert main(["shrink", str(source), *options]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not source.with_suffix(".embc").exists()


def test_a_file_that_is_larger_than_foreseen_is_not_written(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileSize, "of", lambda *_: 20_000)
    assert main(["shrink", str(source), "--size", "25kB"]) == 1
    assert "more than 25,000: ask for" in capsys.readouterr().err
    assert list(source.parent.iterdir()) == [source]
