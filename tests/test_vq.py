"""Rows that share a code: k-means makes them, the file stores each once, and nothing else notices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans

import embcompress
from embcompress import FormatError, SpecError, Table, container, encodings, shrink, verify
from embcompress.arrays import directions
from embcompress.encode import encode, fit
from embcompress.encodings import vq
from embcompress.evaluation.diff import diff
from embcompress.evaluation.geometry import geometry
from embcompress.file import from_container
from embcompress.segment import Segment
from embcompress.shared_codes import SharedCodes, shared
from tests.common import DIMS, ROWS, shrunk, small_table, unit_queries

UNITS = directions(small_table().rows(slice(None)))
"""70 clusters of ten rows."""


def sharing(spec: str) -> SharedCodes:
    codes = shrunk(spec).segment.codes
    assert isinstance(codes, SharedCodes)
    return codes


def unshared(segment: Segment) -> Segment:
    """The same rows with a code each."""
    return Segment(segment.codec, segment.codes[:], segment.lengths, segment.scale)


def test_rows_become_the_centroids_that_are_nearest() -> None:
    edited = vq.fit(UNITS, 70, seed=0)(UNITS)
    centroids = np.unique(edited, axis=0)
    assert len(centroids) == 70
    gaps = np.square(UNITS[:, None] - centroids[None]).sum(axis=2)
    np.testing.assert_allclose(np.square(UNITS - edited).sum(axis=1), gaps.min(axis=1), atol=1e-5)
    theirs = KMeans(70, init="random", n_init=1, max_iter=vq.ROUNDS, random_state=0).fit(UNITS)
    assert np.square(UNITS - edited).sum() <= 1.15 * theirs.inertia_


def test_at_most_n_codes_are_stored() -> None:
    for spec, most in (("vq:70,int8", 70), ("vq:40,lloyd:2", 40), ("pca:12,vq:300,float16", 300)):
        codes = sharing(spec)
        assert len(np.unique(codes.distinct, axis=0)) == len(codes.distinct) <= most
        assert codes.pointers.shape == (ROWS, 1 if most <= 256 else 2)
        first = np.unique(codes[:], axis=0, return_index=True)[1]
        np.testing.assert_array_equal(codes.distinct, codes[np.sort(first)])  # in the order of the rows


def test_more_shared_rows_lose_less() -> None:
    losses = []
    for count in (10, 70, 300, 650):
        units = shrunk(f"vq:{count},float16").segment.directions(slice(None))
        losses.append(float(np.square(units - UNITS).sum(axis=1).mean()))
    assert losses == sorted(losses, reverse=True)
    assert losses[1] < 0.5 * losses[0]
    assert losses[-1] < 0.02


def test_queries_are_not_edited() -> None:
    """An edit is of the table's rows alone: what codes a query's own row is not asked."""
    vectors = shrunk("vq:70,float16")
    word, query = "word13", UNITS[13]
    expected = UNITS[13] @ vectors.segment.directions(np.array([13]))[0]
    assert vectors.segment.scores(query[None], np.array([13]))[0, 0] == pytest.approx(expected, abs=1e-6)
    assert vectors.similarity(word, word) == pytest.approx(1)


def test_every_word_keeps_its_own_length() -> None:
    vectors = shrunk("vq:70,float16")
    np.testing.assert_allclose(vectors.norms, np.linalg.norm(small_table().rows(slice(None)), axis=1), rtol=0.01)


@pytest.mark.parametrize("spec", ["vq:60,int8", "pca:12,vq:300,lloyd:4", "vq:60,binary"])
def test_shared_codes_answer_as_a_code_a_row_does(spec: str) -> None:
    coded = shrunk(spec).segment
    plain = unshared(coded)
    picked = np.random.default_rng(1).integers(ROWS, size=(3, 20))
    np.testing.assert_array_equal(coded.codes[picked], plain.codes[picked])
    np.testing.assert_array_equal(coded.codes[::7], plain.codes[::7])
    np.testing.assert_array_equal(coded.vectors(picked[0]), plain.vectors(picked[0]))
    np.testing.assert_array_equal(coded.vector(5), plain.vector(5))
    np.testing.assert_array_equal(
        coded.scores(unit_queries(3)[:, None], picked), plain.scores(unit_queries(3)[:, None], picked)
    )
    assert coded.bytes_a_row < plain.bytes_a_row == plain.codec.code_size
    assert isinstance(coded.chosen(picked[0]).codes, SharedCodes)
    np.testing.assert_array_equal(coded.chosen(picked[0]).vectors(slice(None)), plain.vectors(picked[0]))


def test_twins_are_stored_once_whatever_the_spec() -> None:
    rows = np.repeat(small_table().rows(slice(50)), 14, axis=0) * np.linspace(1, 2, 700, dtype=np.float32)[:, None]
    segment = encode(rows, fit(encodings.parse("int8"), directions(rows)))
    assert isinstance(segment.codes, SharedCodes)
    assert len(segment.codes.distinct) == 50
    np.testing.assert_allclose(segment.norms, np.linalg.norm(rows, axis=1), rtol=0.01)


def test_pointers_are_kept_only_where_they_pay() -> None:
    generator = np.random.default_rng(2)
    distinct = generator.integers(256, size=(200, 8), dtype=np.uint8)
    for rows, pays in ((228, False), (229, True)):  # 200 * 8 + rows < rows * 8
        codes = distinct[np.arange(rows) % 200]
        assert isinstance(shared(codes), SharedCodes) is pays
        np.testing.assert_array_equal(shared(codes)[:], codes)
    assert shared(distinct) is distinct
    assert shared(distinct[:0]) is not None
    one = np.zeros((900, 1), dtype=np.uint8)
    assert shared(one) is one


def test_the_file_holds_each_code_once(tmp_path: Path) -> None:
    vectors = shrunk("vq:60,int8")
    size, plain = vectors.save(tmp_path / "shared.embc"), shrunk("int8").save(tmp_path / "plain.embc")
    assert plain - size == pytest.approx((ROWS - 60) * DIMS - ROWS, abs=300)
    arrays = container.read(tmp_path / "shared.embc").arrays
    assert arrays["0.codes"].shape == (60, DIMS)
    assert arrays["0.rows"].shape == (ROWS, 1)
    opened = embcompress.open(tmp_path / "shared.embc")
    np.testing.assert_array_equal(opened.vectors, vectors.vectors)
    assert "0.rows" in verify(tmp_path / "shared.embc")
    again = embcompress.load(tmp_path / "shared.embc")
    np.testing.assert_array_equal(again.rows(slice(None)), vectors.vectors)


def test_a_pointer_past_the_last_code_is_refused(tmp_path: Path) -> None:
    shrunk("vq:60,int8").save(tmp_path / "table.embc")
    stored = container.read(tmp_path / "table.embc")
    stored.arrays["0.rows"] = stored.arrays["0.rows"].copy()
    stored.arrays["0.rows"][9] = 60
    rows = from_container(stored).rows
    assert rows.vector(8).any()
    for asked in (slice(None), np.array([1, 9])):
        with pytest.raises(FormatError, match="points past the last of its 60 codes"):
            rows.vectors(asked)
    with pytest.raises(FormatError, match="points past the last of its 60 codes"):
        rows.vector(9)
    stored.arrays["0.rows"] = np.zeros((ROWS, 2), dtype=np.uint8)
    with pytest.raises(FormatError, match=r"array '0\.rows' is uint8 \(700, 2\), expected uint8 \(700, 1\)"):
        from_container(stored)


def test_measures_know_that_codes_are_shared() -> None:
    found = diff(small_table(), shrunk("vq:60,int8"), count=3)
    assert found.equal_codes.groups <= 60
    assert found.equal_codes.words >= ROWS - 60
    measured, plain = (geometry(small_table(), shrunk(spec)) for spec in ("vq:60,int8", "int8"))
    assert measured.rate_distortion_bound is not None
    assert plain.rate_distortion_bound is not None
    assert measured.rate_distortion_bound > 2 * plain.rate_distortion_bound  # of 3 bytes a row instead of 24


def test_counts_that_are_refused() -> None:
    for spec in ("vq:0,int8", f"vq:{ROWS + 1},int8"):
        with pytest.raises(SpecError, match=f"is not between 1 and the {ROWS} rows looked at"):
            shrink(small_table(), spec)


def test_as_many_shared_rows_as_there_are_change_nothing() -> None:
    np.testing.assert_array_equal(shrunk(f"vq:{ROWS},int8").segment.codes[:], shrunk("int8").segment.codes[:])
    five = Table(["a", "b", "c", "d", "e"], np.eye(5, dtype=np.float32))
    np.testing.assert_allclose(shrink(five, "vq:5,float16").vectors, np.eye(5), atol=1e-3)
