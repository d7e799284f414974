"""Inverted files: rows in lists, of which a query searches some."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import CompressedVectors, FormatError, UsageError, container
from embcompress.file import from_container
from tests.common import ROWS, shrunk, small_table


def with_lists(spec: str, nlist: int = 16) -> CompressedVectors:
    vectors = embcompress.shrink(small_table(), spec)
    vectors.build_ivf(nlist)
    return vectors


@pytest.mark.parametrize("spec", ["binary", "ternary", "lloyd:4", "int8", "pq:8x8", "float16", "pca:13,pq:13x4"])
def test_all_lists_hold_the_exact_neighbours(spec: str) -> None:
    vectors = with_lists(spec)
    vectors.nprobe = 16
    for word in ("word0", "word333", "word699"):
        exact, found = vectors.most_similar(word, exact=True), vectors.most_similar(word)
        assert [score for _, score in found] == pytest.approx([score for _, score in exact], abs=2e-6)


def test_rows_lie_in_the_list_of_the_nearest_centroid() -> None:
    vectors = with_lists("int8")
    lists = vectors.lists
    assert lists is not None
    assert sorted(lists.rows) == list(range(ROWS))
    nearest = np.argmax(vectors.get_normed_vectors() @ lists.centroids.T, axis=1)
    assert np.array_equal(np.repeat(np.arange(16), lists.sizes), nearest[lists.rows])


def test_recall_is_what_was_measured_and_grows_with_nprobe() -> None:
    vectors = embcompress.shrink(small_table(), "int8")
    one, four = vectors.build_ivf(32, nprobe=1), vectors.build_ivf(32, nprobe=4)
    assert vectors.nprobe == 4
    assert one < four <= 1
    chosen = np.sort(np.random.default_rng(0).choice(ROWS, 200, replace=False))
    words = [f"word{row}" for row in chosen]
    exact = shrunk("int8").most_similar_batch(words, 9, exact=True)
    found = vectors.most_similar_batch(words, 9)
    shared = sum(len(set(a) & set(b)) for a, b in zip(map(dict, exact), map(dict, found), strict=True))
    assert (1 + shared / 200) / 10 == pytest.approx(four, abs=0.01)  # a row is the nearest of its own


def test_restricted_and_exact_queries_look_at_every_row() -> None:
    vectors, plain = with_lists("lloyd:4", 64), shrunk("lloyd:4")
    vectors.nprobe = 1
    assert vectors.most_similar("word5", exact=True) == plain.most_similar("word5", exact=True)
    assert vectors.most_similar("word5", restrict_vocab=600) == plain.most_similar("word5", restrict_vocab=600)
    assert len(vectors.most_similar("word5", topn=300)) == 300  # more than the lists searched hold


def test_a_file_keeps_its_lists(tmp_path: Path) -> None:
    vectors = with_lists("binary")
    vectors.save(tmp_path / "a.embc")
    opened = embcompress.open(tmp_path / "a.embc")
    assert vectors.lists is not None
    assert opened.lists is not None
    assert (opened.nprobe, opened.lists.recall) == (vectors.nprobe, vectors.lists.recall)
    assert opened.most_similar("word17") == vectors.most_similar("word17")
    opened.save(tmp_path / "b.embc")
    assert (tmp_path / "b.embc").read_bytes() == (tmp_path / "a.embc").read_bytes()


def test_the_same_seed_makes_the_same_lists(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with_lists("int4").save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_numbers_of_lists_that_cannot_be() -> None:
    vectors = embcompress.shrink(small_table(), "binary")
    with pytest.raises(UsageError, match="give 1 to 700"):
        vectors.build_ivf(701)
    with pytest.raises(UsageError, match="give 1 to 8"):
        vectors.build_ivf(8, nprobe=9)
    with pytest.raises(UsageError, match="make one with build_ivf"):
        vectors.nprobe = 2
    assert vectors.build_ivf(1) == 1
    with pytest.raises(UsageError, match="give 1 to 1"):
        vectors.nprobe = 2


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("lists.sizes", lambda sizes: sizes + 1, "does not add up to 700"),
        ("lists.sizes", lambda sizes: -sizes, "does not add up"),
        ("lists.rows", lambda rows: rows[1:], "'lists.rows' is int32"),
        ("lists.centroids", lambda centroids: centroids[:, 1:], "'lists.centroids' is float32"),
    ],
)
def test_damaged_lists_are_refused_on_open(name: str, change: object, message: str, tmp_path: Path) -> None:
    with_lists("binary").save(tmp_path / "a.embc")
    stored = container.read(tmp_path / "a.embc")
    stored.arrays[name] = change(np.asarray(stored.arrays[name]))  # type: ignore[operator]
    with pytest.raises(FormatError, match=message):
        from_container(stored)


def test_a_list_that_names_no_row_is_refused_when_it_is_used(tmp_path: Path) -> None:
    with_lists("binary").save(tmp_path / "a.embc")
    stored = container.read(tmp_path / "a.embc")
    rows = np.array(stored.arrays["lists.rows"])
    rows[3] = ROWS
    container.write(tmp_path / "b.embc", stored.metadata, {**stored.arrays, "lists.rows": rows})
    with pytest.raises(FormatError, match="names a row that is not there"):
        embcompress.open(tmp_path / "b.embc").most_similar("word1")


def test_the_verb_writes_lists_into_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.embc"
    shrunk("int8").save(path)
    assert main(["index", str(path), "--nlist", "20", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    opened = embcompress.open(path)
    assert (facts["nlist"], facts["nprobe"]) == (20, opened.nprobe)
    assert facts["recall"] >= 0.95
    assert facts["bytes"] == path.stat().st_size
    assert main(["index", str(path), "--nlist", "701"]) == 2
    assert "give 1 to 700" in capsys.readouterr().err
    assert main(["verify", str(path)]) == 0
