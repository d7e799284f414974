"""What an export loses is said before it writes, and a run that fails leaves what was there."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import CompressedVectors, Table, UsageError, exports
from embcompress.arrays import Floats
from embcompress.table import NgramRows
from tests.common import shrunk

README = (Path(__file__).parent.parent / "README.md").read_text()


def table_of(words: list[str]) -> Table:
    return Table(words, np.random.default_rng(1).standard_normal((len(words), 4)).astype(np.float32))


def told(source: CompressedVectors | Table, path: Path, format: str, *, leave_out: bool = False) -> list[str]:
    lines: list[str] = []
    embcompress.export(source, path, format, notice=lines.append, leave_out=leave_out)
    return lines


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    assert told(vectors, tmp_path / "a", "glove") == ["codes of 12 bytes a word are decoded to float32"]
    assert told(vectors, tmp_path / "b", "faiss") == ["vectors' lengths are left out, their directions stay"]
    table = table_of(["a", "b"])
    assert told(table, tmp_path / "c", "npz") == []
    assert told(table, tmp_path / "d", "safetensors") == ["numbers are rounded to float16"]


def test_rows_of_ngrams_are_told(tmp_path: Path) -> None:
    ngrams = NgramRows(3, 4, 50, np.ones((50, 4), dtype=np.float32))
    table = Table(["cat", "dog"], np.eye(2, 4, dtype=np.float32), ngrams=ngrams)
    lost = "50 rows of n-grams are left out: words that are not in the table get no vectors"
    assert told(table, tmp_path / "a", "word2vec") == [lost]
    assert told(embcompress.shrink(table, "int8"), tmp_path / "b", "word2vec")[-1] == lost


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("word2vec", "New York"),
        ("word2vec:text", "New York"),
        ("glove", "route 66"),
        ("npz", "end\0"),
        ("model2vec", "caf\udce9"),
        ("sqlite", "caf\udce9"),
        ("parquet", "caf\udce9"),
    ],
)
def test_words_are_left_out_only_when_asked(name: str, word: str, tmp_path: Path) -> None:
    if name == "parquet":
        pytest.importorskip("pyarrow", reason="writes the format")
    path = tmp_path / f"table{exports.find(name).about.suffixes[0]}"
    table = table_of(["a", word, "b", word + word])
    with pytest.raises(UsageError, match="cannot hold 2 of 4 words, the first is") as caught:
        embcompress.export(table, path, name)
    assert repr(word) in str(caught.value)
    assert "--force" in str(caught.value)
    assert not list(tmp_path.iterdir())
    lost = told(table, path, name, leave_out=True)
    assert lost == [f"{exports.find(name)} cannot hold 2 of 4 words, the first is {word!r}: they are left out"]
    read = embcompress.load(path) if name != "sqlite" else None
    if read is not None:
        assert list(read.words) == ["a", "b"]
        np.testing.assert_array_equal(read.rows(slice(None)), table.rows(np.array([0, 2])))
    with pytest.raises(UsageError, match="can hold none of the 1 words: take another format"):
        embcompress.export(table_of([word]), path, name, leave_out=True)


def test_formats_of_codes_need_codes(tmp_path: Path) -> None:
    for name in ("faiss", "onnx", "torch"):
        with pytest.raises(UsageError, match=f"{name} keeps codes, and this table has none: .* embcompress shrink"):
            embcompress.export(table_of(["a"]), tmp_path / "out", name)


def test_unknown_formats_list_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'word3vec' is no format to write: there are arrow, faiss, gensim, glove"):
        embcompress.export(table_of(["a"]), tmp_path / "out.bin", "word3vec")
    with pytest.raises(TypeError, match=r"str is no table: give what embcompress\.open"):
        embcompress.export("table.embc", tmp_path / "out.bin")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"out\.xyz: its ending tells no format \(.*\.npz.* do\): name one of arrow, "):
        embcompress.export(table_of(["a"]), tmp_path / "out.xyz")


def test_numbers_too_large_for_float16(tmp_path: Path) -> None:
    table = Table(["a", "b"], np.array([[1, 2], [3, 70000]], dtype=np.float32))
    with pytest.raises(UsageError, match="the vector of 'b' has a number that float16 cannot hold, above 65504"):
        embcompress.export(table, tmp_path / "out.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "library"), [("onnx", "onnx"), ("usearch", "usearch.index"), ("parquet", "pyarrow")])
def test_a_missing_library_is_named_with_the_command(
    name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (library, f"{library}.parquet"):
        monkeypatch.setitem(sys.modules, each, None)
    extra = "arrow" if name == "parquet" else "export"
    package = library.partition(".")[0]
    with pytest.raises(ImportError, match=re.escape(f"written with {package}: pip install 'embcompress[{extra}]'")):
        embcompress.export(shrunk("int8"), tmp_path / "out", name)
    assert not list(tmp_path.iterdir())


class _Failing:
    """Rows that cannot be read to the end."""

    def __init__(self, error: BaseException) -> None:
        self.shape = (20_000, 2)
        self._error = error

    def __getitem__(self, rows: object) -> Floats:
        if isinstance(rows, slice) and rows.start:
            raise self._error
        return np.ones((8192, 2), dtype=np.float32)


FAILURES: dict[str, Callable[[], BaseException]] = {
    "interrupted": KeyboardInterrupt,
    "no space": lambda: OSError(28, "No space left on device"),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    "name", ["word2vec", "gensim", "model2vec", "sqlite", "safetensors", "npz", "arrow", "usearch"]
)
def test_a_run_that_fails_leaves_what_was_there(name: str, failure: str, tmp_path: Path) -> None:
    if name in ("arrow", "usearch"):
        pytest.importorskip({"arrow": "pyarrow"}.get(name, name), reason="writes the format")
    chosen = exports.find(name)
    path = tmp_path / f"table{chosen.about.suffixes[0]}"
    embcompress.export(table_of(["a", "b"]), path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    error = FAILURES[failure]()
    with pytest.raises(embcompress.FileAccessError if isinstance(error, OSError) else KeyboardInterrupt) as caught:
        embcompress.export(Table([f"w{row}" for row in range(20_000)], _Failing(error)), path)
    assert isinstance(caught.value, KeyboardInterrupt) or str(caught.value) == (
        f"cannot write {path}: No space left on device"
    )
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_folders_and_files_are_not_taken_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(UsageError, match="folder is a folder, and glove is a file: give another path"):
        embcompress.export(table_of(["a"]), tmp_path / "folder", "glove")
    with pytest.raises(UsageError, match="file is a file, and model2vec is a folder: give another path"):
        embcompress.export(table_of(["a"]), tmp_path / "file", "model2vec")
    with pytest.raises(embcompress.FileAccessError, match=r"cannot write .*out\.bin: No such file or directory"):
        embcompress.export(table_of(["a"]), tmp_path / "nowhere" / "out.bin")


def test_other_files_in_a_folder_stay(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.mkdir()
    (path / "notes.txt").write_text("mine")
    embcompress.export(table_of(["a", "b"]), path, "model2vec")
    size = embcompress.export(table_of(["c"]), path, "model2vec")
    assert size == sum(file.stat().st_size for file in path.iterdir()) - len("mine")
    assert (path / "notes.txt").read_text() == "mine"
    assert list(embcompress.load(path).words) == ["c"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_what_is_written_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    embcompress.export(table_of(["a"]), tmp_path / "out.bin")
    embcompress.export(table_of(["a"]), tmp_path / "model", "model2vec")
    usual = (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "out.bin").stat().st_mode == usual
    assert {file.stat().st_mode for file in (tmp_path / "model").iterdir()} == {usual}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "table.embc"
    shrunk("lloyd:4").save(path)
    return path


def test_the_verb(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(made), "--to", "word2vec:text"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "noted: codes of 12 bytes a word are decoded to float32\n"
    target = made.with_suffix(".txt")
    assert printed.out.splitlines()[0].split() == ["format", "word2vec:text"]
    assert f"{target.stat().st_size:,} bytes" in printed.out
    assert "opened by  KeyedVectors.load_word2vec_format" in printed.out
    assert printed.out.splitlines()[-1].split() == ["written", str(target)]
    np.testing.assert_array_equal(embcompress.load(target).rows(slice(None)), shrunk("lloyd:4").vectors)
    assert main(["export", str(made), "--to", "faiss", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["lost"] == ["vectors' lengths are left out, their directions stay"]
    assert facts["files"] == [str(made.with_suffix(".faiss")), str(made.with_suffix(".faiss.words.json"))]
    assert facts["bytes"] == sum(Path(file).stat().st_size for file in facts["files"])


def test_the_verb_called_wrongly(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, words = made.read_bytes(), made.parent / "out.faiss.words.json"
    words.write_bytes(b"mine")
    (made.parent / "model.model2vec").mkdir()
    wrong = {
        "'word3vec' is no format to write": ["--to", "word3vec"],
        "Missing option '--to'": [],
        "is the source itself": ["--to", "glove", "-o", str(made), "--force"],
        "out.faiss.words.json exists already: overwrite it with --force": [
            *("--to", "faiss", "-o", str(made.parent / "out.faiss"))
        ],
        "model.model2vec exists already": ["--to", "model2vec", "-o", str(made.parent / "model.model2vec")],
        "is a folder": ["--to", "glove", "-o", str(made.parent)],
        "does not exist: make it with mkdir -p": ["--to", "glove", "-o", str(made.parent / "no" / "out")],
    }
    for reason, arguments in wrong.items():
        assert main(["export", str(made), *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert reason in error
    assert (made.read_bytes(), words.read_bytes()) == (content, b"mine")
    made.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert main(["export", str(made), "--to", "glove"]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert main(["export", str(made.parent / "nowhere"), "--to", "glove"]) == 1
    assert "cannot read" in capsys.readouterr().err


def test_help_lists_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("export", "convert"):
        assert main([verb, "--help"]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        for each in exports.formats():
            assert f"{each} {each.about.help}" in printed


MADE_UP = """
from embcompress.exports._format import Kind

