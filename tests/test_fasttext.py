"""fastText's own format: the vectors that gensim and fastText itself make of it, and nothing worse than an error."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models._fasttext_bin import load as load_parts
from gensim.models.fasttext import FastTextKeyedVectors, ft_ngram_hashes, load_facebook_vectors
from gensim.test.utils import datapath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embcompress import FormatError, Table, load
from embcompress.arrays import Bytes, Doubles, Floats
from embcompress.formats._fasttext_header import begins_fasttext
from embcompress.formats._reading import FileRows
from embcompress.ngrams import ngram_buckets, ngrams_of_words
from embcompress.vocabulary import to_bytes
from tests.writers import FORMATS, VECTORS, WORDS, WRAPPERS, assert_refused, write

OLD_FILES = ["lee_fasttext", "non_ascii_fasttext", "cp852_fasttext"]
"""From before files had a version."""

FILES = [*OLD_FILES, "crime-and-punishment", "lee_fasttext_new", "toy-model", "toy-model-pretrained"]
LINE_END = "</s>"
LETTERS = "abcdefghijklmnopqrstuvwxyz<>é東😀"


def reference_buckets(word: bytes, minn: int, maxn: int, buckets: int) -> list[int]:
    """The n-grams of a word, one at a time, as the paper's appendix and fastText's sources describe them."""
    text = b"<" + word + b">"
    found = []
    for start in range(len(text)):
        if text[start] & 0xC0 == 0x80:
            continue
        end, size = start, 0
        while end < len(text) and size < maxn:
            end, size = end + 1, size + 1
            while end < len(text) and text[end] & 0xC0 == 0x80:
                end += 1
            if size >= minn and not (size == 1 and (start == 0 or end == len(text))):
                value = 2166136261
                for byte in text[start:end]:
                    value = (value ^ (byte - 256 if byte > 127 else byte) & 0xFFFFFFFF) * 16777619 & 0xFFFFFFFF
                found.append(value % buckets)
    return found


@given(st.text(max_size=12), st.integers(0, 4), st.integers(0, 7), st.integers(1, 2_000_000))
def test_buckets_are_gensims(word: str, minn: int, maxn: int, buckets: int) -> None:
    assert ngram_buckets(word, minn, maxn, buckets) == list(ft_ngram_hashes(word, minn, maxn, buckets))


@given(st.lists(st.binary(max_size=12)), st.integers(0, 4), st.integers(0, 7), st.integers(1, 2_000_000))
def test_buckets_of_words_that_are_no_utf8(words: list[bytes], minn: int, maxn: int, buckets: int) -> None:
    wanted = [reference_buckets(word, minn, maxn, buckets) for word in words]
    found, sizes = ngrams_of_words(words, minn, maxn, buckets)
    assert sizes.tolist() == [len(each) for each in wanted]
    assert found.tolist() == [bucket for each in wanted for bucket in each]
    for word, each in zip(words, wanted, strict=True):
        assert ngram_buckets(word.decode("utf-8", "surrogateescape"), minn, maxn, buckets) == each


def test_words_without_buckets() -> None:
    assert ngram_buckets("word", 3, 0, 100) == []
    assert ngram_buckets("word", 3, 6, 0) == []
    assert ngram_buckets("word", 6, 3, 100) == []
    assert ngram_buckets("\ud800", 1, 6, 100) == []
    assert len(ngram_buckets("ab", 1, 1, 100)) == 2  # "<" and ">" alone are none


def unseen(table: Table, word: str) -> Floats:
    """The mean of the rows of a word's n-grams."""
    ngrams = table.ngrams
    assert ngrams is not None
    buckets = np.array(ngram_buckets(word, ngrams.minn, ngrams.maxn, ngrams.buckets), dtype=np.int64)
    if ngrams.kept is not None:
        buckets = np.searchsorted(ngrams.kept, buckets[np.isin(buckets, ngrams.kept)])
    rows: Floats = np.asarray(ngrams.vectors[buckets], dtype=np.float32).mean(axis=0)
    return rows


def gensims(name: str) -> FastTextKeyedVectors:
    return load_facebook_vectors(datapath(f"{name}.bin"))


