"""Encodings side by side: the front, results that survive an interruption, the report, and the verb."""

from __future__ import annotations

import itertools
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import FormatError, Table, UsageError, encodings, parse
from embcompress.codebook import Codebook
from embcompress.comparison import run
from embcompress.comparison.front import pareto_front, smallest_first, specs_on_front
from embcompress.comparison.grid import every_spec
from embcompress.comparison.measure import measure
from embcompress.comparison.result_lines import ResultLines, table_digest
from embcompress.comparison.results import Measures, Result, Scores
from embcompress.evaluation import speed
from embcompress.evaluation.evaluate import evaluate
from embcompress.spec import Grid
from tests.common import DIMS, ROWS, small_table

NONE = Scores(None, None, None, 0, "no pair is in the vocabulary")


def measures(bytes: int, neighbours: float, **others: Any) -> Measures:
    figures = Measures(
        bytes=bytes,
        bits_per_dimension=bytes / 1000,
        ratio=32_000 / bytes,
        neighbours=neighbours,
        neighbours_exact_query=neighbours,
        spearman=NONE,
        analogies=NONE,
        mse=1 - neighbours,
        rate_distortion_bound=0.01,
        bound_ratio=100 * (1 - neighbours),
        fit_seconds=0.5,
        encode_seconds=0.25,
        query_seconds=0.002,
        look_up_seconds=3e-5,
    )
    return replace(figures, **others)


RESULTS = [
    Result("lloyd:4", measures(4000, 0.97)),
    Result("binary", measures(1000, 0.7)),
    Result("int4", measures(4000, 0.9)),
    Result("pq:400x4", None, "M = 400 is not between 1 and the 24 dimensions there are"),
    Result("int8", measures(8000, 0.99)),
]