READER = "people"
KINDS = {"": Kind("words alone", (".words",))}


def write(table, path):
    path.write_text("".join(f"{word}\\n" for word in table.words))
"""


def test_a_new_format_is_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wordlist.py").write_text(MADE_UP)
    monkeypatch.setattr(exports, "__path__", [*exports.__path__, str(tmp_path)])
    embcompress.export(table_of(["a", "b"]), tmp_path / "out.words")
    assert (tmp_path / "out.words").read_text() == "a\nb\n"
    assert main(["export", "--help"]) == 0
    assert "words alone" in capsys.readouterr().out


def test_the_readme_has_every_format_and_what_it_keeps() -> None:
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in README.splitlines() if line.startswith("| `")]
    listed = {name.strip("`"): cells for name, *cells in rows}
    for each in exports.formats():
        opened, codes, lengths, subwords = listed[str(each)]
        assert opened.replace("`", "") == each.reader
        assert codes == ("yes" if each.keeps_codes else each.about.numbers)
        assert lengths == ("yes" if each.about.lengths else "no")
        assert subwords == "no"


def test_gensims_name_for_writing(tmp_path: Path) -> None:
    vectors, theirs = shrunk("lloyd:4"), shrunk("lloyd:4").to_gensim()
    for options in ({"binary": True}, {}, {"write_header": False}):
        vectors.save_word2vec_format(tmp_path / "ours", **options)  # type: ignore[arg-type]
        theirs.save_word2vec_format(str(tmp_path / "theirs"), **options)
        ours, expected = embcompress.load(tmp_path / "ours"), embcompress.load(tmp_path / "theirs")
        assert list(ours.words) == list(expected.words)
        np.testing.assert_array_equal(ours.rows(slice(None)), expected.rows(slice(None)))
    for wrong in ({"prefix": "x"}, {"append": True}, {"total_vec": 3}, {"binary": True, "write_header": False}):
        with pytest.raises(UsageError, match="to_gensim"):
            vectors.save_word2vec_format(tmp_path / "ours", **wrong)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no locks")
def test_what_a_killed_run_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    import fcntl

    abandoned, used = tmp_path / ".export-old.tmp", tmp_path / ".export-used.tmp"
    for folder in (abandoned, used):
        folder.mkdir()
        (folder / "part.bin").write_bytes(b"half")
    with open_folder(used) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        embcompress.export(shrunk("binary"), tmp_path / "out.bin")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".export-used.tmp", "out.bin"]
    assert (used / "part.bin").read_bytes() == b"half"


@contextmanager
def open_folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
