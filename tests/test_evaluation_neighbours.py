"""Neighbours that were kept, by query, by frequency and word by word; and hubs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import scipy.stats
from gensim.models import KeyedVectors

from embcompress import Table, UsageError, shrink
from embcompress.arrays import Floats
from embcompress.evaluation._answers import answers
from embcompress.evaluation._rows import draw_rows
from embcompress.evaluation.hubness import occurrence_skewness
from embcompress.evaluation.neighbours import neighbour_overlap
from tests.common import DIMS, ROWS, shrunk, small_table


def keyed(words: list[str], vectors: Floats) -> Any:
    table = KeyedVectors(vectors.shape[1])
    table.add_vectors(words, vectors)
    return table


def gaussian(rows: int, dims: int, seed: int) -> Floats:
    return np.random.default_rng(seed).standard_normal((rows, dims), dtype=np.float32)


def numbered(vectors: Floats) -> Table:
    return Table([f"w{row}" for row in range(len(vectors))], vectors)


def test_overlaps_are_those_of_gensims_lists() -> None:
    coded, words = shrunk("lloyd:2"), list(small_table().words)
    before, after = keyed(words, small_table().rows(slice(None))), keyed(words, coded[words])
    kept = neighbour_overlap(small_table(), coded, k=5, sample=60, seed=4)
    assert kept.words == len(set(kept.rows.tolist())) == 60
    firsts = {"both": 0, "exact": 0}
    among = dict(firsts)
    for place, row in enumerate(kept.rows.tolist()):
        truth = [word for word, _ in before.most_similar(words[row], topn=5)]
        both = [word for word, _ in after.most_similar(words[row], topn=5)]
        outside = [word for word, _ in after.similar_by_vector(before[row], topn=6)]
        exact = [word for word in outside if word != words[row]][:5]
        assert kept.each_both_coded[place] == pytest.approx(len(set(truth) & set(both)) / 5)
        assert kept.each_exact_query[place] == pytest.approx(len(set(truth) & set(exact)) / 5)
        for name, found in (("both", both), ("exact", exact)):
            firsts[name] += truth[0] == found[0]
            among[name] += truth[0] in found
    assert kept.both_coded == pytest.approx(kept.each_both_coded.mean())
    assert kept.exact_query == pytest.approx(kept.each_exact_query.mean())
    assert 0.2 < kept.both_coded < kept.exact_query < 1
    assert (kept.nearest_both_coded.first, kept.nearest_both_coded.among_k) == (firsts["both"] / 60, among["both"] / 60)
    assert kept.nearest_exact_query.first == firsts["exact"] / 60
    assert kept.nearest_exact_query.among_k == among["exact"] / 60


def test_finer_codes_keep_more() -> None:
    kept = [neighbour_overlap(small_table(), shrunk(spec), sample=ROWS) for spec in ("binary", "lloyd:2", "int8")]
    for figure in ("both_coded", "exact_query"):
        figures = [getattr(each, figure) for each in kept]
        assert figures == sorted(figures)
        assert figures[0] < 0.9
        assert figures[-1] > 0.99


@pytest.mark.parametrize("kind", [answers, lambda table: table, lambda table: keyed(list(table.words), table.vectors)])
def test_a_table_keeps_all_its_own_neighbours(kind: Any) -> None:
    kept = neighbour_overlap(small_table(), kind(small_table()), sample=200)
    assert kept.both_coded == kept.exact_query == 1.0
    assert {(band.both_coded, band.exact_query) for band in kept.bands} == {(1.0, 1.0)}
    assert kept.nearest_both_coded == kept.nearest_exact_query
    assert (kept.nearest_both_coded.first, kept.nearest_both_coded.among_k) == (1.0, 1.0)
    assert kept.hubness.original == kept.hubness.coded


def test_a_segment_is_measured_as_the_vectors_it_belongs_to() -> None:
    vectors = shrunk("lloyd:2")
    assert neighbour_overlap(small_table(), vectors.segment) == neighbour_overlap(small_table(), vectors)


def test_bands_tell_rare_words_from_frequent_ones() -> None:
    original = gaussian(2500, 16, seed=1)
    coded = original.copy()
    coded[1000:] = gaussian(1500, 16, seed=2)
    coded[:1000, 8:] *= 0.9
    kept = neighbour_overlap(numbered(original), numbered(coded), sample=2500)
    assert [(band.first, band.last, band.words) for band in kept.bands] == [(1, 1000, 1000), (1001, 2500, 1500)]
    frequent, rare = kept.bands
    assert frequent.both_coded == pytest.approx(kept.each_both_coded[:1000].mean())
    assert rare.exact_query == pytest.approx(kept.each_exact_query[1000:].mean())
    assert frequent.both_coded > rare.both_coded + 0.2
    assert rare.both_coded < 0.05


def test_every_band_has_a_tenth_of_the_sample() -> None:
    table = numbered(gaussian(12_000, 4, seed=3))
    kept = neighbour_overlap(table, table, sample=200, seed=1)
    counts = [band.words for band in kept.bands]
    first, second = ((kept.rows < 1000).sum(), ((kept.rows >= 1000) & (kept.rows < 10_000)).sum())
    assert first < 20
    assert counts == [20, second, 200 - first - second]
    assert kept.words == len(kept.rows) == 200


def test_tables_without_neighbours_keep_everything() -> None:
    for rows in (0, 1):
        table = numbered(np.ones((rows, 3), dtype=np.float32))
        kept = neighbour_overlap(table, table)
        assert (kept.both_coded, kept.exact_query, kept.k, kept.words) == (1.0, 1.0, 0, rows)
        assert kept.nearest_both_coded.first == kept.nearest_exact_query.among_k == 1.0
        assert kept.hubness.original == kept.hubness.coded == 0.0
        json.dumps(kept.to_dict(), allow_nan=False)


@pytest.mark.parametrize("vectors", [np.zeros((30, 4)), np.ones((30, 4)), np.outer(np.arange(1, 31), [1, 2, 3, 4])])
def test_rows_all_alike_keep_their_order(vectors: Any) -> None:
    table = numbered(vectors.astype(np.float32))
    kept = neighbour_overlap(table, shrink(table, "int8"), k=50)
    assert (kept.both_coded, kept.exact_query, kept.k) == (1.0, 1.0, 29)
    kept = neighbour_overlap(table, shrink(table, "int8"), k=3)
    assert (kept.both_coded, kept.exact_query) == (1.0, 1.0)


def test_figures_by_name() -> None:
    figures = neighbour_overlap(small_table(), shrunk("binary"), sample=50).to_dict()
    assert json.loads(json.dumps(figures)) == figures
    assert figures["hubness"]["queries"] == figures["words"] == 50
    assert figures["bands"][0]["first"] == 1
    assert not {"rows", "each_both_coded", "each_exact_query"} & set(figures)


def test_tables_that_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="700 rows of 24 dimensions cannot be compared with 699 of 24"):
        neighbour_overlap(Table(list(small_table().words)[:699], small_table().rows(slice(699))), shrunk("binary"))
    with pytest.raises(UsageError, match="cannot be compared with 700 of 5"):
        neighbour_overlap(numbered(gaussian(ROWS, 5, seed=0)), shrunk("binary").segment)
    for wrong in ({"k": 0}, {"sample": 0}):
        with pytest.raises(UsageError, match="both are at least 1"):
            neighbour_overlap(small_table(), small_table(), **wrong)


def test_rows_are_drawn_once_each() -> None:
    drawn = draw_rows(1000, 700, seed=1)
    assert (np.diff(drawn) > 0).all()
    assert 0 <= drawn[0] < drawn[-1] < 1000
    assert not np.array_equal(drawn, draw_rows(1000, 700, seed=2))
    np.testing.assert_array_equal(draw_rows(50, 700, seed=1), np.arange(50))
    often = sum(np.bincount(draw_rows(10, 3, seed), minlength=10) for seed in range(2000))
    np.testing.assert_allclose(often, 600, atol=100)


def test_skewness_is_scipys() -> None:
    neighbours = np.random.default_rng(0).zipf(1.6, (300, 10)) % 900
    occurrence = np.bincount(neighbours.ravel(), minlength=900)
    assert occurrence_skewness(neighbours, 900) == pytest.approx(scipy.stats.skew(occurrence))
    assert occurrence_skewness(np.arange(40).reshape(10, 4), 40) == 0.0
    assert occurrence_skewness(np.zeros((0, 0), dtype=np.int64), 0) == 0.0


def test_a_hub_that_coding_makes_is_seen() -> None:
    original = gaussian(800, DIMS, seed=5)
    shifted = original + np.linspace(0, 1.5, DIMS, dtype=np.float32)  # rows near the mean's direction become hubs
    found = neighbour_overlap(numbered(original), numbered(shifted), sample=800).hubness
    assert found.coded > found.original + 1
    assert (found.k, found.queries) == (10, 800)
