"""A finer code for the first rows: two segments that are one table to whoever asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import (
    CompressedVectors,
    FormatError,
    SpecError,
    Table,
    UsageError,
    container,
    encodings,
    shrink,
    verify,
)
from embcompress.arrays import Floats, Integers, directions
from embcompress.evaluation.geometry import geometry
from embcompress.file import Contents, from_container, write
from embcompress.kernels import blocks
from embcompress.search import Search
from embcompress.segment import Segment
from embcompress.segmented_rows import SegmentedRows
from tests.common import ROWS, shrunk, small_table, unit_queries
from tests.test_search import RANGES

PAIRS = [
    ("int8", "lloyd:2"),
    ("float16", "binary"),
    ("lloyd:4", "pq:8x8"),
    ("pq:6x4", "int8"),
    ("groups:3", "vq:60,ternary"),
    ("binary", "float16"),
]
HEAD = 250


def joined(*specs: str, rows: int = HEAD) -> SegmentedRows:
    """The first rows as the first spec codes them, the next as the second does, ..., the last spec coding the rest."""
    ends = [*(rows * number for number in range(1, len(specs))), ROWS]
    starts = [0, *ends[:-1]]
    parts = [
        shrunk(spec).segment.chosen(np.arange(start, end)) for spec, start, end in zip(specs, starts, ends, strict=True)
    ]
    return SegmentedRows(parts)


def brute_force(rows: SegmentedRows, queries: Floats, within: range) -> tuple[Any, Integers]:
    """Cosines with decoded rows in double precision, best first, and the rows; equal to 6 decimals by row."""
    units = directions(np.concatenate([part.vectors(slice(None)) for part in rows.parts]))[within.start : within.stop]
    scores = directions(queries).astype(np.float64) @ units.T.astype(np.float64)
    order = np.argsort(-np.round(scores, 6), axis=1, kind="stable")
    return np.take_along_axis(scores, order, axis=1), order + within.start


@pytest.mark.parametrize(("head", "rest"), PAIRS)
def test_search_finds_what_brute_force_finds(head: str, rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "INDEX_ROWS", 128)
    monkeypatch.setattr(blocks, "INDEX_BYTES", 128)
    rows = joined(head, rest)
    search, queries = Search(rows), 2 * unit_queries(70)
    for within in [*RANGES, range(200, 300), range(HEAD), range(HEAD, ROWS), range(ROWS)]:
        expected, expected_rows = brute_force(rows, queries, within)
        for exact in (False, True):
            scores, found = search.nearest(queries, 10, within=within, exact=exact)
            wanted = min(10, len(within))
            np.testing.assert_allclose(scores, expected[:, :wanted], atol=3e-6)
            assert (found == expected_rows[:, :wanted]).mean() > (
                0.9 if "vq" in rest or "binary" in (head, rest) else 0.99
            )


def test_both_segments_answer() -> None:
    rows = joined("int8", "lloyd:2")
    found = Search(rows).nearest(unit_queries(50), 10)[1]
    assert (found < HEAD).mean() == pytest.approx(HEAD / ROWS, abs=0.1)


def test_many_neighbours_and_three_segments() -> None:
    rows = joined("int8", "binary", "lloyd:4", rows=200)
    queries = unit_queries(4)
    for k in (1, 60, 300, ROWS, 10 * ROWS):
        expected = brute_force(rows, queries, range(ROWS))[0][:, :k]
        scores, found = Search(rows).nearest(queries, k)
        np.testing.assert_allclose(scores, expected, atol=3e-6)
        assert found.shape == (4, min(k, ROWS))


def test_a_row_that_only_one_segment_could_miss_is_found() -> None:
    """The second segment's rows are all alike, so that FAISS cannot tell which are nominated: every row is scored."""
    generator = np.random.default_rng(3)
    rows = np.concatenate([generator.standard_normal((400, 16)), np.ones((400, 16))]).astype(np.float32)
    vectors = shrink(Table([f"w{row}" for row in range(800)], rows), "head:400:int8,binary:zero")
    assert [word for word, _ in vectors.most_similar(np.ones(16, dtype=np.float32), topn=5)] == [
        f"w{row}" for row in range(400, 405)
    ]


