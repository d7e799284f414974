"""From every format to every other, without compressing."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import Table, exports
from tests.common import shrunk
from tests.writers import FORMATS, VECTORS, WRAPPERS, glove, write

PLAIN = ["the", "naïve", "東京", "e-mail", "x" * 300]
ROWS = VECTORS[: len(PLAIN)]
TARGETS = ["out.bin", "out.txt", "out.glove.txt", "out.kv", "out.npz", "out.model2vec", "out.parquet", "out.arrow"]
"""Endings of formats of float32 that are read, too."""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("form", FORMATS)
def test_between_formats(form: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if target.endswith((".parquet", ".arrow")):
        pytest.importorskip("pyarrow", reason="writes the format")
    source = write(tmp_path / "source", WRAPPERS["gzip"](FORMATS[form](PLAIN, ROWS)))
    assert main(["convert", str(source), str(tmp_path / target), "--json"]) == 0
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert printed.err == ""
    assert (facts["words"], facts["dims"], facts["lost"]) == (len(PLAIN), 6, [])
    assert facts["format"] == str(exports.of_ending(target))
    table = embcompress.load(tmp_path / target)
    assert list(table.words) == PLAIN
    np.testing.assert_array_equal(table.rows(slice(None)), ROWS)


def test_there_and_back_is_the_same_file(tmp_path: Path) -> None:
    first = write(tmp_path / "first.bin", FORMATS["word2vec .bin"](PLAIN, ROWS))
    assert main(["convert", str(first), str(tmp_path / "middle.txt")]) == 0
    assert main(["convert", str(tmp_path / "middle.txt"), str(tmp_path / "last"), "--to", "word2vec"]) == 0
    assert (tmp_path / "last").read_bytes() == first.read_bytes()


def test_a_compressed_table_is_decoded(tmp_path: Path) -> None:
    shrunk("lloyd:4").save(tmp_path / "table.embc")
    assert main(["convert", str(tmp_path / "table.embc"), str(tmp_path / "converted.bin")]) == 0
    assert main(["export", str(tmp_path / "table.embc"), "--to", "word2vec", "-o", str(tmp_path / "exported")]) == 0
    assert (tmp_path / "converted.bin").read_bytes() == (tmp_path / "exported").read_bytes()


def test_a_source_that_changes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "source.bin", FORMATS["word2vec .bin"](PLAIN, ROWS))
    whole = Table.rows

    def changing(table: Table, rows: slice) -> object:
        source.touch()
        return whole(table, rows)

    monkeypatch.setattr(Table, "rows", changing)
    assert main(["convert", str(source), str(tmp_path / "out.kv")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.bin"]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.TextIOWrapper(io.BytesIO(glove(PLAIN, ROWS)))
    monkeypatch.setattr(sys, "stdin", content)
    assert main(["convert", "-", str(tmp_path / "out.bin")]) == 0
    assert list(embcompress.load(tmp_path / "out.bin").words) == PLAIN


def test_what_is_left_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "source.txt", "a 1 2\na 3 4\nNew York 5 6\n")
    arguments = ["convert", str(source), str(tmp_path / "out.bin")]
    assert main([*arguments, "--strict"]) == 1
    assert "line 2: duplicate words" in capsys.readouterr().err
    assert main(arguments) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0] == "noted: 1 duplicate words, the first at line 2"
    assert error[1].startswith("error: word2vec:binary cannot hold 1 of 2 words, the first is 'New York': ")
    assert not (tmp_path / "out.bin").exists()
    assert main([*arguments, "--force"]) == 0
    assert capsys.readouterr().err.splitlines()[1:] == [
        "noted: word2vec:binary cannot hold 1 of 2 words, the first is 'New York': they are left out"
    ]
    assert list(embcompress.load(tmp_path / "out.bin").words) == ["a"]


def test_the_verb_called_wrongly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "source.txt", "a 1 2\nb 3 4\n")
    old = write(tmp_path / "old.bin", b"mine")
    wrong: dict[str, list[Path | str]] = {
        "its ending tells no format": [source, tmp_path / "out.embc"],
        "'embc' is no format to write": [source, tmp_path / "out.embc", "--to", "embc"],
        "old.bin exists already: overwrite it with --force": [source, old],
        "is the source itself": [source, source, "--force"],
        "faiss keeps codes, and this table has none": [source, tmp_path / "out.faiss"],
        "Missing argument 'OUT'": [source],
    }
    for reason, arguments in wrong.items():
        assert main(["convert", *map(str, arguments)]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert reason in error
    assert main(["convert", str(tmp_path / "nowhere"), str(old), "--force"]) == 1
    assert "cannot read" in capsys.readouterr().err
    assert old.read_bytes() == b"mine"
    assert sorted(tmp_path.iterdir()) == [old, source]


def test_tables_are_exported_from_python(tmp_path: Path) -> None:
    table = Table(PLAIN, ROWS)
    assert embcompress.export(table, tmp_path / "out.kv") > ROWS.nbytes
    np.testing.assert_array_equal(embcompress.load(tmp_path / "out.kv").rows(slice(None)), ROWS)