@pytest.mark.parametrize("name", FILES)
def test_the_same_vectors_as_gensim(name: str) -> None:
    table, theirs = load(datapath(f"{name}.bin")), gensims(name)
    used = [key for row, key in enumerate(theirs.index_to_key) if theirs.vectors_vocab[row].any()]
    left_out = sum(count for kind, count in table.repairs.counts.items() if "not UTF-8" not in kind)
    assert len(theirs) - len(used) == left_out == (name == "toy-model-pretrained")
    # gensim has other words, and so other n-grams, where bytes are not UTF-8.
    assert [to_bytes(word).decode("utf-8", "backslashreplace") for word in table.words] == used
    # Nor does it leave out the n-grams of "</s>", as fastText does since files have versions.
    apart = {word for word in table.words if any("\udc80" <= letter <= "\udcff" for letter in word)}
    assert len(apart) == (69 if name == "cp852_fasttext" else 0)
    if name not in OLD_FILES and LINE_END in table.words:
        apart.add(LINE_END)
        np.testing.assert_array_equal(table[LINE_END], theirs.vectors_vocab[theirs.key_to_index[LINE_END]])
    shared = [row for row, word in enumerate(table.words) if word not in apart]
    wanted = np.array([theirs.get_vector(table.words[row]) for row in shared])
    np.testing.assert_allclose(table.rows(np.array(shared)), wanted, atol=1e-6, rtol=0)
    assert table.counts is not None
    assert table.counts.tolist() == [theirs.get_vecattr(key, "count") for key in used]


@pytest.mark.parametrize("name", FILES)
def test_the_same_vectors_of_unseen_words_as_gensim(name: str) -> None:
    table, theirs = load(datapath(f"{name}.bin")), gensims(name)
    generator = np.random.default_rng(1)
    words = ["".join(generator.choice(list(LETTERS), generator.integers(3, 12))) for _ in range(50)]
    assert table.ngrams is not None
    assert not set(words) & set(table.words)
    for word in words:
        np.testing.assert_allclose(unseen(table, word), theirs.get_vector(word), atol=1e-6, rtol=0)