@pytest.mark.parametrize(("head", "rest"), PAIRS)
def test_rows_are_read_as_their_segments_decode_them(head: str, rest: str) -> None:
    rows = joined(head, rest)
    whole = np.concatenate([part.vectors(slice(None)) for part in rows.parts])
    np.testing.assert_allclose(rows.norms, np.linalg.norm(whole, axis=1), rtol=1e-5)
    picked = np.random.default_rng(1).integers(ROWS, size=90)
    for chosen in (picked, slice(None), slice(240, 260), slice(10, 40), slice(600, 100, -7), slice(5, 5), picked[:0]):
        np.testing.assert_allclose(rows.vectors(chosen), whole[chosen], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(rows.directions(chosen), directions(whole[chosen]), atol=1e-6)
        scores = rows.scores(unit_queries(3), chosen)
        np.testing.assert_allclose(scores, unit_queries(3) @ directions(whole[chosen]).T, atol=2e-6)
        part = rows.chosen(chosen)
        assert len(part) == len(whole[chosen])
        np.testing.assert_allclose(part.vectors(slice(None)), whole[chosen], rtol=1e-5, atol=1e-6)
    for row in (0, HEAD - 1, HEAD, ROWS - 1):
        np.testing.assert_allclose(rows.vector(row), whole[row], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(rows.direction(row), directions(whole[row][None])[0], atol=1e-6)


def test_each_segment_is_fitted_to_its_own_rows() -> None:
    table = small_table()
    vectors = shrink(table, f"head:{HEAD}:pq:6x4,center,lloyd:2")
    first, second = vectors.coded_rows.parts
    assert (len(first), len(second)) == (HEAD, ROWS - HEAD)
    for part, rows, spec in ((first, slice(HEAD), "pq:6x4"), (second, slice(HEAD, None), "center,lloyd:2")):
        alone = shrink(Table(list(table.words)[rows], table.rows(slice(None))[rows]), spec).segment
        np.testing.assert_array_equal(part.codes[:], alone.codes[:])
        np.testing.assert_array_equal(part.vectors(slice(None)), alone.vectors(slice(None)))


def test_zero_rows_in_either_segment_answer_nothing() -> None:
    rows = small_table().rows(slice(None)).copy()
    rows[[3, 400]] = 0
    vectors = shrink(Table(list(small_table().words), rows), f"head:{HEAD}:int8,lloyd:4")
    assert not vectors["word3"].any()
    assert not vectors["word400"].any()
    assert (vectors.norms == 0).nonzero()[0].tolist() == [3, 400]
    scores = vectors.coded_rows.scores(unit_queries(2), np.array([3, 5, 400]))
    np.testing.assert_array_equal(scores[:, [0, 2]], 0)
    assert {"word3", "word400"}.isdisjoint(word for word, _ in vectors.most_similar("word5"))


def test_a_finer_head_is_nearer_to_the_original() -> None:
    plain, headed = shrunk("binary"), shrink(small_table(), f"head:{HEAD}:int8,binary")
    words = list(small_table().words)
    units = directions(small_table().rows(slice(None)))
    kept = {
        name: np.vecdot(vectors.coded_rows.directions(slice(None)), units)
        for name, vectors in (("p", plain), ("h", headed))
    }
    assert kept["h"][:HEAD].min() > 0.99
    assert kept["h"][HEAD:].mean() == pytest.approx(kept["p"][HEAD:].mean(), abs=0.02)
    assert headed.similarity(words[0], words[1]) != plain.similarity(words[0], words[1])


def test_the_rate_is_the_mean_over_rows() -> None:
    vectors = shrink(small_table(), f"head:{HEAD}:int8,binary")
    assert vectors.coded_rows.bytes_a_row == pytest.approx((HEAD * 24 + (ROWS - HEAD) * 3) / ROWS)
    found, binary = geometry(small_table(), vectors), geometry(small_table(), shrunk("binary"))
    assert binary.rate_distortion_bound is not None
    assert found.rate_distortion_bound is not None
    assert found.rate_distortion_bound < binary.rate_distortion_bound
    assert found.mse < binary.mse


def test_a_file_of_two_segments_and_ngrams(tmp_path: Path) -> None:
    from embcompress.subwords import Subwords

    vectors = shrink(small_table(), f"head:{HEAD}:int8,lloyd:2")
    subwords = Subwords(3, 5, ROWS, shrunk("lloyd:4").segment)
    write(tmp_path / "table.embc", Contents(vectors.index_to_key, vectors.coded_rows, {"spec": "x"}, subwords))
    opened = embcompress.open(tmp_path / "table.embc")
    assert [len(part) for part in opened.coded_rows.parts] == [HEAD, ROWS - HEAD]
    assert opened.ngrams == ROWS
    np.testing.assert_array_equal(
        opened["unheard-of"], CompressedVectors(vectors.index_to_key, vectors.coded_rows, {}, subwords)["unheard-of"]
    )
    assert "2.codes" in verify(tmp_path / "table.embc")


def test_segments_that_do_not_hold_the_words(tmp_path: Path) -> None:
    path = tmp_path / "table.embc"
    shrink(small_table(), f"head:{HEAD}:int8,lloyd:2").save(path)
    assert len(from_container(container.read(path)).rows) == ROWS
    for change, reason in (
        (
            lambda stored: stored.metadata["segments"].pop(),
            r"array '0\.lengths' has 250 rows, which are not those of 700",
        ),
        (lambda stored: stored.metadata["segments"].extend([{}, {}]), r"array '2\.lengths' is missing"),
        (
            lambda stored: cut(stored.arrays, "1.lengths"),
            r"array '1\.lengths' has 449 rows, which are not those of 700 words",
        ),
        (
            lambda stored: cut(stored.arrays, "1.codes"),
            r"array '1\.codes' is uint8 \(449, 6\), expected uint8 \(450, 6\)",
        ),
        (lambda stored: stored.metadata.update(words=699), "array 'words.lengths'"),
    ):
        stored = container.read(path)
        change(stored)
        with pytest.raises(FormatError, match=reason):
            from_container(stored)


def cut(arrays: dict[str, Any], name: str) -> None:
    arrays[name] = arrays[name][:-1]


def test_there_is_no_one_segment_and_no_inverted_file() -> None:
    vectors = shrink(small_table(), f"head:{HEAD}:int8,lloyd:2")
    with pytest.raises(UsageError, match=r"in 2 segments: ask coded_rows\.parts"):
        _ = vectors.segment
    with pytest.raises(UsageError, match="takes rows of one code, and these have 2: shrink without head first"):
        vectors.build_ivf()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("head:10,int8", "head takes 2 arguments, written head:N:QUANTIZER"),
        ("head:10:int8", "has no quantizer: end it with one"),
        ("head:10:pca:3,int8", "pca:3 is no quantizer: give one, such as int8 or lloyd:4"),
        ("head:10:int9,int8", "unknown stage 'int9': did you mean int8"),
        ("head:10:lloyd:3,int8", "'3' is not a value of b"),
        ("head:x:int8,int8", "'x' is not a value of N"),
        ("center,head:10:int8,int8", "head:10:int8 must come first"),
        ("head:10:int8,head:20:int4,int8", "head:20:int4 must come first"),
        ("head:0:int8,binary", "head:0:int8: N = 0 is no number of rows"),
        (f"head:{ROWS}:int8,binary", f"N = {ROWS} leaves none of the {ROWS} rows to binary: give at most {ROWS - 1}"),
        ("head:20:pq:99x4,binary", "head:20:pq:99x4: pq:99x4: M = 99 is not between 1 and the 24 dimensions"),
    ],
)
def test_heads_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        shrink(small_table(), text)
    assert reason in str(caught.value)


def test_a_heads_quantizer_takes_all_that_is_left() -> None:
    for text in (
        "head:10:lloyd:4,pq:6x4:balance",
        "head:10:ternary:0.6:-0.2,center,int8",
        "head:5:pq:6x4:balance,int8",
    ):
        spec = encodings.parse(text)
        assert str(spec) == text
        assert spec.stages[0].name == "head"
        assert str(spec.stages[0].arguments[1]) == text.split(",")[0].split(":", 2)[2]
    assert str(encodings.parse("head:10:pq:6,int8")) == "head:10:pq:6x8,int8"


def test_a_segment_is_its_own_only_part() -> None:
    segment = shrunk("int8").segment
    assert isinstance(segment, Segment)
    assert segment.parts == (segment,)
    assert len(replace(segment).chosen(slice(4, 9))) == 5
