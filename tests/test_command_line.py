"""Every verb, and every way to call it wrongly: one line, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from tests.common import small_table
from tests.writers import WRAPPERS, binary, write

COMMAND = [sys.executable, "-c", "import embcompress_cli.main as m; m.run()"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    table = small_table()
    return write(tmp_path / "table.bin.gz", WRAPPERS["gzip"](binary(list(table.words), table.rows(slice(None)))))


@pytest.fixture
def made(source: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["shrink", str(source)]) == 0
    capsys.readouterr()
    return source.parent / "table.embc"


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """The JSON that a call prints."""
    assert main([str(argument) for argument in arguments] + ["--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def test_shrink_reports_what_it_made(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "shrink", source, "--spec", "center,int8", "--seed", 4)
    made = source.parent / "table.embc"
    assert report["output"] == str(made)
    assert report["bytes"] == made.stat().st_size
    assert report["source_bytes"] == source.stat().st_size
    assert report["float32_bytes"] == 700 * 24 * 4 + sum(len(word) for word in small_table().words)
    assert report["ratio"] == pytest.approx(report["float32_bytes"] / report["bytes"])
    assert (report["words"], report["dims"], report["spec"], report["repairs"]) == (700, 24, "center,int8", {})
    assert report["neighbours"]["exact_query"] > 0.95
    assert set(report["neighbours"]) >= {"both_coded", "exact_query", "k", "words"}
    assert report["spearman"]["note"].startswith("SimLex-999: no pair is in the vocabulary")
    assert report["analogies"]["kept"] is None
    assert report["bytes_per_word"] == pytest.approx(report["bytes"] / 700)
    assert report["seconds"] > 0


def test_shrink_prints_a_report_and_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "table.txt", "one 1 2\ntwo 3 4\none 5 6\nnothing 0 0\nthree 5 -6\n")
    assert main(["shrink", str(path), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert "noted: 1 duplicate words, the first at line 3" in printed.err
    assert "noted: 1 rows of zeros, the first at line 4" in printed.err
    for expected in ("3 x 2 dimensions", "lloyd:4", "bytes a word", "nearest 2 kept", str(tmp_path / "out")):
        assert expected in printed.out


def test_vocab_takes_the_first_words(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "shrink", source, "--vocab", 50)["words"] == 50
    assert list(embcompress.open(source.parent / "table.embc").index_to_key) == [f"word{row}" for row in range(50)]


def test_similar(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "similar", made, "word3", "word55", "-k", 4)["results"]
    vectors = embcompress.open(made)
    assert [each["query"] for each in found] == ["word3", "word55"]
    for each in found:
        expected = vectors.most_similar(each["query"], topn=4)
        assert [near["word"] for near in each["neighbours"]] == [word for word, _ in expected]
        assert [near["similarity"] for near in each["neighbours"]] == pytest.approx([score for _, score in expected])
    assert main(["similar", str(made), "word3", "-k", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["word3", "similarity"]
    assert lines[2].split()[0] == vectors.most_similar("word3")[0][0]


def test_analogy_is_b_less_a_plus_c(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "analogy", made, "word1", "word2", "word30")["results"][0]
    expected = embcompress.open(made).most_similar(positive=["word2", "word30"], negative=["word1"])
    assert [n["word"] for n in found["neighbours"]] == [word for word, _ in expected]


def test_info(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = answer(capsys, "info", made)
    assert facts["spec"] == "lloyd:4"
    assert facts["arrays"]["0.codes"] == {"dtype": "uint8", "shape": [700, 12], "bytes": 8400}
    assert sum(array["bytes"] for array in facts["arrays"].values()) < facts["bytes"] == made.stat().st_size
    assert facts["source"] == {"name": "table.bin.gz", "bytes": (made.parent / "table.bin.gz").stat().st_size}
    assert main(["info", str(made)]) == 0
    printed = capsys.readouterr().out
    assert "for exact queries (vectors from outside), over 700 words" in printed
    assert "analogies kept      unknown: Google analogies: no question is in the vocabulary" in printed


def test_verify(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "verify", made)["valid"] is True
    content = bytearray(made.read_bytes())
    content[-1] ^= 1
    made.write_bytes(content)
    assert main(["verify", str(made)]) == 1
    assert "error:" in capsys.readouterr().err


def test_specs(capsys: pytest.CaptureFixture[str]) -> None:
    listed = answer(capsys, "specs")
    usages = {stage["name"]: stage["usage"] for stage in listed["stages"]}
    assert listed["default"] == "lloyd:4"
    assert usages["pca"] == "pca:k"
    assert usages["pq"] == "pq:M[xB][:balance]"
    assert usages["ternary"] == "ternary[:t1[:t2]]"
    assert usages["binary"] == "binary[:mean|median|zero|threshold]"
    assert all(stage["help"].endswith((".", ")")) for stage in listed["stages"])
    assert main(["specs"]) == 0
    printed = capsys.readouterr().out
    assert all(usage in printed for usage in usages.values())


WRONG: list[tuple[list[str], int, str]] = [
    (["shrink"], 2, "Missing argument 'SOURCE'"),
    (["shrnk"], 2, "No such command 'shrnk'"),
    (["shrink", "{table}", "--speck", "int8"], 2, "No such option"),
    (["shrink", "{table}", "--spec", "int9"], 2, "unknown stage 'int9'"),
    (["shrink", "{table}", "--spec", "pca:99,int8"], 2, "pca:99: k = 99 is not between 1 and the 24 dimensions"),
    (["shrink", "{table}", "--spec", "pq:25x4"], 2, "M = 25"),
    (["shrink", "{table}", "--vocab", "0"], 2, "0 is not in the range x>=1"),
    (["shrink", "{table}", "--seed", "-1"], 2, "-1 is not in the range"),
    (["shrink", "{table}", "-o", "{folder}/no/such/x.embc"], 2, "does not exist: make it with mkdir -p"),
    (["shrink", "{table}", "-o", "{folder}"], 2, "is a folder: give a file with -o FILE"),
    (["shrink", "{folder}/nowhere.bin"], 1, "cannot read {folder}/nowhere.bin: No such file or directory"),
    (["similar", "{folder}/nowhere.embc", "x"], 1, "cannot read {folder}/nowhere.embc: No such file or directory"),
    (["similar", "{table}", "x"], 1, "not an .embc file"),
    (["similar", "{folder}/x.embc", "x", "-k", "0"], 2, "0 is not in the range x>=1"),
    (["verify", "{table}"], 1, "make one with: embcompress shrink"),
]


@pytest.mark.parametrize(("arguments", "code", "reason"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_calls(
    arguments: list[str], code: int, reason: str, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"table": str(source), "folder": str(source.parent)}
    before = sorted(source.parent.iterdir())
    assert main([argument.format(**names) for argument in arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert reason.format(**names) in printed.err
    assert sorted(source.parent.iterdir()) == before


def test_unknown_words_are_reported_before_anything_is_printed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["similar", str(made), "word3", "wrd44"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "error: 'wrd44' is not in the vocabulary; near spellings of 'wrd44': word44\n"


def test_an_output_is_overwritten_only_with_force(source: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = made.read_bytes()
    assert main(["shrink", str(source), "--spec", "binary"]) == 2
    assert "exists already: overwrite it with --force" in capsys.readouterr().err
    assert made.read_bytes() == old
    assert main(["shrink", str(source), "--spec", "binary", "--force"]) == 0
    assert embcompress.open(made).spec == "binary"


def test_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "table.txt", "one 1 2\ntwo 3 4\none 5 6\n")
    assert main(["shrink", str(path), "--strict"]) == 1
    assert capsys.readouterr().err == (
        f"error: {path}: line 3: duplicate words, here 'one' (without --strict such things are left out and counted)\n"
    )
    assert list(tmp_path.iterdir()) == [path]


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "embcompress shrink vectors.bin" in capsys.readouterr().out
    assert main(["shrink", "-h"]) == 0
    assert "--force" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"embcompress {embcompress.__version__}\n"
    assert main([]) == 2


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("limit", [2000, 9000])  # of the temporary file with the rows, and of the output
def test_a_full_disk(limit: int, source: Path, made: Path) -> None:
    old, before = made.read_bytes(), sorted(source.parent.iterdir())
    result = run(
        "shrink",
        source,
        "--force",
        "--vocab",
        90 if limit == 9000 else 700,
        "--spec",
        "pq:4x8",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: cannot write ")
    assert "File too large" in result.stderr
    assert made.read_bytes() == old
    assert sorted(source.parent.iterdir()) == before


def test_an_interrupt(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((30_000, 64), dtype=np.float32)
    source = write(tmp_path / "table.bin", binary([f"w{row}" for row in range(len(rows))], rows))
    (tmp_path / "table.embc").write_bytes(b"old")
    with subprocess.Popen(
        [*COMMAND, "shrink", str(source), "--force", "--spec", "pq:32x8"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b"error: interrupted, nothing was written\n"
    assert (tmp_path / "table.embc").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.bin", "table.embc"]


def test_a_reader_that_stops_listening(made: Path) -> None:
    words = [f"word{row}" for row in range(0, 700, 3)]
    with subprocess.Popen(
        [*COMMAND, "similar", str(made), *words, "-k", "100"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_progress_is_shown_on_a_terminal_only(source: Path) -> None:
    silent = run("shrink", source, "--force", "-o", source.parent / "a.embc")
    assert silent.stderr == ""
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [*COMMAND, "shrink", str(source), "-o", str(source.parent / "b.embc")],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env=environment,
    ):
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(master)
    for stage in (b"reading", b"fitting lloyd:4", b"encoding", b"measuring"):
        assert stage in shown


def test_words_that_are_not_utf8_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "table.txt", b"caf\xe9 1 2\nplain 1 2.1\nother -1 2\n")
    assert main(["shrink", str(path)]) == 0
    capsys.readouterr()
    assert main(["similar", str(tmp_path / "table.embc"), "plain", "-k", "1"]) == 0
    assert "caf\ufffd" in capsys.readouterr().out
    found = answer(capsys, "similar", tmp_path / "table.embc", "plain", "-k", "1")
    assert found["results"][0]["neighbours"][0]["word"] == "caf\udce9"
