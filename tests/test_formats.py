"""Every format in every wrapper, told by content; and what is left out is counted."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import sys
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from embcompress import FileAccessError, FormatError, load
from embcompress.formats import _wrappers as wrappers
from embcompress.formats._source import open_source
from tests.writers import FORMATS, VECTORS, WORDS, WRAPPERS, assert_refused, binary, glove, npz, text, write


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_in_every_wrapper(form: str, wrapper: str, tmp_path: Path) -> None:
    # A .bin token ends at its first space, so such words are for the other formats.
    words = [word.replace(" ", "_") for word in WORDS] if ".bin" in form else WORDS
    path = write(tmp_path / "no-telling-name", WRAPPERS[wrapper](FORMATS[form](words, VECTORS)))
    table = load(path)
    assert list(table.words) == words
    np.testing.assert_array_equal(table.rows(slice(None)), VECTORS)
    assert table.repairs.counts == {}
    assert table.source == "no-telling-name"
    assert table.source_bytes == path.stat().st_size


@pytest.mark.parametrize("form", FORMATS)
def test_a_limit_takes_the_first_rows(form: str, tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", FORMATS[form](["a", "b", "c"], VECTORS[:3])), limit=2)
    assert list(table.words) == ["a", "b"]
    np.testing.assert_array_equal(table.rows(slice(None)), VECTORS[:2])


@pytest.mark.parametrize(("form", "is_binary"), [(binary, True), (text, False)])
def test_gensim_reads_the_same(form: object, is_binary: bool, tmp_path: Path) -> None:
    words = [word.replace(" ", "_") for word in WORDS if not word.isspace()]
    vectors = VECTORS[: len(words)]
    path = write(tmp_path / "table", form(words, vectors))  # type: ignore[operator]
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=is_binary)
    ours = load(path)
    assert list(ours.words) == theirs.index_to_key
    np.testing.assert_array_equal(ours.rows(slice(None)), theirs.vectors)


def test_tables_longer_than_a_block(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((20_000, 3)).astype(np.float16).astype(np.float32)
    words = [f"w{row}" for row in range(len(vectors))]
    for form in FORMATS.values():
        table = load(write(tmp_path / "table", form(words, vectors)))
        assert len(table) == 20_000
        rows = np.array([0, 8191, 8192, 19_999, 5])
        np.testing.assert_array_equal(table.rows(rows), vectors[rows])
        np.testing.assert_array_equal(table["w12345"], vectors[12345])


def test_one_row_and_one_dimension(tmp_path: Path) -> None:
    for form in FORMATS.values():
        table = load(write(tmp_path / "table", form(["lonely"], np.array([[0.5]], dtype=np.float32))))
        assert list(table.words) == ["lonely"]
        assert table.rows(slice(None)).tolist() == [[0.5]]
    numbers = load(write(tmp_path / "table", "12 34\n56 78\n"))
    assert list(numbers.words) == ["12", "56"]
    assert numbers.rows(slice(None)).tolist() == [[34], [78]]


def test_text_with_loose_ends(tmp_path: Path) -> None:
    content = "one 1 2\r\ntwo 3 4 \r\n\r\nnew york 5 6\n\nlast 7 8e-1"
    table = load(write(tmp_path / "table", content))
    assert list(table.words) == ["one", "two", "new york", "last"]
    np.testing.assert_array_equal(
        table.rows(slice(None)), np.array([[1, 2], [3, 4], [5, 6], [7, 0.8]], dtype=np.float32)
    )


@pytest.mark.parametrize("word", ["PK", "BZh9", "PAR1", "embc"])
def test_first_words_that_begin_like_other_formats(word: str, tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", f"{word} 1 2\nb 3 4\n"))
    assert list(table.words) == [word, "b"]


def test_words_that_are_not_utf8_keep_their_bytes(tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", b"caf\xe9 1 2\nplain 3 4\n"), strict=True)
    assert table.words[0] == "caf\udce9"
    assert table.repairs.counts == {"words that are not UTF-8, kept byte for byte": 1}
    assert table.repairs.first == {"words that are not UTF-8, kept byte for byte": "line 1"}
    assert table["caf\udce9"].tolist() == [1, 2]


NASTY = """good 1 2 3
short 1 2
long 1 2 3 4
nan nan 1 2
inf 1 inf 2
zero 0 0 0
letters 1 x 3
good 7 8 9
fine 4 5 6
"""

LEFT_OUT = {
    "rows with too few numbers": "line 2",
    "rows with too many numbers": "line 3",
    "rows with a number that is not finite": "line 4",
    "rows of zeros": "line 6",
    "rows with something that is not a number": "line 7",
    "duplicate words": "line 8",
}


def test_unusable_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", NASTY))
    assert list(table.words) == ["good", "fine"]
    np.testing.assert_array_equal(table.rows(slice(None)), [[1, 2, 3], [4, 5, 6]])
    assert table.repairs.first == LEFT_OUT
    assert table.repairs.counts == dict.fromkeys(LEFT_OUT, 1) | {"rows with a number that is not finite": 2}


@pytest.mark.parametrize(("kind", "place"), LEFT_OUT.items())
def test_unusable_rows_are_errors_when_strict(kind: str, place: str, tmp_path: Path) -> None:
    lines = NASTY.splitlines()
    bad = lines[int(place.split()[1]) - 1]
    path = write(tmp_path / "table", "\n".join(["good 1 2 3", bad, "fine 4 5 6"]))
    with pytest.raises(FormatError, match=rf"table: line 2: {kind}"):
        load(path, strict=True)


def test_repairs_of_binary_and_npz(tmp_path: Path) -> None:
    words = ["a", "b", "a", "c", ""]
    vectors = np.array([[1, 2], [np.nan, 1], [3, 4], [0, 0], [5, 6]], dtype=np.float32)
    for form, first in ((binary, "byte 15"), (npz, "row 1")):
        table = load(write(tmp_path / "table", form(words, vectors)))
        assert list(table.words) == ["a"]
        assert set(table.repairs.counts.values()) == {1}
        assert len(table.repairs.counts) == 4
        assert table.repairs.first["rows with a number that is not finite"] == first


def test_a_header_that_promises_too_little(tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", b"2 6\n" + text(WORDS, VECTORS).split(b"\n", 1)[1]))
    assert len(table) == len(WORDS)
    assert table.repairs.counts == {"rows more than the header promises": 8}
    words = [word.replace(" ", "_") for word in WORDS]
    table = load(write(tmp_path / "table", b"2 6\n" + binary(words, VECTORS).split(b"\n", 1)[1]))
    assert len(table) == 2
    assert table.repairs.counts == {"bytes after the last row its header promises": 1}


BAD = {
    "empty": (b"", "is empty"),
    "empty in gzip": (WRAPPERS["gzip"](b""), "is empty, inside gzip"),
    "a picture": (bytes(range(256)) * 30, "its content is none of the formats that can be read: "),
    "header only, binary": (b"5 3\n", "before row 1 of the 5"),
    "rows cut off": (binary(["a", "b"], VECTORS[:2])[:-3], "in the middle of row 2 of the 2 its header promises"),
    "rows missing": (b"3" + binary(["a", "b"], VECTORS[:2])[1:], "before row 3 of the 3 its header promises"),
    "lines missing": (b"9" + text(["a", "b"], VECTORS[:2])[1:], "ends after 2 of the 9 rows its header promises"),
    "no dimension": (b"2 0\na \nb \n", "vectors have 0 numbers"),
    "too many dimensions": (b"2 99999999999\na 12 13", "vectors have 99999999999 numbers"),
    "no space": (b"2 3\n" + b"\x01" * 70_000, "byte 4: no word of less than 65536 bytes begins here"),
    "nothing usable": (b"a nan nan\nb 0 0\n", "has no usable row: left out 1 rows with a number that is not finite"),
    "cut gzip": (WRAPPERS["gzip"](glove(WORDS, VECTORS))[:-20], "compression is damaged or cut short"),
    "cut bzip2": (WRAPPERS["bzip2"](glove(WORDS, VECTORS))[:-20], "compression is damaged or cut short"),
    "cut xz": (WRAPPERS["xz"](glove(WORDS, VECTORS))[:-20], "compression is damaged or cut short"),
    "cut zip": (WRAPPERS["zip"](glove(WORDS, VECTORS))[:-20], "compression is damaged or cut short"),
    "cut npz": (npz(WORDS, VECTORS)[:-20], "compression is damaged or cut short"),
    "npz of other things": (npz(WORDS, VECTORS[0]), "needs one two-dimensional array of floats named 'vectors'"),
    "npz of other sizes": (npz(WORDS, VECTORS[:3]), "has 10 words and vectors of shape (3, 6)"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    content, reason = BAD[name]
    path = write(tmp_path / "table", content)
    assert_refused(path, reason)


@pytest.mark.parametrize("form", FORMATS)
def test_every_truncation_is_an_error_or_a_shorter_table(form: str, tmp_path: Path) -> None:
    content = FORMATS[form]([f"w{row}" for row in range(len(VECTORS))], VECTORS)
    for length in np.linspace(1, len(content) - 1, 50).astype(int):
        path = write(tmp_path / "table", content[:length])
        # Text without a header may end anywhere, and no reader knows the last line's last digit.
        if form != "GloVe text" and length <= content.rstrip().rfind(b"\n"):
            with pytest.raises(FormatError):
                load(path)
        else:
            with suppress(FormatError):
                assert len(load(path)) <= len(VECTORS)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match=r"cannot read .*nowhere: No such file or directory"):
        load(tmp_path / "nowhere")
    with pytest.raises(FileAccessError, match="Is a directory"):
        load(tmp_path)


def test_objects_in_npz_are_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "table.npz", words=np.array(["a", "b"], dtype=object), vectors=VECTORS[:2])
    with pytest.raises(FormatError, match="needs one one-dimensional array of text named 'words'"):
        load(tmp_path / "table.npz")


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_words_of_spaces_and_no_words_in_binary(newline: bytes, tmp_path: Path) -> None:
    vectors = VECTORS[:4].copy()
    vectors.view(np.uint8)[:, 0] = ord(" ")  # the numbers begin with the byte of a space
    words = ["a", " ", "b", "\u00a0"]
    table = load(write(tmp_path / "table", binary(words, vectors, newline)))
    assert list(table.words) == words
    assert table.rows(slice(None)).tobytes() == vectors.tobytes()
    table = load(write(tmp_path / "table", binary(["a", "", "b"], vectors[:3])))
    assert list(table.words) == ["a", "b"]
    assert table.rows(slice(None)).tobytes() == vectors[[0, 2]].tobytes()
    assert table.repairs.first == {"rows without a word": f"byte {4 + 2 + 24 + 1}"}


def test_binary_rows_that_begin_with_a_newline_and_words_cut_inside_a_character(tmp_path: Path) -> None:
    words = [b"caf\xc3", b"\xff\xfe", "東京".encode()[:-1]]
    rows = b"".join(b"\n" + word + b" " + row.tobytes() for word, row in zip(words, VECTORS[:3], strict=True))
    table = load(write(tmp_path / "table", b"3 6\n" + rows))
    assert [word.encode("utf-8", "surrogateescape") for word in table.words] == words
    assert table.rows(slice(None)).tobytes() == VECTORS[:3].tobytes()


def test_digits_between_spaces_do_not_make_a_binary_file_text(tmp_path: Path) -> None:
    vectors = np.frombuffer(b"\x01 5 \x80\x81 \x82 \x83\x84\x85" * 2, dtype="<f4").reshape(1, -1).copy()
    table = load(write(tmp_path / "table", binary(["a"], vectors)))
    assert table.rows(slice(None)).tobytes() == vectors.tobytes()


def test_every_chunk_boundary_of_a_binary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["a", " ", "b" * 9, "c"]
    vectors = VECTORS[:4].copy()
    vectors.view(np.uint8)[:, 0] = ord(" ")
    path = write(tmp_path / "table", binary(words, vectors))
    for size in range(24, 160):
        monkeypatch.setattr("embcompress.formats.word2vec_binary.CHUNK_BYTES", size)
        table = load(path)
        assert list(table.words) == words
        assert table.rows(slice(None)).tobytes() == vectors.tobytes()


def test_every_chunk_boundary_of_a_text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "table", glove(WORDS, VECTORS))
    for size in range(1, 120, 7):
        monkeypatch.setattr("embcompress.formats._lines.CHUNK_BYTES", size)
        table = load(path)
        assert list(table.words) == WORDS
        np.testing.assert_array_equal(table.rows(slice(None)), VECTORS)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_members_of_a_zip_archive(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "tables.zip",
        {
            "README.md": b"# About\n\nThese are tables.\n",
            "empty": b"",
            "small.txt": glove(["a"], VECTORS[:1]),
            "folder/other.bin": binary(["b", "c"], VECTORS[:2]),
        },
    )
    assert list(load(path).words) == ["a"]
    assert list(load(f"{path}:folder/other.bin").words) == ["b", "c"]
    with pytest.raises(FormatError) as caught:
        load(f"{path}:other.bin")
    assert str(caught.value) == (
        f"{path}: has no member 'other.bin'; it has README.md, empty, small.txt, folder/other.bin"
    )
    with pytest.raises(FormatError, match=r"tables.zip:README.md: its content is none of the formats"):
        load(f"{path}:README.md")
    with pytest.raises(FormatError, match=r"tables.zip:empty: is empty, inside zip"):
        load(f"{path}:empty")
    with pytest.raises(FormatError, match="plain: is no zip archive, of which a member 'a' could be read"):
        load(f"{write(tmp_path / 'plain', glove(['a'], VECTORS[:1]))}:a")
    with pytest.raises(FileAccessError, match="No such file"):
        load(f"{tmp_path / 'nowhere.zip'}:a")
    with pytest.raises(FormatError, match="is a zip archive that holds no file"):
        load(archive(tmp_path / "bare.zip", {}))
    os.rename(path, f"{path}:README.md")  # noqa: PTH104 - a file of this very name comes first
    assert list(load(f"{path}:README.md").words) == ["a"]


def test_a_zip_archive_with_a_password(tmp_path: Path) -> None:
    content = bytearray(archive(tmp_path / "table.zip", {"table": glove(WORDS, VECTORS)}).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path = write(tmp_path / "table.zip", bytes(content))
    with pytest.raises(FormatError, match=r"is protected by a password: unpack it yourself and give the file that"):
        load(path)


@pytest.mark.parametrize("wrapper", sorted(set(WRAPPERS) - {"plain"}))
def test_files_made_to_fill_a_disk(wrapper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrappers, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(wrappers, "MOST_EXPANSION", 100)
    content = glove(["a"], VECTORS[:1]) + b"\n" * (8 << 20)
    path = write(tmp_path / "table", WRAPPERS[wrapper](content))
    with pytest.raises(FormatError, match=r"table.*: its compression expands to over 100 times .* decompress it your"):
        load(path)
    monkeypatch.setattr(wrappers, "FREE_BYTES", 9 << 20)
    assert list(load(path).words) == ["a"]


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Put content where a program's standard input is, through a pipe's one-way door."""

    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise io.UnsupportedOperation("a pipe has no places")

        tell = None  # type: ignore[assignment]

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size if size is None or size < 0 else min(size, 100_000))

    class Standard:
        buffer = OneWay(content)

    monkeypatch.setattr(sys, "stdin", Standard)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("form", FORMATS)