def test_words_that_are_not_utf8_are_hashed_by_their_bytes() -> None:
    with Path(datapath("cp852_fasttext.bin")).open("rb") as file:
        parts = load_parts(file, full_model=False)
    table = load(datapath("cp852_fasttext.bin"))
    for row, word in enumerate(table.words):
        buckets = reference_buckets(to_bytes(word), parts.minn, parts.maxn, parts.bucket)
        rows = parts.vectors_ngrams[[row, *(parts.nwords + bucket for bucket in buckets)]]
        np.testing.assert_allclose(table[word], rows.mean(axis=0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["lee_fasttext", "crime-and-punishment", "toy-model", "pang_lee_polarity_fasttext"])
def test_the_vectors_that_fasttext_itself_wrote(name: str) -> None:
    table, written = load(datapath(f"{name}.bin")), load(datapath(f"{name}.vec"))
    assert list(table.words) == list(written.words)
    assert (LINE_END in table.words) == (name != "toy-model")
    np.testing.assert_allclose(table.rows(slice(None)), written.rows(slice(None)), rtol=1e-4, atol=1e-6)


def dense(rows: Floats) -> bytes:
    return struct.pack("<B2q", 0, *rows.shape) + rows.astype("<f4").tobytes()


def model(
    words: dict[bytes, int],
    matrix: bytes,
    *,
    dims: int,
    version: int = 12,
    kind: int = 2,
    buckets: int = 0,
    minn: int = 3,
    maxn: int = 6,
    labels: tuple[bytes, ...] = (),
    kept: dict[int, int] | None = None,
    size: int | None = None,
) -> bytes:
    """A file as fastText writes it, up to the matrix; `version` 0 is from before there were versions."""
    arguments = struct.pack("<12id", dims, 5, 5, 1, 5, 1, 2, kind, buckets, minn, maxn, 100, 1e-4)
    entries = [(word, count, 0) for word, count in words.items()] + [(label, 1, 1) for label in labels]
    dictionary = struct.pack("<3iq", len(entries) if size is None else size, len(words), len(labels), 1000)
    listed = b"".join(word + b"\0" + struct.pack("<qb", count, type_) for word, count, type_ in entries)
    if version == 0:
        return arguments + dictionary + listed + matrix[1:]
    begin = struct.pack("<2i", 793712314, version)
    pairs = b"".join(struct.pack("<2i", bucket, row) for bucket, row in (kept or {}).items())
    return (
        begin + arguments + dictionary + struct.pack("<q", -1 if kept is None else len(kept)) + listed + pairs + matrix
    )


def quantized(codes: Bytes, parts: list[Floats], lengths: tuple[Bytes, Floats] | None = None) -> bytes:
    """A product-quantized matrix: `parts` are the centroids (256, w) of each code."""
    dims, widths = sum(part.shape[1] for part in parts), [part.shape[1] for part in parts]
    content = struct.pack("<BB2qi", 1, lengths is not None, len(codes), dims, codes.size) + codes.tobytes()
    content += struct.pack("<4i", dims, len(parts), widths[0], widths[-1])
    content += b"".join(part.astype("<f4").tobytes() for part in parts)
    if lengths is not None:
        content += lengths[0].tobytes() + struct.pack("<4i", 1, 1, 1, 1) + lengths[1].astype("<f4").tobytes()
    return content


GENERATOR = np.random.default_rng(5)
SMALL_WORDS = {b"the": 50, b"</s>": 20, "naïve".encode(): 9, b"caf\xe9": 3, "東京".encode(): 2}
BUCKETS = 40
SMALL = GENERATOR.standard_normal((len(SMALL_WORDS) + BUCKETS, 4)).astype(np.float32)
NUMBERS: dict[str, Any] = {"dims": 4, "buckets": BUCKETS, "minn": 2, "maxn": 4}


def finished(
    rows: Floats, words: dict[bytes, int], *, old: bool = False, kept: dict[int, int] | None = None
) -> Doubles:
    """Vectors of words by the definition."""
    vectors = []
    for number, word in enumerate(words):
        buckets = reference_buckets(word, 2, 4, BUCKETS) if old or word != b"</s>" else []
        places = buckets if kept is None else [kept[bucket] for bucket in buckets if bucket in kept]
        vectors.append(rows[[number, *(len(words) + place for place in places)]].astype(np.float64).mean(axis=0))
    return np.array(vectors)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("version", [0, 11, 12])
def test_every_version_in_every_wrapper(version: int, wrapper: str, tmp_path: Path) -> None:
    content = model(SMALL_WORDS, dense(SMALL), version=version, **NUMBERS) + dense(SMALL[:7])
    path = write(tmp_path / "table", WRAPPERS[wrapper](content))
    seen: list[int] = []
    table = load(path, folder=tmp_path, progress=lambda _, read, size: seen.append(size - read))
    assert [to_bytes(word) for word in table.words] == list(SMALL_WORDS)
    np.testing.assert_allclose(table.rows(slice(None)), finished(SMALL, SMALL_WORDS, old=version == 0), atol=1e-6)
    assert table.counts is not None
    assert table.counts.tolist() == list(SMALL_WORDS.values())
    assert table.ngrams is not None
    assert (table.ngrams.minn, table.ngrams.maxn, table.ngrams.buckets, table.ngrams.kept) == (2, 4, BUCKETS, None)
    np.testing.assert_array_equal(table.ngrams.vectors[:], SMALL[len(SMALL_WORDS) :])
    np.testing.assert_array_equal(table.ngrams.vectors[np.array([7, 3])], SMALL[len(SMALL_WORDS) :][[7, 3]])
    assert seen[-1] == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_limit_keeps_all_ngrams(tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", model(SMALL_WORDS, dense(SMALL), **NUMBERS)), limit=1)
    assert list(table.words) == ["the"]
    assert table.ngrams is not None
    assert table.ngrams.vectors.shape == (BUCKETS, 4)


@pytest.mark.parametrize("wrapper", ["plain", "gzip"])
def test_without_ngrams_words_have_their_own_rows(wrapper: str, tmp_path: Path) -> None:
    words = {b"w%d" % number: 1 for number in range(9000)}
    rows = GENERATOR.standard_normal((9000, 3)).astype(np.float32)
    content = model(words, dense(rows), dims=3, maxn=0, minn=0)
    table = load(write(tmp_path / "table", WRAPPERS[wrapper](content)))
    assert table.ngrams is None
    assert isinstance(table.vectors, FileRows) == (wrapper == "plain")  # nothing was copied
    np.testing.assert_array_equal(table.rows(slice(None)), rows)


def test_more_words_than_a_block(tmp_path: Path) -> None:
    # 65 long words fill a block of bytes, 8192 short ones a block of rows.
    words = {GENERATOR.integers(97, 123, 4000).astype(np.uint8).tobytes(): 1 for _ in range(150)}
    words |= {b"word%d" % number: 1 for number in range(10_000)}
    rows = GENERATOR.standard_normal((len(words) + BUCKETS, 4)).astype(np.float32)
    table = load(write(tmp_path / "table", model(words, dense(rows), **NUMBERS)))
    assert [to_bytes(word) for word in table.words] == list(words)
    np.testing.assert_allclose(table.rows(slice(None)), finished(rows, words), atol=1e-5)


def test_labels_are_no_words(tmp_path: Path) -> None:
    content = model(SMALL_WORDS, dense(SMALL), kind=3, labels=(b"__label__a", b"__label__b"), **NUMBERS)
    table = load(write(tmp_path / "table", content))
    assert [to_bytes(word) for word in table.words] == list(SMALL_WORDS)
    np.testing.assert_allclose(table.rows(slice(None)), finished(SMALL, SMALL_WORDS), atol=1e-6)
    # Version 11 hashed n-grams of words only, whatever else it says.
    content = model(SMALL_WORDS, dense(SMALL), kind=3, version=11, labels=(b"__label__a",), **NUMBERS)
    table = load(write(tmp_path / "table", content))
    assert table.ngrams is None
    np.testing.assert_array_equal(table.rows(slice(None)), SMALL[: len(SMALL_WORDS)])


def test_files_that_say_all_was_pruned_where_nothing_was(tmp_path: Path) -> None:
    table = load(write(tmp_path / "table", model(SMALL_WORDS, dense(SMALL), kept={}, **NUMBERS)))
    np.testing.assert_allclose(table.rows(slice(None)), finished(SMALL, SMALL_WORDS), atol=1e-6)
    table = load(write(tmp_path / "table", model(SMALL_WORDS, dense(SMALL[:5]), kept={}, **NUMBERS)))
    assert table.ngrams is None
    np.testing.assert_array_equal(table.rows(slice(None)), SMALL[:5])


PARTS = [GENERATOR.standard_normal((256, width)).astype(np.float32) for width in (3, 1)]
CODES = GENERATOR.integers(0, 256, (len(SMALL), 2)).astype(np.uint8)
DECODED = np.hstack([PARTS[0][CODES[:, 0]], PARTS[1][CODES[:, 1]]])
LENGTHS = GENERATOR.integers(0, 256, len(SMALL)).astype(np.uint8), np.linspace(0.5, 3, 256, dtype=np.float32)
KEPT = {bucket: row for row, bucket in enumerate(GENERATOR.permutation(BUCKETS)[:25].tolist())}


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_quantized_rows(lengths: tuple[Bytes, Floats] | None, tmp_path: Path) -> None:
    content = model(SMALL_WORDS, quantized(CODES, PARTS, lengths), **NUMBERS)
    table = load(write(tmp_path / "table", content))
    rows = DECODED if lengths is None else DECODED * lengths[1][lengths[0]][:, None]
    np.testing.assert_allclose(table.rows(slice(None)), finished(rows, SMALL_WORDS), atol=1e-6)
    assert table.ngrams is not None
    np.testing.assert_array_equal(table.ngrams.vectors[:], rows[5:])
    np.testing.assert_array_equal(table.ngrams.vectors[np.array([9, 2])], rows[[14, 7]])


def test_centroids_by_hand(tmp_path: Path) -> None:
    first, second = np.zeros((256, 2), dtype=np.float32), np.zeros((256, 2), dtype=np.float32)
    first[7], second[9], second[200] = (1, 2), (3, 4), (5, 6)
    factors = np.zeros(256, dtype=np.float32)
    factors[[1, 2]] = 10, 0.5
    matrix = quantized(np.array([[7, 9], [7, 200]], "u1"), [first, second], (np.array([1, 2], "u1"), factors))
    table = load(write(tmp_path / "table", model({b"a": 2, b"b": 1}, matrix, dims=4)))
    assert table.rows(slice(None)).tolist() == [[10, 20, 30, 40], [0.5, 1, 2.5, 3]]


def test_pruned_ngrams(tmp_path: Path) -> None:
    size = len(SMALL_WORDS) + len(KEPT)
    lengths = LENGTHS[0][:size], LENGTHS[1]
    content = model(SMALL_WORDS, quantized(CODES[:size], PARTS, lengths), kept=KEPT, **NUMBERS)
    table = load(write(tmp_path / "table", content))
    rows = DECODED[:size] * lengths[1][lengths[0]][:, None]
    np.testing.assert_allclose(table.rows(slice(None)), finished(rows, SMALL_WORDS, kept=KEPT), atol=1e-6)
    assert table.ngrams is not None
    assert table.ngrams.kept is not None
    assert table.ngrams.kept.tolist() == sorted(KEPT)
    np.testing.assert_array_equal(table.ngrams.vectors[:], rows[[5 + KEPT[bucket] for bucket in sorted(KEPT)]])
    buckets = reference_buckets(b"thesis", 2, 4, BUCKETS)
    there = [5 + KEPT[bucket] for bucket in buckets if bucket in KEPT]
    assert 0 < len(there) < len(buckets)
    np.testing.assert_allclose(unseen(table, "thesis"), rows[there].mean(axis=0), atol=1e-6)


def altered(content: bytes, place: int, number: bytes) -> bytes:
    return content[:place] + number + content[place + len(number) :]


WHOLE = model(SMALL_WORDS, dense(SMALL), **NUMBERS)
FTZ = model(SMALL_WORDS, quantized(CODES, PARTS, LENGTHS), **NUMBERS)
PRUNED = model(SMALL_WORDS, quantized(CODES[:30], PARTS), kept=KEPT, **NUMBERS)
SHAPE = WHOLE.index(struct.pack("<2q", *SMALL.shape))
FIRST = WHOLE.index(b"the\0")
HUGE = struct.pack("<q", 1 << 60)

BAD = {
    "a later version": (altered(WHOLE, 4, struct.pack("<i", 13)), "is version 13, versions 11 and 12 can be read"),
    "no dimension": (altered(WHOLE, 8, struct.pack("<i", 0)), "vectors have 0 numbers, allowed are 1 to"),
    "negative buckets": (altered(WHOLE, 40, struct.pack("<i", -1)), "4 characters to -1 buckets"),
    "endless n-grams": (altered(WHOLE, 48, struct.pack("<i", 1 << 30)), "allowed are up to 64 characters"),
    "negative words": (altered(WHOLE, 64, struct.pack("<3i", -1, -1, 0)), "holds -1 entries: -1 words and 0 labels"),
    "no words": (altered(WHOLE, 64, struct.pack("<3i", 0, 0, 0)), "holds 0 entries: 0 words and 0 labels"),
    "entries of no kind": (
        model(SMALL_WORDS, dense(SMALL), size=9, **NUMBERS),
        "holds 9 entries: 5 words and 0 labels",
    ),
    "too many words": (altered(WHOLE, 64, struct.pack("<2i", 2**31 - 1, 2**31 - 1)), "they do not fit in the"),
    "some more words": (altered(WHOLE, 64, struct.pack("<2i", 20, 20)), "no word of less than 65536 bytes begins here"),
    "endless kept n-grams": (altered(WHOLE, 84, HUGE), "its list of kept n-grams at byte 9223372036854775"),
    "an endless word": (
        altered(WHOLE, FIRST + 3, b"x" * 10)[: FIRST + 13] + b"y" * 70_000,
        "no word of less than 65536",
    ),
    "a negative count": (altered(WHOLE, FIRST + 4, struct.pack("<q", -5)), "a count below zero"),
    "a label among words": (altered(WHOLE, FIRST + 12, b"\1"), "it is not 5 words and then 0 labels"),
    "neither dense nor quantized": (altered(WHOLE, SHAPE - 1, b"\7"), "says 7 where 0"),
    "endless rows": (altered(WHOLE, SHAPE, HUGE), "rows, for 5 words and 40 buckets"),
    "negative rows": (altered(WHOLE, SHAPE, struct.pack("<q", -45)), "says its matrix has -45 rows"),
    "other columns": (altered(WHOLE, SHAPE + 8, struct.pack("<q", 5)), "has 5 columns, and 4 at its beginning"),
    "rows missing": (WHOLE[:-4], f"ends at byte {len(WHOLE) - 4}, its input matrix at byte {len(WHOLE)}"),
    "pruned and dense": (model(SMALL_WORDS, dense(SMALL[:30]), kept=KEPT, **NUMBERS), "pruned but its matrix is not"),
    "a bucket twice": (
        altered(PRUNED, PRUNED.index(struct.pack("<2i", *list(KEPT.items())[3])), b"\xff\xff"),
        "n-grams is damaged: a bucket or row",
    ),
    "too few kept": (model(SMALL_WORDS, quantized(CODES, PARTS), kept=KEPT, **NUMBERS), "5 words and 25 kept n-grams"),
    "other codes": (
        model(SMALL_WORDS, quantized(CODES[:, :1], PARTS), **NUMBERS),
        "45 bytes of codes, for 45 rows of 2",
    ),
    "another quantizer": (model(SMALL_WORDS, quantized(CODES, PARTS[:1]), **NUMBERS), "matrix has 3 columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_damage_is_told(name: str, tmp_path: Path) -> None:
    content, reason = BAD[name]
    path = write(tmp_path / "table", content)
    assert_refused(path, reason)


SAMPLES = {"dense": WHOLE, "old": model(SMALL_WORDS, dense(SMALL), version=0, **NUMBERS), "ftz": FTZ, "pruned": PRUNED}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_truncation_is_an_error(name: str, tmp_path: Path) -> None:
    content = SAMPLES[name]
    for length in np.unique(np.concatenate([np.linspace(1, len(content) - 1, 50).astype(int), np.arange(1, 260)])):
        with pytest.raises(FormatError):
            load(write(tmp_path / "table", content[:length]))
    assert len(load(write(tmp_path / "table", content))) == len(SMALL_WORDS)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_lead_to_nothing_worse_than_an_error(name: str, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[name])
    early = data.draw(st.booleans())  # most bytes that mean something stand early
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 300 if early else len(content)) - 1))] = data.draw(
            st.integers(0, 255)
        )
    with suppress(FormatError):
        table = load(write(tmp_path / "table", bytes(content)))
        assert table.rows(slice(None)).shape == (len(table), table.dims)
        if table.ngrams is not None:
            assert table.ngrams.vectors[:3].shape[1] == table.dims