@pytest.fixture(autouse=True)
def _short_timings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.02)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "table.npz"
    small_table().save(path)
    return path


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Specs that were really measured, in their order."""
    asked: list[str] = []

    def counting(table: Any, spec: Any) -> Measures:
        asked.append(str(spec))
        return measure(table, spec)

    monkeypatch.setattr(run, "measure", counting)
    return asked


def test_the_front_is_what_no_point_beats() -> None:
    assert pareto_front([(3, 0.9), (1, 0.5), (2, 0.4), (3, 0.8), (4, 0.9), (5, 1.0)]) == [1, 0, 5]
    assert pareto_front([(1, 0.5), (1, 0.5), (2, 0.5)]) == [0, 1]  # equals do not beat each other
    assert pareto_front([]) == []
    points = [tuple(point) for point in np.random.default_rng(1).integers(0, 8, (60, 2)).tolist()]
    beaten = {
        index
        for (index, (cost, gain)), other in itertools.product(enumerate(points), points)
        if other[0] <= cost and other[1] >= gain and other != (cost, gain)
    }
    assert set(pareto_front(points)) == set(range(60)) - beaten


def test_quality_is_a_geometric_mean_of_what_could_be_measured() -> None:
    full = measures(
        1, 0.5, spearman=Scores(0.8, 0.32, 0.4, 9, ""), analogies=Scores(1.2, 0.6, 0.5, 9, "")
    )  # more than was there counts as all of it
    assert full.quality == pytest.approx((0.5 * 0.8 * 1) ** (1 / 3))
    assert measures(1, 0.5).quality == pytest.approx(0.5)
    assert measures(1, 0.5, spearman=Scores(-0.1, -0.04, 0.4, 9, "")).quality == 0


def test_stars_and_order_go_by_bytes_and_quality() -> None:
    assert specs_on_front(RESULTS) == {"binary", "lloyd:4", "int8"}
    assert [spec for spec, _ in smallest_first(RESULTS)] == ["binary", "lloyd:4", "int4", "int8"]


def test_a_few_bytes_decide_nothing() -> None:
    pair = [Result("lloyd:1", measures(2_980_104, 0.6)), Result("binary", measures(2_980_808, 0.61))]
    assert specs_on_front(pair) == {"binary"}
    assert [spec for spec, _ in smallest_first(pair)] == ["binary", "lloyd:1"]
    assert specs_on_front([pair[0], Result("binary", measures(2_990_808, 0.61))]) == {"lloyd:1", "binary"}


def test_all_takes_every_quantizer_in_every_form() -> None:
    texts = [str(spec) for spec in every_spec(300)]
    assert len(set(texts)) == len(texts)
    names = {name for name in encodings.names() if encodings.find(name).kind == encodings.QUANTIZER}
    assert {str(spec.stages[-1].name) for spec in every_spec(300)} == names
    assert {"lloyd:1", "lloyd:2", "lloyd:4", "pq:75x4", "pq:75x8", "pq:37x8", "float16"} <= set(texts)
    assert {"pca:150,pq:75x4", "rotate,binary", "pca:150,int8", "pq:75x4:balance", "groups:1:8"} <= set(texts)
    assert not {"rotate,pq:75x4", "rotate,float16", "pca:150,float16"} & set(texts)
    assert [str(spec) for spec in every_spec(1) if spec.stages[-1].name == "pq"][:3] == ["pq:1x4", "pq:1x8", "pq:1x8"]


def test_a_new_encoding_is_in_the_grid_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(x: Any, MxB: Grid, share: float) -> Codebook:
        raise NotImplementedError

    novel, find = encodings.Encoding("novel", fit), encodings.find
    monkeypatch.setattr(encodings, "names", lambda: ["novel", "pca", "rotate"])
    monkeypatch.setattr(encodings, "find", lambda name: novel if name == "novel" else find(name))
    assert [str(spec) for spec in every_spec(16)][:4] == [
        "novel:4x4:0.5",
        "novel:4x4:1",
        "novel:4x4:2",
        "novel:2x8:0.5",
    ]


def test_figures_are_those_of_evaluate(tmp_path: Path) -> None:
    table, path = bundled_table(), tmp_path / "made.embc"
    (result,) = run.compare(table, [parse("pca:50,lloyd:2")], seed=3)
    found = result.measures
    assert found is not None
    embcompress.shrink(table, "pca:50,lloyd:2", seed=3).save(path)
    expected = evaluate(embcompress.open(path), table, seed=3).to_dict()
    assert found.neighbours == pytest.approx(expected["neighbours"]["both_coded"], abs=1e-6)
    assert found.neighbours_exact_query == pytest.approx(expected["neighbours"]["exact_query"], abs=1e-6)
    assert found.spearman.kept == pytest.approx(expected["spearman"]["kept"], abs=1e-6)
    assert found.analogies.kept == pytest.approx(expected["analogies"]["kept"], abs=1e-6)
    assert found.mse == pytest.approx(expected["geometry"]["mse"])
    assert found.bound_ratio == pytest.approx(expected["geometry"]["bound_ratio"])
    assert found.ratio == pytest.approx(expected["ratio"], rel=0.02)  # the file of shrink has a certificate
    assert found.bits_per_dimension == 1.04  # 13 bytes for 100 dimensions
    assert 0 < found.look_up_seconds < found.query_seconds < 1


def bundled_table() -> Table:
    path = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"
    return embcompress.load(path, limit=3000)


def test_what_does_not_suit_is_said_and_the_others_go_on() -> None:
    found = run.compare(small_table(), [parse("pq:400x4"), parse("int8"), parse("binary"), parse("int8")])
    assert [result.spec for result in found] == ["pq:400x4", "int8", "binary"]
    assert found[0].measures is None
    assert "M = 400" in found[0].reason
    assert found[1].measures is not None
    assert found[2].measures is not None
    assert found[1].measures.neighbours > 0.98 > found[2].measures.neighbours
    assert found[1].measures.spearman.kept is None
    assert "no pair is in the vocabulary" in found[1].measures.spearman.note
    with pytest.raises(UsageError, match="no spec"):
        run.compare(small_table(), [])
    with pytest.raises(UsageError, match="no rows"):
        run.compare(Table([], np.zeros((0, 4), np.float32)), [parse("int8")])


def test_results_survive_and_are_not_measured_again(tmp_path: Path, measured: list[str]) -> None:
    path, table = tmp_path / "results.jsonl", small_table()
    specs = [parse("int8"), parse("pq:400x4"), parse("binary")]
    first = run.compare(table, specs, lines=ResultLines(path, table, 0))
    assert measured == ["int8", "pq:400x4", "binary"]
    assert run.compare(table, specs, lines=ResultLines(path, table, 0)) == first
    assert len(measured) == 3
    lines = path.read_bytes().splitlines(keepends=True)
    assert [json.loads(line)["spec"] for line in lines] == ["int8", "pq:400x4", "binary"]

    path.write_bytes(b"".join(lines)[:-200])  # interrupted while the last line was written
    assert set(ResultLines(path, table, 0).found) == {"int8", "pq:400x4"}
    assert path.read_bytes() == b"".join(lines[:2])
    run.compare(table, specs, lines=ResultLines(path, table, 0))
    assert measured[3:] == ["binary"]
    assert len(path.read_bytes().splitlines()) == 3

    path.write_bytes(b"".join(lines[:2]) + b'{"table": "\0\0\n')  # damaged, though its end is there
    assert set(ResultLines(path, table, 0).found) == {"int8", "pq:400x4"}


def test_results_of_something_else_do_not_count(tmp_path: Path, measured: list[str]) -> None:
    path, table = tmp_path / "results.jsonl", small_table()
    run.compare(table, [parse("int8")], lines=ResultLines(path, table, 0))
    rows = table.rows(slice(None))
    changed = Table(list(table.words), np.where(np.arange(DIMS) == 3, rows + 1, rows))
    renamed = Table([f"other{row}" for row in range(ROWS)], rows)
    assert len({table_digest(each) for each in (table, changed, renamed)}) == 3
    assert table_digest(table) == table_digest(Table(list(table.words), rows))
    for other, seed in ((table, 1), (changed, 0), (renamed, 0)):
        assert ResultLines(path, other, seed).found == {}
    content = path.read_text()
    version = json.loads(content)["version"]
    path.write_text(content.replace(f'"version": "{version}"', '"version": "0.0.1"'))
    assert ResultLines(path, table, 0).found == {}
    run.compare(table, [parse("int8")], lines=ResultLines(path, table, 0))
    assert measured == ["int8", "int8"]
    assert len(path.read_text().splitlines()) == 2, "lines of others stay"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"king 0.1 0.2\nqueen 0.3 0.4", "line 1"),
        (b'{"words": 3}', "line 1"),
        (b"\x00\xff\x80", "line 1"),
        (b'{"table": "cut\n{"table": "x"}\n', "line 1"),
    ],
)
def test_files_of_others_are_refused_and_left_alone(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=f"{told}: is no result"):
        ResultLines(path, small_table(), 0)
    assert path.read_bytes() == content


def test_damaged_figures_are_named(tmp_path: Path) -> None:
    path, table = tmp_path / "results.jsonl", small_table()
    ResultLines(path, table, 0).add(RESULTS[0])
    path.write_text(path.read_text().replace('"mse"', '"msf"'))
    with pytest.raises(FormatError, match="line 1: the figures of 'lloyd:4' are damaged"):
        ResultLines(path, table, 0)


@pytest.fixture(scope="module")
def page() -> str:
    pytest.importorskip("matplotlib")
    return written_report("a & b.bin")


def written_report(name: str) -> str:
    from embcompress.comparison.report import Subject, report

    return report(Subject(name, 700, 24, 71_000, 0, np.linspace(0.08, 0.001, 24)), RESULTS)


def test_the_report_is_self_contained(page: str) -> None:
    links = set(re.findall(r"\w+://[^\s\"'<)]+", page))
    assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<script|<link|@import|<img|url\((?!#)", page)
    wanted = set(re.findall(r"(?:xlink:href=\"|url\()#([^\")]+)", page))
    assert wanted, "markers and clips are drawn by name"
    assert wanted <= set(re.findall(r'\bid="([^"]+)"', page))


def test_the_report_has_every_spec_and_figure(page: str) -> None:
    rows = dict(re.findall(r"<tr[^>]*><th scope=\"row\">(?:<span[^>]*>★</span> )?([^<]+)</th>(.*?)</tr>", page))
    assert list(rows) == ["binary", "lloyd:4", "int4", "int8", "pq:400x4"]
    assert "M = 400 is not between 1 and the 24 dimensions" in rows["pq:400x4"]
    cells = re.findall(r"<td>([^<]*)</td>", rows["lloyd:4"])
    assert cells[:8] == ["0.00", "4.00", "8.0", "0.970", "0.970", "0.970", "-", "-"]
    assert cells[8:] == ["0.0300", "3.00", "0.8", "2.00", "30.0"]
    starred = re.findall(r"<tr class=front><th[^>]*><span[^>]*>★</span> ([^<]+)", page)
    assert starred == ["binary", "lloyd:4", "int8"]
    assert "<h1>Encodings of a &amp; b.bin</h1>" in page
    assert "700 words &times; 24 dimensions" in page
    assert "no mean Spearman correlation (no pair is in the vocabulary)" in page


def test_plots_name_the_front_and_take_the_pages_colours(page: str) -> None:
    plots = dict(
        re.findall(r'<svg role="img" aria-label="([\w ]+) against bits a dimension"(.*?)</svg>', page, re.DOTALL)
    )
    assert list(plots) == ["quality", "neighbours", "exact query", "mse"]  # what no result has is not drawn
    for name, svg in plots.items():
        named = set(re.findall(r">([a-z]+\d*(?::\d)?)</text>", svg))
        assert {"binary", "lloyd:4", "int8"} <= named, name
        assert "int4" not in named
        assert not re.findall(r"#[0-9a-fA-F]{6}\b", svg), "every colour is a variable of the page"
        assert ("var(--bound)" in svg) == (name == "mse")
    light, dark = page.split("@media (prefers-color-scheme: dark)")[:2]
    for variable in re.findall(r"var\((--\w+)\)", page):
        colours = [re.findall(rf"{variable}: (#\w+);", part)[0] for part in (light, dark)]
        assert colours[0] != colours[1], variable


def test_the_same_results_give_the_same_bytes(page: str) -> None:
    assert written_report("a & b.bin") == page
    assert written_report("c.bin") != page


def test_the_verb_end_to_end(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    folder = source.parent
    call = ["compare", str(source), "--specs", "binary", "pq:400x4", "lloyd:4", "--seed", "2"]
    files = ["-o", str(folder / "page.html"), "--results", str(folder / "results.jsonl")]
    assert main([*call, *files]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert max(map(len, lines)) <= 120
    assert [line.split()[1] for line in lines if line.startswith("* ")] == ["binary", "lloyd:4"] * 2 + ["on"]
    assert "no analogies: Google analogies: no question is in the vocabulary" in lines
    assert any(line.startswith("pq:400x4 does not suit this table: ") for line in lines)
    assert "lloyd:4</th>" in (folder / "page.html").read_text()

    first_page = (folder / "page.html").read_bytes()
    assert main([*call, *files, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["words"], facts["dims"], facts["seed"]) == (ROWS, DIMS, 2)
    assert [(each["spec"], each["front"]) for each in facts["results"]] == [
        ("binary", True),
        ("pq:400x4", False),
        ("lloyd:4", True),
    ]
    kept = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    assert [each["measures"] for each in facts["results"]] == [each["measures"] for each in kept]
    assert {"bytes", "ratio", "neighbours", "spearman", "analogies", "quality"} <= set(kept[0]["measures"])
    assert (folder / "page.html").read_bytes() == first_page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--specs lloyd:4 binary, or --all"),
        (["--all", "--specs", "int8"], "--specs lloyd:4 binary, or --all"),
        (["int8"], "--specs int8"),
        (["--specs", "int8", "in8"], "did you mean int8"),
        (["--specs", "int8", "-o", "report.pdf"], "-o report.pdf.html"),
        (["--specs", "int8", "-o", "nowhere/page.html"], "folder nowhere does not exist"),
        (["--specs", "int8", "--results", "."], "is a folder"),
    ],
)
def test_wrong_calls_are_refused_before_anything_is_read(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    measured: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "missing.bin", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert measured == []


def test_the_table_is_never_overwritten(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = source.read_bytes()
    assert main(["compare", str(source), "--specs", "int8", "--results", str(source)]) == 2
    assert "is the table itself" in capsys.readouterr().err
    assert source.read_bytes() == before


def test_it_fails_if_no_encoding_suits(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(source), "--specs", "pq:400x4", "pca:99,int8"]) == 1
    printed = capsys.readouterr()
    assert printed.out.count("does not suit this table") == 2
    assert printed.err.startswith("error: none of the 2 encodings suits this table")


def test_without_matplotlib_it_says_what_to_install(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measured: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["compare", str(source), "--specs", "int8", "-o", str(source.parent / "page.html")]) == 1
    assert "pip install 'embcompress[report]'" in capsys.readouterr().err
    assert measured == []
    assert main(["compare", str(source), "--specs", "int8"]) == 0


def test_an_interrupt_says_how_to_go_on(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measured: list[str]
) -> None:
    lines = source.parent / "results.jsonl"
    call = ["compare", str(source), "--specs", "int8", "binary", "--results", str(lines)]

    def interrupted(table: Any, spec: Any) -> Measures:
        if str(spec) == "binary":
            raise KeyboardInterrupt
        return measure(table, spec)

    with monkeypatch.context() as patched:
        patched.setattr(run, "measure", interrupted)
        assert main(call) == 130
    assert f"{lines} holds what was measured" in capsys.readouterr().err
    assert main(call) == 0
    assert measured == ["binary"]
