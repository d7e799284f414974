"""The certificate: made when a table is shrunk, measured again, and what is demanded of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import CompressedVectors, FormatError, Table, UsageError
from embcompress.evaluation.certificate import Samples, certificate, samples_for
from embcompress.evaluation.geometry import geometry
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.recheck import Recheck, recheck
from embcompress.evaluation.requirements import NotKeptError, parse_requirements, require
from tests.common import small_table

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"


@cache
def original() -> Table:
    """2,500 frequent words of the shipped table."""
    return embcompress.load(SHIPPED, limit=2500)


@cache
def binary() -> CompressedVectors:
    return embcompress.shrink(original(), "binary", seed=3)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    original().save(tmp_path / "table.bin")
    return tmp_path / "table.bin"


@pytest.fixture
def made(table: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    binary().save(table.with_name("table.embc"))
    capsys.readouterr()
    return table.with_name("table.embc")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed is another test's affair."""
    monkeypatch.setattr("embcompress.evaluation.speed.SECONDS", 0.01)


def with_certificate(path: Path, changed: Any) -> Path:
    vectors = embcompress.open(path)
    vectors.metadata["certificate"] = changed
    other = path.with_name("changed.embc")
    vectors.save(other)
    return other


def test_it_holds_what_the_measures_say() -> None:
    made = binary().metadata["certificate"]
    samples = samples_for(2500, 100)
    assert made["samples"] == {
        "words": 1000,
        "first_rows": 2500,
        "rows": 1500,
        "pairs": 2000,
        "questions": 1000,
        "analogy_rows": 2500,
    }
    kept = neighbour_overlap(original(), binary(), sample=samples.words, seed=3)
    assert made["neighbours"]["both_coded"] == pytest.approx(kept.both_coded, rel=1e-5)
    assert made["neighbours"]["exact_query"] == pytest.approx(kept.exact_query, rel=1e-5)
    shape = geometry(original(), binary(), sample=1500, pairs=2000, seed=3)
    assert made["geometry"]["mse"] == pytest.approx(shape.mse, rel=1e-5)
    assert made["geometry"]["eigenspace_overlap"] == pytest.approx(shape.eigenspace_overlap, rel=1e-5)
    paired = embcompress.evaluate(binary(), original()).to_dict()
    for kind in ("spearman", "analogies"):
        for figure in ("kept", "value", "original", "items"):
            assert made[kind][figure] == pytest.approx(paired[kind][figure], rel=1e-5)
    assert (made["float32_bytes"], made["seed"]) == (original().float32_bytes, 3)
    assert set(made["versions"]) == {"embcompress", "numpy", "faiss"}
    assert made["versions"]["numpy"] == np.__version__
    assert len(json.dumps(made)) < 3000


def test_samples_depend_on_the_size_alone_and_are_bounded() -> None:
    assert samples_for(60_000, 300) == Samples(111, 60_000, 1500, 2000, 1000, 10_000)
    assert samples_for(300_000, 300) == Samples(100, 100_000, 1500, 2000, 1000, 10_000)
    assert samples_for(3_000_000, 300).first_rows == 375_000
    assert samples_for(2, 3) == Samples(2, 2, 2, 2000, 1000, 2)


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("one.embc", "two.embc"):
        embcompress.shrink(small_table(), "binary", seed=5).save(tmp_path / name)
    assert (tmp_path / "one.embc").read_bytes() == (tmp_path / "two.embc").read_bytes()
    assert embcompress.shrink(small_table(), "binary", seed=5).metadata["certificate"]["seed"] == 5


def test_neighbours_of_a_restricted_sample_are_among_the_first_rows() -> None:
    few = Samples(100, 600, 500, 100, 50, 1500)
    made = certificate(original(), binary(), samples=few)
    first = original().words[:600]
    expected = neighbour_overlap(Table(first, original().rows(slice(600))), Table(first, binary()[first]), sample=100)
    assert made["neighbours"]["both_coded"] == pytest.approx(expected.both_coded, abs=0.002)
    assert made["neighbours"]["both_coded"] > binary().metadata["certificate"]["neighbours"]["both_coded"]
    assert (made["neighbours"]["words"], made["geometry"]["rows"], made["analogies"]["items"]) == (100, 500, 50)