def test_numbers_too_large_to_add_are_left_out(tmp_path: Path) -> None:
    rows = np.full(SMALL.shape, 3e38, dtype=np.float32)
    table = load(write(tmp_path / "table", model(SMALL_WORDS, dense(rows), **NUMBERS)))
    assert list(table.words) == [LINE_END]
    assert table.repairs.counts == {"rows with a number that is not finite": 4}
    assert table.repairs.first == {"rows with a number that is not finite": "row 0"}


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    nans = np.full(256, 0x7F800001, dtype=np.uint32).view(np.float32)  # signalling: NumPy warns of reckoning with them
    rows = np.resize(nans, SMALL.shape)
    for matrix in (dense(rows), quantized(CODES, PARTS, (LENGTHS[0], nans))):
        path = write(tmp_path / "table", model(SMALL_WORDS, matrix, **NUMBERS))
        with pytest.raises(FormatError, match="has no usable row: left out 5 rows with a number that is not finite"):
            load(path)


def test_no_other_format_is_taken_for_fasttexts() -> None:
    for form in FORMATS.values():
        assert not begins_fasttext(form([word.replace(" ", "_") for word in WORDS], VECTORS))
    for name in (
        "euclidean_vectors.bin",
        "high_precision.kv.bin",
        "varembed_morfessor.bin",
        "lee_fasttext",
        "fasttext_old",
    ):
        assert not begins_fasttext(Path(datapath(name)).read_bytes())
    for name in FILES:
        assert begins_fasttext(Path(datapath(f"{name}.bin")).read_bytes())
