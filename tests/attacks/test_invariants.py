"""Every invariant of the .embc format, broken in an otherwise sound file whose digests are right."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import SafetensorError, safe_open

import embcompress
from embcompress import CompressedVectors, FormatError, UsageError, container, verify
from embcompress.container import DIGEST_KEY, METADATA_KEY
from embcompress.header import DEEPEST, LONGEST
from tests.common import DIMS, ROWS, shrunk, small_table
from tests.test_file import rewritten
from tests.test_inverted_file import with_lists

Change = Callable[[dict[str, Any], dict[str, Any]], Any]


def saved(vectors: CompressedVectors, folder: Path) -> Path:
    vectors.save(folder / "table.embc")
    return folder / "table.embc"


def with_header(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with another header: a changed object, or the bytes that `change` returns."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    changed = change(header)
    encoded = changed if isinstance(changed, bytes) else json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + content[8 + size :]


def entry(name: str, **facts: object) -> Callable[[dict[str, Any]], None]:
    return lambda header: header[name].update(facts)


def deep(levels: int) -> bytes:
    return b'{"a": ' + b"[" * levels + b"]" * levels + b"}"


def shifted(header: dict[str, Any], by: int) -> None:
    for name in header.keys() - {"__metadata__"}:
        header[name]["data_offsets"] = [place + by for place in header[name]["data_offsets"]]


HEADERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "empty": (lambda _: b"", "its header of 0 bytes does not fit"),
    "not JSON": (lambda _: b"{'a'", "its header is not JSON"),
    "not UTF-8": (lambda _: b'{"a\xff": 1}', "byte 11: its header is not UTF-8"),
    "a list": (lambda _: b"[[], []]", "its header is not a JSON object"),
    "deep": (lambda _: deep(DEEPEST), f"JSON of more than {DEEPEST} levels"),
    "deeper than Python's stack": (lambda _: deep(100_000), "its header is not JSON"),
    "a number of 5,000 digits": (lambda _: b'{"a": ' + b"9" * 5000 + b"}", "its header is not JSON"),
    "a number of 65 bits": (lambda _: b'{"a": 18446744073709551616}', "whole number of more than 64 bits"),
    "larger than any": (lambda _: b" " * LONGEST + b"{}", "allowed are 4,194,304"),
    "metadata of other kinds": (lambda header: header.update(__metadata__=[1]), "not an object of texts"),
    "metadata that is no text": (lambda header: header["__metadata__"].update(a=1), "not an object of texts"),
    "an array of nothing": (lambda header: header.update({"0.lengths": None}), "describes array '0.lengths' by None"),
    "a shape of text": (entry("0.lengths", shape=["700"]), "describes array '0.lengths'"),
    "a shape of truth": (entry("0.lengths", shape=[True, 700]), "describes array '0.lengths'"),
    "a negative shape": (entry("0.lengths", shape=[-700]), "describes array '0.lengths'"),
    "a shape past 63 bits": (entry("0.lengths", shape=[2**40, 2**40]), "no array can have shape"),
    "an empty shape past 63 bits": (entry("0.lengths", shape=[0, 2**40, 2**40]), "no array can have shape"),
    "too many axes": (entry("0.lengths", shape=[ROWS] + 8 * [1]), "no array can have shape"),
    "another shape": (entry("0.lengths", shape=[ROWS + 1]), "U8 (701,): 701 bytes, its place has 700"),
    "an unknown dtype": (entry("0.lengths", dtype="F64"), "has dtype 'F64', which this version does not know"),
    "a dtype of two lines": (entry("0.lengths", dtype="\n\x1b[31m"), r"has dtype '\n\x1b[31m', which this version"),
    "a dtype that is none": (entry("0.lengths", dtype=3), "describes array '0.lengths'"),
    "one offset": (entry("0.lengths", data_offsets=[0]), "describes array '0.lengths'"),
    "offsets the wrong way round": (entry("0.lengths", data_offsets=[700, 0]), "its place has -700"),
    "offsets past the end": (entry("0.lengths", data_offsets=[2**62, 2**62 + ROWS]), "where byte"),
    "overlapping arrays": (lambda header: shifted({"a": header["0.lengths"]}, -1), "where byte"),
    "a gap before all arrays": (lambda header: shifted(header, 64), "where byte"),
    "an array less": (lambda header: header.pop("0.lengths"), "where byte"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_lie_are_refused(name: str, tmp_path: Path) -> None:
    change, reason = HEADERS[name]
    path = saved(shrunk("int8"), tmp_path)
    path.write_bytes(with_header(path.read_bytes(), change))
    for read in (embcompress.open, verify):
        with pytest.raises(FormatError) as caught:
            read(path)
        assert reason in str(caught.value)
        assert str(caught.value).startswith(f"{path}: not an .embc file (")
        assert "\n" not in str(caught.value)
    if name not in (
        "deep",
        "a number of 5,000 digits",
        "larger than any",
        "too many axes",
    ):  # where we are the stricter ones
        with pytest.raises(SafetensorError), safe_open(path, framework="numpy"):
            pass


@pytest.mark.parametrize("length", [2**63 - 1, 2**63, 2**64 - 1, 10**6, 1])
def test_a_header_of_any_length_is_refused_unread(length: int, tmp_path: Path) -> None:
    path = saved(shrunk("int8"), tmp_path)
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    with pytest.raises(FormatError, match=r"allowed are 4,194,304|does not fit into"):
        embcompress.open(path)


def test_trailing_bytes_are_refused(tmp_path: Path) -> None:
    path = saved(shrunk("int8"), tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FormatError, match=r"its arrays end at byte [\d,]+, the file at byte"):
        embcompress.open(path)


def test_metadata_that_readers_would_refuse_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="readers allow 4,194,304"):
        container.write(tmp_path / "table.embc", {"source": "x" * LONGEST}, {})
    assert list(tmp_path.iterdir()) == []


def put(name: str, array: Any) -> Change:
    return lambda _, arrays: arrays.update({name: array})


def segment_fact(**facts: object) -> Change:
    return lambda metadata, _: metadata["segments"][0].update(facts)


def set_item(name: str, place: Any, value: object) -> Change:
    return lambda _, arrays: arrays[name].__setitem__(place, value)


def scale(lowest: float, step: float) -> Change:
    return segment_fact(length_scale=[lowest, step])


def axis_map(*axes: int) -> Change:
    return put("0.A", np.array(axes, dtype=np.int32))


TWICE = [*range(DIMS - 1), 0]
REFUSED: dict[str, tuple[str, Change, str]] = {
    "an array too many": ("int8", put("0.novel", np.zeros(3, dtype=np.uint8)), "array '0.novel' belongs to nothing"),
    "a segment's array too many": ("int8", put("1.codes", np.zeros((3, 3), dtype=np.uint8)), "belongs to nothing"),
    "lists' rows alone": ("int8", put("lists.rows", np.arange(ROWS, dtype=np.int32)), "belongs to nothing"),
    "centroids beside levels": ("int8", put("0.centroids", np.zeros((1, 2, 3), dtype=np.float32)), "to nothing"),
    "version of no form": ("int8", lambda metadata, _: metadata.update(version="1"), "format version '1'"),
    "version of text": ("int8", lambda metadata, _: metadata.update(version="1.x"), "format version '1.x'"),
    "version of a number": ("int8", lambda metadata, _: metadata.update(version=1.2), "format version 1.2"),
    "spec of a number": ("int8", lambda metadata, _: metadata.update(spec=7), "spec that is no text"),
    "spec without end": ("int8", lambda metadata, _: metadata.update(spec="int8," * 3000), "spec that is no text"),
    "a source of text": ("int8", lambda metadata, _: metadata.update(source="x"), "a source that is no object"),
    "a certificate of numbers": ("int8", lambda metadata, _: metadata.update(certificate=[1]), "a certificate that is"),
    "segments of text": ("int8", lambda metadata, _: metadata.update(segments=["a"]), "does not describe the segments"),
    "words of 2^63": ("int8", lambda metadata, _: metadata.update(words=2**63 - 1), "'words.lengths' is uint8 (700,)"),
    "more components than numbers": ("int8", segment_fact(components=25), "from 1 to 24 belongs"),
    "no component": ("int8", segment_fact(components=0), "from 1 to 24 belongs"),
    "levels of no bound": ("int8", set_item("0.lowest", 3, 1e30), "'0.lowest' holds a number beyond 1,000,000"),
    "steps that are no numbers": ("int8", set_item("0.step", 3, np.nan), "'0.step' holds a number that is not finite"),
    "centroids of no bound": (
        "pq:6x4",
        set_item("0.centroids", (0, 0, 0), -1e7),
        "'0.centroids' holds a number beyond",
    ),
    "a map of no bound": ("center,rotate,lloyd:4", set_item("0.A", (0, 0), 1e38), "'0.A' holds a number beyond"),
    "an offset of no bound": ("center,rotate,lloyd:4", set_item("0.b", 0, 1e38), "'0.b' holds a number beyond"),
    "an offset that is no number": (
        "center,rotate,lloyd:4",
        set_item("0.a", 0, np.inf),
        "'0.a' holds a number that is",
    ),
    "infinite thresholds": ("binary", set_item("0.thresholds", (0, 0), np.inf), "'0.thresholds' holds a number that"),
    "an axis twice in the map": ("int8", axis_map(*TWICE), "array '0.A' names an axis twice"),
    "an axis below zero": ("int8", axis_map(-1, *range(1, DIMS)), "array '0.A' names an axis outside 0 to 23"),
    "an axis twice in columns": (
        "lloyd:4",
        put("0.axes", np.array(TWICE, dtype=np.int32)[:, None]),
        "'0.axes' names an axis twice",
    ),
    "more columns than axes": (
        "lloyd:4",
        put("0.centroids", np.zeros((25, 16, 1), dtype=np.float32)),
        "is of 25 columns of 1 axes, for 24 components",
    ),
    "columns of no axis": (
        "lloyd:4",
        put("0.centroids", np.zeros((24, 16, 0), dtype=np.float32)),
        "is of 24 columns of 0 axes",
    ),
    "no columns": ("lloyd:4", put("0.centroids", np.zeros((0, 16, 1), dtype=np.float32)), "is of 0 columns of 1 axes"),
    "columns padded without end": (
        "lloyd:4",
        put("0.centroids", np.zeros((24, 16, 3000), dtype=np.float32)),
        "is of 24 columns of 3000 axes",
    ),
    "lengths past float32": ("int8", scale(80, 0.1), "by which lengths are not finite"),
    "lengths past float64": ("int8", scale(1e308, 1e308), "by which lengths are not finite"),
    "lengths the wrong way round": ("int8", scale(0, -0.1), "by which lengths are not finite"),
    "lengths of a number too large": ("int8", segment_fact(length_scale=[10**18, 0]), "lengths are not finite"),
    "codes that no row takes": (
        "vq:60,int8",
        lambda _, arrays: arrays.update({"0.codes": np.zeros((701, DIMS), dtype=np.uint8)}),
        "has 701 codes for 700 rows that share them",
    ),
    "a negative length of a word": (
        "int8",
        put("words.long_lengths", np.array([-5], dtype=np.int64)),
        "gives a length outside 255 to",
    ),
    "a word longer than the text": (
        "int8",
        put("words.long_lengths", np.array([2**62], dtype=np.int64)),
        "gives a length outside 255 to",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parts_that_break_an_invariant_are_refused_on_opening(name: str, tmp_path: Path) -> None:
    spec, change, reason = REFUSED[name]
    path = rewritten(saved(shrunk(spec), tmp_path), change)
    for read in (embcompress.open, verify):
        with pytest.raises(FormatError) as caught:
            read(path)
        assert reason in str(caught.value)
        assert str(caught.value).startswith(f"{path}: ")


def order_swapped(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.order"][3] = arrays["words.order"][4]


def order_outside(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.order"][3] = 255


def words_longer(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.lengths"][3] += 1


def escaped(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["words.lengths"][3] = 255


def pointer_outside(_: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["0.rows"][9] = 60


LATE: dict[str, tuple[str, Change, str]] = {
    "a word twice in the order": ("int8", order_swapped, "array 'words.order' "),
    "a word outside": ("int8", order_outside, "array 'words.order' "),
    "lengths that do not add up": ("int8", words_longer, "array 'words.lengths' adds up to 4791 bytes, 'words.text'"),
    "an escape without its length": ("int8", escaped, "1 words have 255 bytes or more, 'words.long_lengths' gives 0"),
    "a pointer past the codes": ("vq:60,int8", pointer_outside, "array '0.rows' points past the last of its 60 codes"),
}


@pytest.mark.parametrize("name", LATE)
def test_what_takes_a_walk_over_all_words_is_found_on_first_use(name: str, tmp_path: Path) -> None:
    spec, change, reason = LATE[name]
    path = rewritten(saved(shrunk(spec), tmp_path), change)
    vectors = embcompress.open(path)
    uses: list[Callable[[], object]] = [lambda: vectors["word9"], lambda: embcompress.open(path, verify=True)]
    for use in uses:
        with pytest.raises(FormatError) as caught:
            use()
        assert reason in str(caught.value)
        assert str(caught.value).startswith(f"{path}: ")


NGRAMS: dict[str, tuple[Change, str]] = {
    "n-grams without end": (lambda metadata, _: metadata["segments"][1].update(maxn=65), "maxn = 65 .* from 1 to 64"),
    "no buckets": (lambda metadata, _: metadata["segments"][1].update(buckets=0), "buckets = 0 .* from 1 to"),
    "buckets past 31 bits": (
        lambda metadata, _: metadata["segments"][1].update(buckets=2**31),
        "from 1 to 2,147,483,647",
    ),
    "fewer rows": (lambda _, arrays: arrays.update({"1.kept": arrays["1.kept"][1:]}), r"'1\.kept' is int32 \(49,\)"),
}


@pytest.mark.parametrize("name", NGRAMS)
def test_rows_of_ngrams_that_do_not_fit_are_refused(name: str, tmp_path: Path) -> None:
    change, reason = NGRAMS[name]
    with pytest.raises(FormatError, match=reason):
        embcompress.open(rewritten(saved(with_ngrams(), tmp_path), change))


@pytest.mark.parametrize("kept", [np.arange(50)[::-1], np.zeros(50), np.arange(50) - 1, np.arange(50) + 2**30])
def test_buckets_of_ngrams_ascend_below_their_number(kept: Any, tmp_path: Path) -> None:
    path = rewritten(saved(with_ngrams(), tmp_path), put("1.kept", kept.astype(np.int32)))
    assert np.isfinite(embcompress.open(path).vectors).all()
    with pytest.raises(FormatError, match=r"array '1\.kept' does not name buckets below \d+, ascending"):
        verify(path)


def with_ngrams() -> CompressedVectors:
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((60, DIMS)).astype(np.float32)
    table = small_table()
    ngrams = embcompress.table.NgramRows(2, 4, 60, rows)
    return embcompress.shrink(embcompress.Table(table.words, table.vectors, ngrams=ngrams), "int8", ngrams=50)


def test_verification_names_the_array_and_its_bytes(tmp_path: Path) -> None:
    path = saved(shrunk("int8"), tmp_path)
    places = container.read(path).header.places
    content = path.read_bytes()
    for name, place in places.items():
        for byte in {place.start, place.end - 1}:
            path.write_bytes(content[:byte] + bytes([content[byte] ^ 1]) + content[byte + 1 :])
            with pytest.raises(FormatError) as caught:
                verify(path)
            text = str(caught.value)
            if "SHA-256" in text:  # other checks come before
                assert f"array {name!r} is damaged" in text
                assert f"(bytes {place.start:,} to {place.end:,} of the file)" in text


def test_a_header_that_was_changed_fails_verification(tmp_path: Path) -> None:
    path = saved(shrunk("center,lloyd:4"), tmp_path)
    content = path.read_bytes()

    def longer(header: dict[str, Any]) -> None:
        metadata = json.loads(header["__metadata__"][METADATA_KEY])
        metadata["segments"][0]["length_scale"][0] += 1
        header["__metadata__"][METADATA_KEY] = json.dumps(metadata)

    def undigested(header: dict[str, Any]) -> None:
        del header["__metadata__"][DIGEST_KEY]

    for change in (longer, undigested):
        path.write_bytes(with_header(content, change))
        assert len(embcompress.open(path)) == ROWS
        for read in (verify, lambda path: embcompress.open(path, verify=True)):
            with pytest.raises(
                FormatError, match=r"its header is damaged: its SHA-256 .* \(bytes 8 to [\d,]+ of the file"
            ):
                read(path)


def test_verified_files_answer_as_they_were(tmp_path: Path) -> None:
    path = saved(shrunk("int8"), tmp_path)
    assert embcompress.open(path, verify=True).most_similar("word5") == shrunk("int8").most_similar("word5")


def peak(use: Callable[[], object]) -> int:
    """Bytes that were allocated at a time."""
    tracemalloc.start()
    try:
        use()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_packed_is_not_expanded_before_it_fits(tmp_path: Path) -> None:
    path = saved(shrunk("int8"), tmp_path)
    large = np.zeros((12 << 20, 1), dtype=np.uint8)

    def swollen(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays |= {"0.lengths": large[:, 0]}
        metadata["coders"] = ["zstd"]

    rewritten(path, swollen)
    assert path.stat().st_size < 40_000

    def refused() -> None:
        with pytest.raises(FormatError, match="which are not those of 700 words"):
            embcompress.open(path)

    assert peak(refused) < 1 << 20


def wide(axes: int, *, lists: int = 0) -> Change:
    """A vector of 2^15 numbers, of which columns cover a few; in an inverted file, if there are lists."""

    def widened(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["dims"] = metadata["segments"][0]["components"] = 1 << 15
        arrays["0.axes"] = np.arange(axes, dtype=np.int32)[:, None]
        if lists:
            arrays["lists.centroids"] = np.ones((len(arrays["lists.centroids"]), 1 << 15), dtype=np.float32)

    return widened


def test_wide_vectors_are_decoded_a_few_at_a_time(tmp_path: Path) -> None:
    path = rewritten(saved(shrunk("lloyd:4"), tmp_path), wide(DIMS))
    vectors = embcompress.open(path)
    words = [f"word{row}" for row in range(0, ROWS, 100)]

    def use() -> None:
        for exact in (False, True):
            assert len(vectors.most_similar_batch(words, exact=exact)) == len(words)

    assert peak(use) < 160 << 20


def test_the_widest_levels_take_little(tmp_path: Path) -> None:
    dims = 1 << 15

    def widened(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["dims"] = metadata["segments"][0]["components"] = dims
        arrays |= {"0.lowest": np.zeros(dims, dtype=np.float32), "0.step": np.full(dims, 0.1, dtype=np.float32)}
        arrays["0.codes"] = np.zeros((ROWS, dims), dtype=np.uint8)
        arrays["0.codes"][:, 0] = 1

    path = rewritten(saved(shrunk("int8"), tmp_path), widened)
    size = path.stat().st_size
    assert peak(lambda: embcompress.open(path).most_similar("word5", exact=True)) < 10 * size


def test_lists_of_wide_vectors_take_little(tmp_path: Path) -> None:
    path = rewritten(saved(with_lists("lloyd:4"), tmp_path), wide(DIMS, lists=16))
    vectors = embcompress.open(path)
    assert peak(lambda: vectors.most_similar("word5")) < 40 * path.stat().st_size
