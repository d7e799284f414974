"""The file: what is stored, what is refused, and that nothing replaces a good file but a whole new one."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import embcompress
from embcompress import FileAccessError, FormatError, Table, container, verify
from embcompress.disk import replacing
from tests.common import shrunk, small_table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    shrunk("center,lloyd:4").save(tmp_path / "table.embc")
    return tmp_path / "table.embc"


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Path:
    """The file with its metadata and arrays changed, written as a file of ours."""
    stored = container.read(path)
    arrays = {name: array.copy() for name, array in stored.arrays.items()}
    metadata = json.loads(json.dumps(stored.metadata))
    change(metadata, arrays)
    container.write(path, metadata, arrays)
    return path


def test_it_is_a_plain_safetensors_file(path: Path) -> None:
    arrays = load_file(path)
    stored = container.read(path)
    assert set(arrays) == set(stored.arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, stored.arrays[name])
    assert (8 + int.from_bytes(path.read_bytes()[:8], "little")) % 64 == 0
    for array in stored.arrays.values():
        assert array.ctypes.data % array.itemsize == 0
        assert not array.flags.writeable


def test_a_reader_written_from_the_description_decodes_the_same(path: Path) -> None:
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    facts = json.loads(header["__metadata__"]["embcompress"])

    def array(name: str, dtype: str) -> Any:
        first, last = header[name]["data_offsets"]
        return np.frombuffer(content[8 + size + first : 8 + size + last], dtype).reshape(header[name]["shape"])

    codes, levels, mean = array("0.codes", "u1"), array("0.centroids", "<f4")[:, :, 0], array("0.b", "<f4")
    symbols = np.stack([codes % 16, codes // 16], axis=2).reshape(len(codes), -1)  # radix 16: two to a byte
    x = np.take_along_axis(levels, symbols.T.astype(int), axis=1).T + mean
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    lowest, step = facts["segments"][0]["length_scale"]
    x *= np.exp(lowest + step * (array("0.lengths", "u1")[:, None] - 1.0))
    text, ends = array("words.text", "u1").tobytes(), np.cumsum(array("words.lengths", "u1").astype(int))
    words = [text[end - length : end].decode() for end, length in zip(ends, array("words.lengths", "u1"), strict=True)]
    vectors = embcompress.open(path)
    assert words == list(vectors.index_to_key)
    np.testing.assert_allclose(vectors[words], x, atol=1e-5)


def test_metadata_is_kept(path: Path) -> None:
    vectors = embcompress.open(path)
    assert vectors.metadata["spec"] == "center,lloyd:4"
    assert vectors.metadata["words"] == len(small_table())
    kept = vectors.metadata["certificate"]["neighbours"]
    assert 0.5 < kept["both_coded"] <= kept["exact_query"] + 0.05 <= 1.05
    again = path.with_name("again.embc")
    vectors.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_verify_finds_every_flipped_byte_of_the_arrays(path: Path) -> None:
    content = path.read_bytes()
    assert "0.codes" in verify(path)
    start = 8 + int.from_bytes(content[:8], "little")
    for place in np.linspace(start, len(content) - 1, 60).astype(int):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        with pytest.raises(FormatError):
            verify(path)


def test_verify_names_the_array(path: Path) -> None:
    content = path.read_bytes()
    codes = container.read(path).arrays["0.codes"].tobytes()
    path.write_bytes(content.replace(codes, codes[:-1] + bytes([codes[-1] ^ 1])))
    with pytest.raises(FormatError, match=r"array '0\.codes' is damaged: its SHA-256"):
        verify(path)


def unsorted_words(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.order"][[3, 4]] = arrays["words.order"][[4, 3]]


def longer_text(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.text"] = np.append(arrays["words.text"], np.uint8(65))


@pytest.mark.parametrize(
    ("change", "reason"),
    [(unsorted_words, "does not sort distinct words"), (longer_text, "'words.lengths' adds up to")],
)
def test_verify_checks_more_than_digests(change: Callable[..., None], reason: str, path: Path) -> None:
    with pytest.raises(FormatError, match=reason):
        verify(rewritten(path, change))


def test_verify_refuses_codes_that_stand_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ternary.embc"
    shrunk("ternary").save(path)
    rewritten(path, lambda _, arrays: arrays["0.codes"].__setitem__((5, 0), 243))
    assert len(embcompress.open(path).most_similar("word5")) == 10  # bounds hold all the same
    with pytest.raises(FormatError, match="has a byte that stands for nothing"):
        verify(path)


def test_any_damage_is_an_error_or_leaves_a_working_file(path: Path) -> None:
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 150).astype(int):
        for mask in (0x01, 0x80, 0xFF):
            path.write_bytes(content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :])
            with suppress(embcompress.EmbcompressError):
                found = embcompress.open(path).most_similar("word3")
                assert all(np.isfinite(score) for _, score in found)


@pytest.mark.parametrize("share", np.linspace(0, 0.999, 25))
def test_every_truncation_is_an_error(share: float, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FormatError, match=r"table\.embc: .*; make one with: embcompress shrink"):
        embcompress.open(path)


def later_version(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    metadata["version"] = "3.0"


def unknown_facts(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    metadata |= {"version": "1.9", "novelty": {"a": 1}}


def test_versions(path: Path) -> None:
    rewritten(path, unknown_facts)
    assert len(embcompress.open(path)) == len(small_table())
    with pytest.raises(FormatError, match=r"written in format version '3\.0', .* pip install --upgrade embcompress"):
        embcompress.open(rewritten(path, later_version))


Change = Callable[[dict[str, Any], dict[str, Any]], Any]
REFUSED: dict[str, tuple[Change, str]] = {
    "no codes": (lambda m, a: a.pop("0.codes"), "array '0.codes' is missing"),
    "codes of another type": (lambda m, a: a.update({"0.codes": a["0.codes"].astype("<i4")}), "expected uint8"),
    "too few codes": (lambda m, a: a.update({"0.codes": a["0.codes"][:-1]}), "'0.codes' is uint8 (699, 12)"),
    "narrow codes": (lambda m, a: a.update({"0.codes": a["0.codes"][:, 1:]}), "expected uint8 (700, 12)"),
    "too few lengths": (lambda m, a: a.update({"0.lengths": a["0.lengths"][1:]}), "array '0.lengths'"),
    "too few words": (lambda m, a: a.update({"words.lengths": a["words.lengths"][1:]}), "array 'words.lengths'"),
    "narrow order": (lambda m, a: a.update({"words.order": a["words.order"][:, :1]}), "array 'words.order'"),
    "infinite centroid": (lambda m, a: a["0.centroids"].__setitem__((0, 0, 0), np.inf), "not finite"),
    "short offset": (lambda m, a: a.update({"0.b": a["0.b"][1:]}), "array '0.b' is float32 (23,)"),
    "radix of one": (lambda m, a: m["segments"][0].update(radix=1), "radix = 1 where a whole number from 2"),
    "radix too large": (lambda m, a: m["segments"][0].update(radix=300), "radix = 300, over the 256"),
    "other radix": (lambda m, a: m["segments"][0].update(radix=4), "array '0.centroids'"),
    "no radix": (lambda m, a: m["segments"][0].update(radix=None), "array '0.codes'"),
    "words not a number": (lambda m, a: m.update(words="many"), "words = 'many'"),
    "negative words": (lambda m, a: m.update(words=-1), "words = -1"),
    "true dims": (lambda m, a: m.update(dims=True), "dims = True"),
    "other dims": (lambda m, a: m.update(dims=25), "array '0.b'"),
    "no segments": (lambda m, a: m.update(segments=[]), "does not describe the segments"),
    "scale of text": (lambda m, a: m["segments"][0].update(length_scale=["a", 1]), "length_scale"),
    "scale of nan": (lambda m, a: m["segments"][0].update(length_scale=[float("nan"), 1]), "length_scale"),
    "axes outside": (
        lambda m, a: a.update({"0.axes": np.full((24, 1), 24, dtype=np.int32)}),
        "names an axis outside -1 to 23",
    ),
    "map outside": (lambda m, a: a.update({"0.A": np.full(24, 30, dtype=np.int32)}), "outside 0 to 23"),
    "map of another shape": (lambda m, a: a.update({"0.A": np.zeros((3, 24), dtype=np.float32)}), "'0.A'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parts_that_do_not_fit_are_refused(name: str, path: Path) -> None:
    change, reason = REFUSED[name]
    with pytest.raises(FormatError) as caught:
        embcompress.open(rewritten(path, change))
    assert reason in str(caught.value)


def test_duplicate_keys_are_refused(path: Path) -> None:
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + size].rstrip()
    doubled = header[:-1] + b',"0.lengths":' + json.dumps(json.loads(header)["0.lengths"]).encode() + b"}"
    path.write_bytes(len(doubled).to_bytes(8, "little") + doubled + content[8 + size :])
    with pytest.raises(FormatError, match=r"a key occurs twice|[Dd]uplicate"):
        embcompress.open(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"embeddings": np.zeros((2, 2), dtype=np.float32)}, tmp_path / "other")
    with pytest.raises(FormatError, match="a safetensors file, but not one of embcompress"):
        embcompress.open(tmp_path / "other")
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(FormatError, match=r"too short to be an \.embc file"):
        embcompress.open(tmp_path / "short")
    with pytest.raises(FileAccessError, match=r"cannot read .*: No such file"):
        embcompress.open(tmp_path / "nowhere")
    with pytest.raises(FileAccessError, match=r"cannot read .*: a folder without manifest\.json"):
        embcompress.open(tmp_path)


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        shrunk("int8").save(tmp_path / "table.embc")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "table.embc").stat().st_mode) == 0o640


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failed_write_leaves_the_old_file(failure: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def fail() -> None:
        with replacing(target) as file:
            file.write(b"half of the n")
            raise failure("while writing")

    with pytest.raises(FileAccessError if failure is OSError else failure):
        fail()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
    with replacing(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"


def test_zero_rows_are_kept_and_score_nothing(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    rows[7] = 0
    vectors = embcompress.shrink(Table([f"w{row}" for row in range(50)], rows), "int8")
    vectors.save(tmp_path / "table.embc")
    opened = embcompress.open(tmp_path / "table.embc")
    np.testing.assert_array_equal(opened["w7"], np.zeros(6))
    assert dict(opened.most_similar("w1", topn=49, exact=True))["w7"] == 0
    assert opened.similarity("w7", "w7") == 0
    assert opened.most_similar("w7")[0] == ("w0", 0.0)


def test_lengths_of_every_size(tmp_path: Path) -> None:
    rows = np.eye(6, dtype=np.float32) * np.array([1e-30, 1e-3, 1, 50, 1e18, 1e30], dtype=np.float32)[:, None]
    vectors = embcompress.shrink(Table(list("abcdef"), rows), "float16")
    lengths = np.linalg.norm(vectors[list("abcdef")].astype(np.float64), axis=1)
    np.testing.assert_allclose(lengths, rows.sum(axis=1), rtol=0.4)  # 60 orders of magnitude in 254 steps
    same = embcompress.shrink(Table(list("ab"), np.array([[3, 4], [4, 3]], dtype=np.float32)), "float16")
    np.testing.assert_allclose(np.linalg.norm(same[["a", "b"]], axis=1), 5, rtol=1e-6)