def test_standard_input(form: str, wrapper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).standard_normal((3000, 20)).astype(np.float32)
    words = [f"w{row}" for row in range(len(vectors))]
    content = WRAPPERS[wrapper](FORMATS[form](words, vectors))
    pipe(monkeypatch, content)
    seen: list[tuple[str, int, int]] = []
    table = load("-", progress=lambda *step: seen.append(step))
    assert list(table.words) == words
    np.testing.assert_array_equal(table.rows(slice(None)), vectors)
    assert table.source == "-"
    assert {total for _, _, total in seen} == {0}
    positions = [position for _, position, _ in seen]
    assert positions == sorted(positions)
    assert 0 < positions[-1] <= len(content)


def test_standard_input_of_members_of_a_zip_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {"README": b"About", "table": glove(["a"], VECTORS[:1])}
    pipe(monkeypatch, archive(tmp_path / "zip", members).read_bytes())
    assert list(load("-").words) == ["a"]


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    content = glove(WORDS, VECTORS)
    pipe(monkeypatch, content)
    source = open_source("-")
    assert (source.path, source.size, source.rereadable) == (Path("-"), 0, False)
    with source.open() as (stream, raw):
        assert stream.read() == content
        assert raw.tell() == len(content)
    with (
        pytest.raises(FormatError, match="standard input: can be read only once: save it to a file and give that"),
        source.open(),
    ):
        pass


