"""What changed, against brute force: neighbours, bands, where the error sits, and words with equal codes."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

from embcompress import CompressedVectors, Table, UnknownWordError, UsageError, shrink
from embcompress.arrays import Bytes, Doubles
from embcompress.codebook import NO_AXIS
from embcompress.evaluation.diff import Diff, diff
from embcompress.evaluation.equal_codes import LISTED, equal_rows
from embcompress.evaluation.frequency_bands import cut_into_bands, draw_evenly
from tests.common import DIMS, ROWS, shrunk, small_table

K = 10


def unit(rows: Any) -> Doubles:
    wide = np.asarray(rows, dtype=np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))


@cache
def original_units() -> Doubles:
    return unit(small_table().rows(slice(None)))


def decoded_units(vectors: CompressedVectors) -> Doubles:
    return unit(vectors.segment.codec.decode(vectors.segment.codes[:]))


def brute_neighbours(units: Doubles, k: int = K) -> list[list[int]]:
    cosines = units @ units.T
    np.fill_diagonal(cosines, -2)
    return [np.argsort(-line.round(6), kind="stable")[:k].tolist() for line in cosines]


@cache
def of(spec: str) -> Diff:
    return diff(small_table(), shrunk(spec))


def wide_table(rows: int = 1500) -> Table:
    """Random rows, enough of them for two bands."""
    return Table([f"w{row}" for row in range(rows)], np.random.default_rng(3).standard_normal((rows, 8)))


def test_summary_agrees_with_brute_force() -> None:
    before, after = brute_neighbours(original_units()), brute_neighbours(decoded_units(shrunk("binary")))
    kept = np.array([len(set(old) & set(new)) for old, new in zip(before, after, strict=True)])
    found = of("binary").neighbours
    assert (found.k, found.sampled) == (K, ROWS)  # fewer words than the sample: all of them
    assert found.overlap == pytest.approx(kept.mean() / K)
    assert found.kept_all == pytest.approx((kept == K).mean())
    assert found.kept_none == pytest.approx((kept == 0).mean())
    assert 0.2 < found.overlap < 0.9  # there was something to find


def test_changed_words_agree_with_brute_force() -> None:
    cosines = original_units() @ original_units().T
    before, after = brute_neighbours(original_units()), brute_neighbours(decoded_units(shrunk("binary")))
    ranked = []
    for row, (old, new) in enumerate(zip(before, after, strict=True)):
        lost, gained = [x for x in old if x not in new], [x for x in new if x not in old]
        if lost:
            fall = cosines[row, lost].mean() - cosines[row, gained].mean()
            ranked.append((K - len(lost), -round(float(fall), 2), row, lost, gained))
    ranked.sort()
    changed = of("binary").changed
    assert len(changed) == 20
    assert [word.word for word in changed] == [f"word{row}" for _, _, row, _, _ in ranked[:20]]
    for word, (kept, _, row, lost, gained) in zip(changed, ranked, strict=False):
        assert (word.rank, word.kept) == (row + 1, kept)
        assert [each.word for each in word.lost] == [f"word{each}" for each in lost]
        assert [each.word for each in word.gained] == [f"word{each}" for each in gained]


def test_neighbourhoods_hold_both_cosines_of_every_neighbour() -> None:
    vectors = shrunk("lloyd:2")
    table, coded = original_units(), decoded_units(vectors)
    found = diff(small_table(), vectors, words=["word3", "word690"], count=1).asked
    assert [each.word for each in found] == ["word3", "word690"]
    for each, row in zip(found, (3, 690), strict=True):
        assert each.rank == row + 1
        assert each.cosine == pytest.approx(float(table[row] @ coded[row]), abs=1e-6)
        assert [n.word for n in each.before] == [f"word{n}" for n in brute_neighbours(table)[row]]
        assert [n.word for n in each.after] == [word for word, _ in vectors.most_similar(each.word, exact=True)]
        shared = {n.word for n in each.before} & {n.word for n in each.after}
        assert each.kept == len(shared)
        for neighbour in each.before + each.after:
            other = int(neighbour.word.removeprefix("word"))
            assert neighbour.original == pytest.approx(float(table[row] @ table[other]), abs=1e-6)
            assert neighbour.compressed == pytest.approx(float(coded[row] @ coded[other]), abs=1e-6)
            assert neighbour.kept == (neighbour.word in shared)


@pytest.mark.parametrize("spec", ["binary", "pca:13,pq:13x4", "float16", "dims:20,center,int4", "pq:5x4", "ternary"])
def test_error_agrees_with_brute_force(spec: str) -> None:
    codec, codes = shrunk(spec).segment.codec, shrunk(spec).segment.codes[:]
    x = original_units()
    y = codec.affine.forward(x.astype(np.float32)).astype(np.float64)
    y_hat, x_hat = codec.components(codes).astype(np.float64), codec.decode(codes).astype(np.float64)
    error = diff(small_table(), shrunk(spec), count=100).error
    assert error.mse == pytest.approx(((x - x_hat) ** 2).sum(axis=1).mean(), rel=1e-4)
    assert error.code_mse == pytest.approx(((y - y_hat) ** 2).sum(axis=1).mean(), rel=1e-4)
    assert error.map_mse + error.code_mse == pytest.approx(error.mse, rel=1e-3)  # these maps only drop axes
    assert (error.map_mse > 1e-3) == ("pca" in spec or "dims" in spec)
    by_dimension = ((x - x_hat) ** 2).sum(axis=0)
    assert (len(error.worst_dimensions), error.dimensions) == (DIMS, DIMS)
    for part in error.worst_dimensions:
        assert part.axes == (part.number,)
        assert part.share == pytest.approx(by_dimension[part.number] / by_dimension.sum(), rel=1e-3)
        assert part.lost == pytest.approx(by_dimension[part.number] / (ROWS * x[:, part.number].var()), rel=1e-3)
    by_axis = ((y - y_hat) ** 2).sum(axis=0)
    covered = [axis for part in error.worst_columns for axis in part.axes]
    assert sorted(covered) == list(range(codec.affine.components))
    assert error.columns == (codec.affine.components if codec.codebook is None else codec.codebook.columns)
    for part in error.worst_columns:
        axes = list(part.axes)
        assert part.share == pytest.approx(by_axis[axes].sum() / by_axis.sum(), rel=1e-3)
        assert part.lost == pytest.approx(by_axis[axes].sum() / (ROWS * y[:, axes].var(axis=0).sum()), rel=1e-3)
        if codec.codebook is not None and codec.codebook.axes is not None:
            assert axes == [axis for axis in codec.codebook.axes[part.number] if axis != NO_AXIS]
    for parts in (error.worst_dimensions, error.worst_columns):
        shares = [part.share for part in parts]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1)


def test_the_worst_columns_come_first_and_no_more_than_asked_for() -> None:
    everything, three = of("pq:6x4").error, diff(small_table(), shrunk("pq:6x4"), count=3).error
    assert three.worst_columns == everything.worst_columns[:3]
    assert len(three.worst_dimensions) == 3
    assert len(everything.worst_columns) == three.columns == 6


def brute_groups(codes: Bytes) -> list[list[int]]:
    groups = defaultdict(list)
    for row, code in enumerate(codes):
        groups[code.tobytes()].append(row)
    return sorted((rows for rows in groups.values() if len(rows) > 1), key=lambda rows: (-len(rows), rows[0]))


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 16])
def test_equal_rows_agree_with_brute_force(size: int) -> None:
    codes = np.random.default_rng(size).integers(0, 3 if size == 2 else 2, (9000, size)).astype(np.uint8)
    codes[4000:4003] = 255  # a group across what is otherwise all small
    codes[8999] = codes[0]  # and one across blocks of rows
    found = [rows.tolist() for rows in equal_rows(codes)]
    assert found == brute_groups(codes)
    assert [4000, 4001, 4002] in found


def test_equal_rows_whose_hashes_collide_are_told_apart() -> None:
    # Numbers that differ in their highest bit only: two such differences cancel in any sum of odd multiples.
    codes = np.zeros((4, 16), dtype=np.uint8)
    codes[1, [7, 15]] = codes[3, [7, 15]] = 128
    assert [rows.tolist() for rows in equal_rows(codes)] == [[0, 2], [1, 3]]
    assert equal_rows(np.arange(256, dtype=np.uint8)[:, None]) == []
    assert equal_rows(np.zeros((1, 4), dtype=np.uint8)) == []


def test_equal_codes_name_the_largest_groups() -> None:
    vectors = shrunk("dims:6,binary")
    groups = brute_groups(vectors.segment.codes[:])
    found = of("dims:6,binary").equal_codes
    assert (found.words, found.groups) == (sum(map(len, groups)), len(groups))
    assert len(groups) > 20
    assert len(found.largest) == 20
    for group, rows in zip(found.largest, groups, strict=False):
        listed = rows[:LISTED]
        assert (group.size, group.words) == (len(rows), tuple(f"word{row}" for row in listed))
        assert group.least_cosine == pytest.approx(
            float((original_units()[listed] @ original_units()[listed].T).min()), abs=1e-6
        )
    assert of("int8").equal_codes.words == 0
    assert of("int8").equal_codes.largest == ()


def test_identical_tables_changed_nothing() -> None:
    vectors = shrunk("float16")
    same = Table(list(small_table().words), vectors.segment.vectors(slice(None)))
    found = diff(same, vectors, words=["word5"])
    assert found.neighbours.overlap == found.neighbours.kept_all == 1
    assert found.neighbours.kept_none == 0
    assert found.changed == ()
    assert found.asked[0].kept == K
    assert not found.asked[0].lost + found.asked[0].gained
    assert [band.overlap for band in found.bands] == [1]
    assert found.bands[0].cosine == pytest.approx(1, abs=1e-6)
    assert found.error.mse == pytest.approx(0, abs=1e-6)
    assert diff(vectors, vectors).changed == ()


def test_bands_are_cut_by_rank_in_the_original() -> None:
    def cut(ranks: Any) -> list[tuple[int, int, int, int]]:
        bands = cut_into_bands(np.asarray(ranks))
        return [(band.first, band.last, band.rows.start, band.rows.stop) for band in bands]

    assert cut(range(1, 12_001)) == [(1, 1000, 0, 1000), (1001, 10_000, 1000, 10_000), (10_001, 12_000, 10_000, 12_000)]
    assert cut(range(1, 1001)) == [(1, 1000, 0, 1000)]
    assert cut([1000, 1001]) == [(1, 1000, 0, 1), (1001, 1001, 1, 2)]
    assert cut([2, 10_001, 100_001]) == [(1, 1000, 0, 1), (10_001, 100_000, 1, 2), (100_001, 100_001, 2, 3)]


def test_the_sample_is_as_many_from_each_band() -> None:
    cut = cut_into_bands(np.arange(1, 30_001))
    rows = draw_evenly(cut, 900, 0)
    assert np.histogram(rows, [0, 1000, 10_000, 30_000])[0].tolist() == [300, 300, 300]
    assert len(np.unique(rows)) == 900
    assert np.array_equal(rows, draw_evenly(cut, 900, 0))
    assert not np.array_equal(rows, draw_evenly(cut, 900, 1))
    rows = draw_evenly(cut, 5000, 0)  # the first band has but 1,000
    assert np.histogram(rows, [0, 1000, 10_000, 30_000])[0].tolist() == [1000, 2000, 2000]


def test_band_figures_and_their_weighted_mean() -> None:
    table = wide_table()
    vectors = shrink(table, "lloyd:2")
    units, coded = unit(table.rows(slice(None))), decoded_units(vectors)
    cosines = (units * coded).sum(axis=1)
    everything = diff(table, vectors)
    kept = np.array(
        [len(set(old) & set(new)) for old, new in zip(brute_neighbours(units), brute_neighbours(coded), strict=True)]
    )
    assert [(band.first, band.last, band.words, band.sampled) for band in everything.bands] == [
        (1, 1000, 1000, 1000),
        (1001, 1500, 500, 500),
    ]
    for band in everything.bands:
        inside = slice(band.first - 1, band.last)
        assert band.overlap == pytest.approx(kept[inside].mean() / K)
        assert band.kept_none == pytest.approx((kept[inside] == 0).mean())
        assert band.kept_all == pytest.approx((kept[inside] == K).mean())
        assert band.cosine == pytest.approx(cosines[inside].mean(), abs=1e-6)
    sampled = diff(table, vectors, sample=600)
    assert [band.sampled for band in sampled.bands] == [300, 300]
    assert [band.cosine for band in sampled.bands] == [band.cosine for band in everything.bands]
    first, second = sampled.bands
    assert sampled.neighbours.overlap == pytest.approx((2 * first.overlap + second.overlap) / 3)
    assert sampled.neighbours.overlap == pytest.approx(everything.neighbours.overlap, abs=0.03)


def test_tables_of_different_vocabularies_are_compared_on_the_words_in_common() -> None:
    table = wide_table()
    rows = np.r_[1400:900:-1, 0:300]  # other words, another order
    part = Table([*(f"w{row}" for row in rows), "elsewhere"], np.vstack([table.rows(rows), np.ones((1, 8))]))
    found = diff(table, shrink(part, "int8"), words=["w1399"])
    assert (found.words.original, found.words.compressed, found.words.common) == (1500, 801, 800)
    assert [(band.first, band.last, band.words) for band in found.bands] == [(1, 1000, 399), (1001, 1401, 401)]
    assert found.neighbours.overlap > 0.9
    inside = np.sort(rows)
    nearest = brute_neighbours(unit(table.rows(inside)))[int(np.searchsorted(inside, 1399))]
    assert [n.word for n in found.asked[0].before] == [f"w{inside[n]}" for n in nearest]
    assert found.asked[0].rank == 1400
    assert found.asked[0].cosine > 0.999


def test_zero_rows_have_no_error_and_count_as_kept() -> None:
    rows = small_table().rows(slice(None)).copy()
    rows[[5, 9]] = 0
    table = Table(list(small_table().words), rows)
    vectors = shrink(table, "int8")
    found = diff(table, vectors, words=["word5"])
    assert found.asked[0].cosine == 1
    assert found.asked[0].kept == K
    assert found.error.mse < 1e-3


def test_gensim_vectors_can_be_the_original() -> None:
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(DIMS)
    keyed.add_vectors(list(small_table().words), small_table().rows(slice(None)))
    assert diff(keyed, shrunk("binary")).changed == of("binary").changed


def test_what_cannot_be_compared_is_refused() -> None:
    table, vectors = small_table(), shrunk("int8")
    with pytest.raises(UsageError, match="Table has no codes: give what"):
        diff(table, table)
    with pytest.raises(UsageError, match="vectors of 8 and of 24 dimensions"):
        diff(wide_table(), vectors)
    with pytest.raises(UsageError, match="no word in common"):
        diff(Table(["other"], np.ones((1, DIMS))), vectors)
    with pytest.raises(UsageError, match="one word in common"):
        diff(Table(["word3"], np.ones((1, DIMS))), vectors)
    with pytest.raises(UsageError, match="count is 0"):
        diff(table, vectors, count=0)
    with pytest.raises(UsageError, match="at least 1 are needed"):
        diff(table, vectors, sample=0)
    with pytest.raises(UnknownWordError, match=r"'wordd1', 'x' are not in the vocabulary; near spellings.*: word1"):
        diff(table, vectors, words=["word2", "wordd1", "x"])


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    small_table().save(tmp_path / "table.bin")
    shrunk("dims:6,binary").save(tmp_path / "table.embc")
    return str(tmp_path / "table.bin"), str(tmp_path / "table.embc")


def test_command_prints_json(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *files, "-n", "4", "--json", "--words", "word1", "word7"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"words", "neighbours", "bands", "error", "changed", "equal_codes", "asked"}
    assert found["words"] == {"original": ROWS, "compressed": ROWS, "common": ROWS}
    assert set(found["neighbours"]) == {"k", "sampled", "overlap", "kept_all", "kept_none"}
    assert set(found["bands"][0]) == {
        *("first", "last", "words", "sampled", "overlap", "kept_all", "kept_none", "cosine")
    }
    assert set(found["error"]) == {
        *("mse", "map_mse", "code_mse", "dimensions", "columns", "worst_dimensions", "worst_columns")
    }
    assert set(found["error"]["worst_columns"][0]) == {"number", "axes", "share", "lost"}
    assert set(found["equal_codes"]) == {"words", "groups", "largest"}
    assert set(found["equal_codes"]["largest"][0]) == {"size", "words", "least_cosine"}
    assert [len(found[key]) for key in ("changed", "asked")] == [4, 2]
    assert set(found["asked"][0]) == {"word", "rank", "cosine", "kept", "before", "after"}
    assert set(found["asked"][0]["before"][0]) == {"word", "original", "compressed", "kept"}
    expected = diff(small_table(), shrunk("dims:6,binary"), words=["word1", "word7"], count=4)
    assert found == json.loads(json.dumps(expected.to_dict()))


def test_command_prints_tables(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *files, "-n", "3", "--words", "word1"]) == 0
    printed = capsys.readouterr().out
    expected = diff(small_table(), shrunk("dims:6,binary"), words=["word1"], count=3)
    assert f"{expected.neighbours.overlap:.3f} on average" in printed
    assert f"word1: rank 2, cosine with its original {expected.asked[0].cosine:.3f}" in printed
    assert "1 to 700" in printed
    assert f"{expected.equal_codes.words:,} words in {expected.equal_codes.groups:,} groups" in printed
    assert "in both tables" not in printed
    lines = [line.split() for line in printed.splitlines()]
    changed = lines.index(["word", "rank", "kept", "lost", "gained"])
    for word in expected.changed:
        assert any(line[:3] == [word.word, str(word.rank), f"{word.kept}/10"] for line in lines[changed:])


def test_command_states_that_only_words_in_common_were_compared(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = slice(0, 50)
    Table(small_table().words[rows], small_table().rows(rows)).save(tmp_path / "part.bin")
    assert main(["diff", str(tmp_path / "part.bin"), files[1]]) == 0
    assert "50, those in both tables (original 50, compressed 700)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["word1"], 2, "'word1' is one argument too many: ask for words with --words word1"),
        (["--words", "wordd1"], 1, "'wordd1' is not in the vocabulary; near spellings of 'wordd1': word1"),
        (["-n", "0"], 2, "0 is not in the range"),
    ],
)
def test_wrong_calls_are_one_line(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert main(["diff", *files, *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1