def test_words_that_answer_with_anothers_row_are_not_measured() -> None:
    table = original()
    kept, dropped = (Table(table.words[part], table.rows(part)) for part in (slice(2000), slice(2000, 2500)))
    mapped = embcompress.shrink(kept, "int8", dropped=dropped)
    made = embcompress.shrink(kept, "int8").metadata["certificate"]
    assert mapped.metadata["certificate"] == made
    assert all(each.holds for each in recheck(table, mapped, made))


def test_it_holds_again(made: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(made), "--against", str(table), "--certificate"]) == 0
    printed = capsys.readouterr().out
    assert "NO" not in printed
    assert "neighbours.both_coded" in printed
    assert printed.splitlines()[-1].startswith("all ")
    assert main(["evaluate", str(made), "--against", str(table), "--certificate", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] is True
    size = original().float32_bytes
    assert found["figures"][-1] == {"name": "float32_bytes", "stored": size, "measured": size, "holds": True}
    assert len(found["figures"]) > 30


def test_a_figure_that_does_not_hold_is_named(made: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = json.loads(json.dumps(binary().metadata["certificate"]))
    stored["analogies"]["kept"] += 0.006
    stored["geometry"]["cosine"] += 0.004  # as far off as another processor's sums may be
    changed = with_certificate(made, stored)
    assert main(["evaluate", str(changed), "--against", str(table), "--certificate"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.rstrip().endswith(" NO")] == ["analogies.kept"]
    assert lines[-1].startswith("1 of ")


def test_codes_that_were_changed_do_not_hold(table: Path) -> None:
    vectors = embcompress.shrink(original(), "binary", seed=3)
    vectors.segment.codes[:][:] = vectors.segment.codes[::-1].copy()
    broken = {each.name for each in recheck(original(), vectors, vectors.metadata["certificate"]) if not each.holds}
    assert {"neighbours.both_coded", "spearman.kept", "analogies.kept", "geometry.cosine"} <= broken
    assert "geometry.rate_distortion_bound" not in broken


DAMAGED: list[tuple[Any, str]] = [
    (None, "no certificate"),
    ({"neighbours": {"both_coded": 0.5}}, "does not say what it was measured on"),
    ({"seed": -1, "samples": dict.fromkeys(samples_for(9, 9).__dict__, 5)}, "does not say"),
    ({"seed": 0, "samples": dict.fromkeys(samples_for(9, 9).__dict__, 10**15)}, "does not say"),
    ({"seed": 0, "samples": dict.fromkeys(samples_for(9, 9).__dict__, True)}, "does not say"),
]


@pytest.mark.parametrize(("stored", "reason"), DAMAGED, ids=range(len(DAMAGED)))
def test_certificates_that_cannot_be_measured_again(
    stored: Any, reason: str, made: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = with_certificate(made, stored)
    assert main(["evaluate", str(changed), "--against", str(table), "--certificate"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert reason in printed
    assert main(["info", str(changed)]) == 0


def test_figures_of_other_kinds_do_not_hold() -> None:
    assert Recheck("x", 0.5, 0.504).holds
    assert not Recheck("x", 0.5, 0.506).holds
    assert Recheck("bytes", 1e9, 1e9 + 1e6).holds
    assert Recheck("x", None, None).holds
    assert not any(Recheck("x", each, 0.5).holds for each in (None, "0.5", [0.5], {"a": 1}, float("nan")))


def test_info_prints_it(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = binary().metadata["certificate"]
    assert main(["info", str(made)]) == 0
    printed = capsys.readouterr().out
    assert f"{stored['neighbours']['exact_query']:.3f} for exact queries" in printed
    assert f"{stored['analogies']['kept']:.2f} ({stored['analogies']['value']:.2f} of" in printed
    assert f"numpy {np.__version__}" in printed
    assert main(["info", str(made), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["certificate"] == stored


def test_info_prints_what_it_can_of_an_odd_certificate(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"neighbours": 3, "spearman": [1], "geometry": {"mse": "x"}, "samples": None}
    assert main(["info", str(with_certificate(made, odd))]) == 0
    assert "spec       binary" in capsys.readouterr().out


@pytest.mark.parametrize("stored", ["text", 7, [1, 2]], ids=str)
def test_a_certificate_that_is_no_object_is_refused(made: Path, stored: Any) -> None:
    with pytest.raises(FormatError, match="its metadata gives a certificate that is no object"):
        with_certificate(made, stored)


def test_requirements_that_are_met_and_not_met() -> None:
    measured = {
        "neighbours": {"both_coded": 0.95, "exact_query": 0.9},
        "spearman": {"kept": 0.9496},
        "analogies": {"kept": None, "note": "Google analogies: no question is in the vocabulary"},
        "geometry": {"cosine": 1.0, "eigenspace_overlap": 0.5},
        "ratio": None,
    }
    require(parse_requirements("neighbours>=0.95, neighbours_exact<=0.9,cosine > 0.99,eigenspace_overlap<.6"), measured)
    failing = {
        "neighbours>=0.951": "neighbours 0.950 is below the required 0.951",
        "neighbours>0.95": "neighbours 0.950 is not above the required 0.95",
        "cosine<1": "cosine 1.000 is not below the allowed 1",
        "neighbours_exact<=0.5": "neighbours_exact 0.900 is above the allowed 0.5",
        "spearman>=0.95": "spearman 0.9496 is below the required 0.95",
        "analogies>=0": "analogies could not be measured (Google analogies: no question is in the vocabulary)",
        "ratio>1": "ratio could not be measured (the table comes from no file)",
    }
    for text, reason in failing.items():
        with pytest.raises(NotKeptError) as caught:
            require(parse_requirements(text), measured)
        assert str(caught.value) == reason
    with pytest.raises(NotKeptError, match=r"0\.951; cosine 1\.000 is not below"):
        require(parse_requirements("neighbours>=0.951,spearman>0,cosine<1"), measured)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("analogy>=0.9", "there is no figure 'analogy': take neighbours, neighbours_exact, spearman, analogies"),
        ("analogies=0.9", "one of >=, <=, >, <"),
        ("analogies=>0.9", "one of >=, <=, >, <"),
        ("analogies", "one of >=, <=, >, <"),
        ("analogies>=much", "'much' is not a number"),
        ("analogies>=nan", "'nan' is not a number"),
        ("analogies>=", "'' is not a number"),
        ("analogies>=0.9,", "requirement ''"),
        ("", "requirement ''"),
    ],
)
def test_requirements_that_are_none(text: str, reason: str, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_requirements(text)
    assert reason in str(caught.value)
    assert main(["shrink", str(table.with_name("nowhere")), "--require", text]) == 2  # before anything is read
    printed = capsys.readouterr().err
    assert printed == f"error: {caught.value}\n"


def test_shrink_writes_nothing_that_is_not_as_required(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = table.with_suffix(".embc")
    target.write_bytes(b"old")
    kept = binary().metadata["certificate"]["analogies"]["kept"]
    call = ["shrink", str(table), "--spec", "binary", "--seed", "3", "--force", "--require"]
    assert main([*call, "analogies>=0.99"]) == 1
    assert capsys.readouterr().err == f"error: analogies {kept:.3f} is below the required 0.99\n"
    assert main([*call, "analogies>=0.1,ratio>100"]) == 1
    assert "is not above the required 100" in capsys.readouterr().err
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in table.parent.iterdir()) == ["table.bin", "table.embc"]
    assert main([*call, "analogies>=0.1,ratio>5", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["analogies"]["kept"] == kept
    assert report["bytes"] == target.stat().st_size
    assert sorted(path.name for path in table.parent.iterdir()) == ["table.bin", "table.embc"]


def test_evaluate_prints_and_then_fails(made: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(made), "--against", str(table), "--require", "cosine>=0.5,neighbours>=0.9"]) == 1
    printed = capsys.readouterr()
    assert "SimLex-999" in printed.out
    kept = neighbour_overlap(original(), binary()).both_coded
    assert printed.err == f"error: neighbours {kept:.3f} is below the required 0.9\n"


def test_tables_without_a_certificate_or_a_word_in_common() -> None:
    with pytest.raises(FormatError, match="no certificate"):
        recheck(original(), binary(), None)
    with pytest.raises(UsageError, match="no word in common"):
        certificate(Table(["qqqq"], np.ones((1, 100), dtype=np.float32)), binary())