STANDARD_INPUT = {
    "nothing": (b"", "is empty"),
    "nothing in gzip": (gzip.compress(b""), "is empty, inside gzip"),
    "no table": (b"PK\x03\x04", "its compression is damaged"),
    "a picture": (bytes(range(256)), "its content is none of the formats"),
    "a picture in zip": (WRAPPERS["zip"](bytes(range(256))), "its content is none of the formats"),
    "cut off": (bz2.compress(glove(WORDS, VECTORS))[:-20], "its compression is damaged or cut short"),
    "rows cut off": (binary(["a", "b"], VECTORS[:2])[:-3], "in the middle of row 2 of the 2 its header promises"),
}


@pytest.mark.parametrize("name", STANDARD_INPUT)
def test_standard_input_that_cannot_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, reason = STANDARD_INPUT[name]
    pipe(monkeypatch, content)
    with pytest.raises(FormatError) as caught:
        load("-")
    assert str(caught.value).startswith("standard input: ")
    assert reason in str(caught.value)


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileAccessError, match="cannot read standard input: this program was started without one"):
        load("-")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*FORMATS]), st.sampled_from([*WRAPPERS]), st.data())
def test_damaged_bytes_are_an_error_or_a_table(form: str, wrapper: str, data: st.DataObject) -> None:
    content = bytearray(WRAPPERS[wrapper](FORMATS[form]([f"w{row}" for row in range(len(VECTORS))], VECTORS)))
    places = st.integers(0, len(content) - 1)
    for place, byte in data.draw(st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=4)).items():
        content[place] = byte
    with tempfile.TemporaryDirectory() as folder, suppress(FormatError):
        table = load(write(Path(folder) / "table", bytes(content)))
        assert table.rows(slice(None)).shape == (len(table.words), table.dims)
        assert np.isfinite(table.rows(slice(None))).all()


def test_binary_files_without_spaces_are_refused_at_once(tmp_path: Path) -> None:
    rows = b"".join(b"w%d " % row + VECTORS[0].tobytes().replace(b" ", b"!") + b"\n" for row in range(5))
    path = write(tmp_path / "table", b"9 6\n" + rows + b"\x01" * (5 << 20))
    with pytest.raises(FormatError, match=r"byte \d+: no word of less than 65536 bytes begins here"):
        load(path)
