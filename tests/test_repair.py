"""Repair: codes of the same shape that keep more, and files that stay what they were otherwise."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import CompressedVectors, Table, UsageError, shrink
from embcompress.distill.recipe import Recipe
from embcompress.distill.repair import most_added, repair
from embcompress.evaluation.recheck import recheck
from tests.common import shrunk, small_table, unit_queries

RECIPE = Recipe(steps=40)
SPECS = ["pq:6x4", "pq:5x8:balance", "binary", "ternary", "int2", "pca:16,rotate,lloyd:2", "groups:1", "dims:20,int4"]


@cache
def repaired(spec: str) -> CompressedVectors:
    return repair(small_table(), shrunk(spec), RECIPE)


def kept(vectors: CompressedVectors) -> float:
    neighbours = vectors.metadata["certificate"]["neighbours"]
    return float(neighbours["both_coded"] + neighbours["exact_query"]) / 2


@pytest.mark.parametrize("spec", SPECS)
def test_a_repaired_file_has_the_size_of_the_one_before(spec: str, tmp_path: Path) -> None:
    before, after = shrunk(spec), repaired(spec)
    assert after.spec == before.spec
    assert [part.codes.shape for part in after.coded_rows.parts] == [
        part.codes.shape for part in before.coded_rows.parts
    ]
    more = after.save(tmp_path / "after.embc") - before.save(tmp_path / "before.embc")
    assert more < 1000, "two shifts, and what the metadata say of it"
    opened = embcompress.open(tmp_path / "after.embc")
    np.testing.assert_array_equal(opened["word3"], after["word3"])
    assert opened.metadata["repaired"]["steps"] == 40
    assert opened.metadata["repaired"]["seed"] == 0


@pytest.mark.parametrize("spec", SPECS)
def test_the_laws_of_search_hold_after_repair(spec: str) -> None:
    vectors = repaired(spec)
    decoded = vectors.coded_rows.directions(slice(None))
    queries = unit_queries(20)
    np.testing.assert_allclose(vectors.coded_rows.scores(queries, slice(None)), queries @ decoded.T, atol=2e-6)
    for word in ("word0", "word77", "word500"):
        exact = [score for _, score in vectors.most_similar(word, exact=True)]
        assert [score for _, score in vectors.most_similar(word)] == pytest.approx(exact, abs=2e-6)
    words = list(small_table().words)
    lengths, expected = (np.linalg.norm(each[words], axis=1) for each in (vectors, shrunk(spec)))
    np.testing.assert_allclose(lengths, expected, rtol=1e-5)


@pytest.mark.parametrize("spec", ["pq:6x4", "binary", "ternary"])
def test_repair_keeps_more_neighbours(spec: str) -> None:
    assert kept(repaired(spec)) > kept(shrunk(spec))


def test_the_same_seed_gives_the_same_file_and_the_old_one_is_left_alone() -> None:
    before = shrunk("pq:6x4").coded_rows.parts[0].codes[:].copy()
    again = repair(small_table(), shrunk("pq:6x4"), RECIPE)
    np.testing.assert_array_equal(again.coded_rows.parts[0].codes[:], repaired("pq:6x4").coded_rows.parts[0].codes[:])
    np.testing.assert_array_equal(shrunk("pq:6x4").coded_rows.parts[0].codes[:], before)
    assert "repaired" not in shrunk("pq:6x4").metadata
    assert not np.array_equal(before, again.coded_rows.parts[0].codes[:])


def test_the_certificate_is_measured_again() -> None:
    vectors = repaired("binary")
    assert vectors.metadata["certificate"] != shrunk("binary").metadata["certificate"]
    assert all(each.holds for each in recheck(small_table(), vectors, vectors.metadata["certificate"]))


@pytest.mark.parametrize("spec", ["prune:0.4,ternary", "prune:0.4,delta:0.3"])
def test_what_was_pruned_stays_zero(spec: str) -> None:
    before, after = shrunk(spec), repaired(spec)
    pairs = []
    for vectors in (before, after):
        segment = vectors.coded_rows.parts[0]
        codebook = segment.codec.codebook
        assert codebook is not None
        zero = np.abs(codebook.centroids[:, :, 0]).argmin(axis=1)
        levels = np.take_along_axis(codebook.centroids[:, :, 0], zero[:, None], axis=1)
        pairs.append((codebook.unpack(segment.codes[:]) == zero, levels))
    (pruned, levels), (still, new_levels) = pairs
    assert 0.3 < pruned.mean() < 0.8
    assert still[pruned].all()
    np.testing.assert_array_equal(levels, new_levels)


def test_words_the_teacher_lacks_are_coded_from_what_they_were() -> None:
    table = small_table()
    some = Table([*table.words[:650], "unknown"], np.vstack([table.rows(slice(650)), table.rows(slice(1))]))
    vectors = repair(some, shrunk("pq:6x8"), RECIPE)
    assert vectors.metadata["repaired"]["segments"][0]["words"] == 650
    assert list(vectors.index_to_key) == list(table.words)
    own = vectors.coded_rows.directions(slice(650, 700))
    old = shrunk("pq:6x8").coded_rows.directions(slice(650, 700))
    assert np.vecdot(own, old).mean() > 0.9


def test_an_inverted_file_is_made_again() -> None:
    vectors = shrink(small_table(), "pq:6x4")
    vectors.build_ivf(5, nprobe=2)
    after = repair(small_table(), vectors, Recipe(steps=10))
    assert after.lists is not None
    assert (len(after.lists.sizes), after.nprobe) == (5, 2)


def test_what_cannot_be_repaired_is_refused() -> None:
    with pytest.raises(UsageError, match="float16 has no centroids"):
        repair(small_table(), shrunk("float16"), RECIPE)
    others = Table([f"other{row}" for row in range(700)], small_table().rows(slice(None)))
    with pytest.raises(UsageError, match="no word in common"):
        repair(others, shrunk("binary"), RECIPE)
    few = Table(small_table().words[:10], small_table().rows(slice(10)))
    with pytest.raises(UsageError, match="10 words in common: 20 are the fewest"):
        repair(few, shrunk("binary"), RECIPE)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    teacher, file = tmp_path / "table.npz", tmp_path / "table.embc"
    small_table().save(teacher)
    shrink(embcompress.load(teacher), "binary").save(file)
    return teacher, file


def test_repair_on_the_command_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, file = files
    out = tmp_path / "better.embc"
    assert main(["repair", str(file), "--teacher", str(teacher), "-o", str(out), "--steps", "40", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["steps"] == 40
    assert [look["step"] for look in report["looks"]] == list(range(0, 41, 8))
    assert report["after"]["neighbours"]["both_coded"] > report["before"]["neighbours"]["both_coded"]
    assert abs(report["bytes"] - report["bytes_before"]) < 1000
    assert embcompress.open(out).metadata["certificate"] == report["after"]
    assert main(["evaluate", str(out), "--against", str(teacher), "--certificate"]) == 0
    capsys.readouterr()
    assert main(["repair", str(file), "--teacher", str(teacher), "--force", "--steps", "10"]) == 0
    shown = capsys.readouterr()
    assert shown.err.count("held-out words keep") == 6
    assert "coded loss" in shown.err
    assert "nearest 10 kept" in shown.out


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--teacher", "TABLE"], 2, "replace"),
        (["--teacher", "TABLE", "-o", "FILE"], 2, "exists already"),
        (["--teacher", "TABLE", "-o", "x.embc", "-T", "0"], 2, "temperature = 0"),
        (["--teacher", "TABLE", "-o", "x.embc", "--rate", "-1"], 2, "rate = -1"),
        (["--teacher", "TABLE", "-o", "x.embc", "--rate", "1e30"], 1, "lower --rate"),
        (["--teacher", "missing.bin", "-o", "x.embc"], 1, "missing.bin"),
        (["-o", "x.embc"], 2, "--teacher"),
    ],
)
def test_mistakes_get_one_line(
    files: tuple[Path, Path],
    options: list[str],
    code: int,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    teacher, file = files
    names = {"TABLE": str(teacher), "FILE": str(file)}
    assert main(["repair", str(file), *(names.get(each, each) for each in options)]) == code
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert text in last
    assert not Path("x.embc").exists()


def test_distill_on_the_command_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, _ = files
    command: list[Any] = ["distill", str(teacher), "--dims", "8", "--steps", "20", "-o"]
    assert main([*command, str(tmp_path / "short.bin"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["looks"][0]["step"] == 0
    assert embcompress.load(tmp_path / "short.bin").dims == 8
    assert main([*command, str(tmp_path / "short.embc"), "--spec", "int8"]) == 0
    assert "at the principal axes" in capsys.readouterr().out
    vectors = embcompress.open(tmp_path / "short.embc")
    assert (vectors.spec, vectors.vector_size, len(vectors)) == ("int8", 8, 700)
    assert main([*command, str(tmp_path / "more.bin"), "--spec", "int8"]) == 2
    assert "--spec says how an .embc is coded" in capsys.readouterr().err


def test_what_is_shrunk_can_be_repaired_at_once(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, _ = files
    plain, better = tmp_path / "plain.embc", tmp_path / "better.embc"
    assert main(["shrink", str(teacher), "--spec", "pq:6x4", "-o", str(plain)]) == 0
    assert main(["shrink", str(teacher), "--spec", "pq:6x4", "--repair", "-o", str(better)]) == 0
    assert better.stat().st_size - plain.stat().st_size <= most_added(24)
    assert kept(embcompress.open(better)) > kept(embcompress.open(plain))
    again = repair(embcompress.load(teacher), embcompress.open(plain))
    np.testing.assert_array_equal(again[0:700], embcompress.open(better)[0:700])
    capsys.readouterr()


def test_a_chosen_code_that_is_repaired_stays_in_its_size(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, _ = files
    out = tmp_path / "chosen.embc"
    assert main(["shrink", str(teacher), "--size", "24kB", "--repair", "-o", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert out.stat().st_size <= 24_000
    assert report["repaired"]["segments"][0]["rows"] == 700
    assert embcompress.open(out).metadata["choice"]["goal"]["size"] == "24kB"
