"""Packed files: smaller, the same to whoever asks, and the very same when unpacked."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import FormatError, SpecError, container, encodings
from embcompress.comparison.measure import Original, measure
from tests.common import shrunk, small_table

SPECS = ["int8", "prune:0.5,int8", "center,lloyd:4", "pq:6x4:balance", "prune:0.4,ternary", "float16"]


def plain(spec: str, folder: Path) -> Path:
    shrunk(spec).save(folder / "plain.embc")
    return folder / "plain.embc"


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main([*map(str, arguments), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


@pytest.mark.parametrize("spec", SPECS)
def test_a_packed_file_answers_as_the_plain_one(spec: str, tmp_path: Path) -> None:
    path, packed = plain(spec, tmp_path), tmp_path / "packed.embc"
    size = embcompress.pack(path, packed)
    assert size == packed.stat().st_size < path.stat().st_size
    one, other = embcompress.open(path), embcompress.open(packed)
    assert other.spec == one.spec == spec
    words = list(one.index_to_key)
    assert list(other.index_to_key) == words
    np.testing.assert_array_equal(other[words], one[words])
    assert other.most_similar("word42") == one.most_similar("word42")
    assert other.most_similar("word42", exact=True) == one.most_similar("word42", exact=True)
    assert pickle.loads(pickle.dumps(other)).most_similar("word7") == one.most_similar("word7")
    assert embcompress.verify(packed) == embcompress.verify(path)


@pytest.mark.parametrize("spec", SPECS)
def test_unpacking_gives_the_very_file_that_was_packed(spec: str, tmp_path: Path) -> None:
    path, packed, back = plain(spec, tmp_path), tmp_path / "packed.embc", tmp_path / "back.embc"
    embcompress.pack(path, packed)
    assert embcompress.unpack(packed, back) == path.stat().st_size
    assert back.read_bytes() == path.read_bytes()
    assert container.read(packed).metadata["digests"] == container.read(path).metadata["digests"]
    again = tmp_path / "again.embc"
    embcompress.pack(packed, again)
    assert again.read_bytes() == packed.read_bytes()


def test_pruned_codes_are_stored_sparsely(tmp_path: Path) -> None:
    packed = tmp_path / "packed.embc"
    embcompress.pack(plain("prune:0.5,int8", tmp_path), packed)
    stored = container.read(packed)
    assert stored.coders_of("0.codes")[0] == "bitmap"
    assert stored.stored_bytes["0.codes"] < 0.65 * stored.arrays["0.codes"].nbytes
    assert stored.coders_of("words.text") == ["zstd"]


def test_coders_of_a_spec_pack_the_file(tmp_path: Path) -> None:
    table, path = small_table(), tmp_path / "packed.embc"
    size = embcompress.shrink(table, "center,lloyd:4,zstd").save(path)
    assert size < embcompress.shrink(table, "center,lloyd:4").save(tmp_path / "plain.embc")
    assert {name for array in container.read(path).arrays for name in container.read(path).coders_of(array)} == {"zstd"}
    assert embcompress.open(path).spec == "center,lloyd:4"
    embcompress.unpack(path, tmp_path / "back.embc")
    assert (tmp_path / "back.embc").read_bytes() == (tmp_path / "plain.embc").read_bytes()
    embcompress.open(path).save(tmp_path / "again.embc")
    assert (tmp_path / "again.embc").read_bytes() == path.read_bytes()


def test_what_is_added_to_a_packed_file_is_packed_too(tmp_path: Path) -> None:
    path = plain("int8", tmp_path)
    embcompress.pack(path, path)
    vectors = embcompress.open(path)
    vectors.build_ivf(8)
    vectors.save(path)
    stored = container.read(path)
    assert stored.coders_of("lists.rows")
    assert stored.stored_bytes["lists.rows"] < 700 * 2
    assert embcompress.open(path).lists is not None


def test_rows_of_ngrams_and_mapped_words_are_packed_too(tmp_path: Path) -> None:
    dropped = embcompress.Table([f"late{row}" for row in range(400)], small_table().rows(slice(400)))
    vectors = embcompress.shrink(small_table(), "int8", dropped=dropped)
    vectors.save(tmp_path / "plain.embc")
    embcompress.pack(tmp_path / "plain.embc", tmp_path / "packed.embc")
    assert container.read(tmp_path / "packed.embc").coders_of("words.mapped")
    assert embcompress.open(tmp_path / "packed.embc").most_similar("late3") == vectors.most_similar("late3")


def test_comparing_counts_what_coders_save() -> None:
    original = Original(small_table(), seed=0)
    sizes = [measure(original, encodings.parse(spec)).bytes for spec in ("prune:0.5,int8", "prune:0.5,int8,bitmap")]
    assert sizes[1] < 0.9 * sizes[0]


def test_damage_is_found_and_not_packed_away(tmp_path: Path) -> None:
    path, packed = plain("int8", tmp_path), tmp_path / "packed.embc"
    embcompress.pack(path, packed)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for rewrite in (embcompress.pack, embcompress.unpack):
        with pytest.raises(FormatError, match="is damaged: its SHA-256 is not the one written with it"):
            rewrite(path, tmp_path / "new.embc")
    assert not (tmp_path / "new.embc").exists()


def test_any_damage_to_a_packed_file_is_an_error_or_harmless(tmp_path: Path) -> None:
    path, packed = plain("prune:0.5,int8", tmp_path), tmp_path / "packed.embc"
    embcompress.pack(path, packed)
    content, expected = packed.read_bytes(), embcompress.open(path)[["word3", "word650"]]
    start = 8 + int.from_bytes(content[:8], "little")
    refused = 0
    places = np.linspace(start, len(content) - 1, 200).astype(int)
    for place in places:
        packed.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        try:
            embcompress.verify(packed)
        except FormatError as error:
            refused += str(error).startswith(f"{packed}: ")
        else:  # a bit that stands for nothing
            np.testing.assert_array_equal(embcompress.open(packed)[["word3", "word650"]], expected)
    assert refused >= 0.98 * len(places)
    for share in np.linspace(0, 0.999, 25):
        packed.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(FormatError):
            embcompress.open(packed)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_a_run_that_fails_leaves_the_old_file(
    failure: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = plain("int8", tmp_path)
    content = path.read_bytes()

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(embcompress.FileAccessError if failure is OSError else failure):
        embcompress.pack(path, path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_the_verbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, packed, back = plain("prune:0.5,int8", tmp_path), tmp_path / "packed.embc", tmp_path / "back.embc"
    facts = answer(capsys, "pack", path, "-o", packed)
    assert (facts["bytes_before"], facts["bytes"]) == (path.stat().st_size, packed.stat().st_size)
    assert facts["arrays"]["0.codes"]["before"] == 700 * 24
    assert facts["arrays"]["0.codes"]["coders"][0] == "bitmap"
    assert sum(each["after"] for each in facts["arrays"].values()) < facts["bytes"] < facts["bytes_before"]
    told = answer(capsys, "info", packed)
    assert told["arrays"]["0.codes"]["bytes"] == 700 * 24
    assert told["arrays"]["0.codes"]["packed"] == {
        "bytes": facts["arrays"]["0.codes"]["after"],
        "coders": facts["arrays"]["0.codes"]["coders"],
    }
    assert main(["info", str(packed)]) == 0
    assert f"{facts['arrays']['0.codes']['after']:,} by bitmap" in capsys.readouterr().out
    undone = answer(capsys, "unpack", packed, "-o", back)
    assert undone["arrays"]["0.codes"] == {
        "before": facts["arrays"]["0.codes"]["after"],
        "after": 700 * 24,
        "coders": [],
    }
    assert back.read_bytes() == path.read_bytes()
    assert main(["pack", str(path), "--force"]) == 0
    printed = capsys.readouterr().out
    assert path.read_bytes() == packed.read_bytes()
    assert "bitmap" in printed
    assert f"{packed.stat().st_size:,} bytes" in printed


def test_no_file_is_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = plain("int8", tmp_path)
    content, other = path.read_bytes(), tmp_path / "other.embc"
    other.write_bytes(b"mine")
    for verb in ("pack", "unpack"):
        assert main([verb, str(path)]) == 2
        assert capsys.readouterr().err == f"error: replace {path} with --force, or give another file with -o FILE\n"
        assert main([verb, str(path), "-o", str(other)]) == 2
        assert "other.embc exists already: overwrite it with --force" in capsys.readouterr().err
        assert main([verb, str(tmp_path / "nowhere"), "-o", str(tmp_path / "new")]) == 1
        assert "error: cannot read" in capsys.readouterr().err
        assert main([verb, str(other), "-o", str(tmp_path / "new")]) == 1
        assert "too short to be an .embc file" in capsys.readouterr().err
        assert main([verb, str(path), "-o", str(tmp_path / "no folder" / "new")]) == 1
        assert "error: cannot write" in capsys.readouterr().err
    assert (path.read_bytes(), other.read_bytes()) == (content, b"mine")
    assert sorted(tmp_path.iterdir()) == [other, path]


def test_specs_lists_coders_and_shrink_takes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages = answer(capsys, "specs")["stages"]
    assert [stage["name"] for stage in stages if stage["kind"] == "coder"] == ["bitmap", "zstd"]
    assert [stage["usage"] for stage in stages][-2:] == ["bitmap", "zstd"]
    embcompress.Table(list(small_table().words), small_table().rows(slice(None))).save(tmp_path / "table.bin")
    report = answer(capsys, "shrink", tmp_path / "table.bin", "--spec", "prune:0.5,int8,bitmap,zstd")
    assert report["spec"] == "prune:0.5,int8,bitmap,zstd"
    assert report["bytes"] == (tmp_path / "table.embc").stat().st_size
    assert container.read(tmp_path / "table.embc").coders_of("0.codes")[0] == "bitmap"


def test_coders_are_written_last() -> None:
    for text in ("int8,zstd", "center,pca:4,lloyd:4,bitmap,zstd"):
        parsed = encodings.parse(text)
        assert str(parsed) == text
        assert encodings.parse(str(parsed)) == parsed
    assert encodings.parse("int8,zstd").stages == encodings.parse("int8").stages


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zstd,int8", "the coder zstd must come last, after the quantizer"),
        ("center,zstd,int8", "the coder zstd must come last, after the quantizer"),
        ("int8,bitmap,center", "the coder bitmap must come last, after the quantizer"),
        ("int8,zstd,bitmap,zstd", "has a coder twice"),
        ("zstd", "has no quantizer: end it with one, such as int8,zstd"),
        ("center,zstd", "has no quantizer: end it with one, such as center,int8,zstd"),
        ("int8,zstd:19", "zstd:19: zstd takes 0 arguments, written zstd"),
        ("int8,zst", "unknown stage 'zst': did you mean zstd"),
        ("int8,center,zstd", "the quantizer int8 must come last, but for coders"),
    ],
)
def test_coders_elsewhere_are_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        encodings.parse(text)
    assert reason in str(caught.value)
