"""Several teachers as one."""

from __future__ import annotations

import numpy as np
import pytest

from embcompress import Table, UsageError
from embcompress.arrays import directions
from embcompress.distill.merging import merged
from tests.common import DIMS, small_table


def turned(first: int, last: int, *, dims: int = DIMS, noise: float = 0.0, scale: float = 1.0) -> Table:
    """Some of the small table's words, in a space of their own."""
    generator = np.random.default_rng(3)
    rotation = np.linalg.qr(generator.standard_normal((dims, dims)))[0][:DIMS]
    rows = small_table().rows(slice(first, last))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = (rows + noise * lengths * generator.standard_normal(rows.shape)) @ rotation * scale
    return Table([f"word{row}" for row in range(first, last)], rows.astype(np.float32))


def cosines(table: Table) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    units = directions(table.rows(slice(None)))
    return np.asarray(units @ units.T)


def test_tables_in_turned_spaces_become_one() -> None:
    table = small_table()
    first, second = Table(list(table.words)[:500], table.rows(slice(500))), turned(300, 700, scale=4)
    whole = merged([first, second])
    assert list(whole.words) == list(table.words)
    np.testing.assert_allclose(whole.rows(slice(None)), table.rows(slice(None)), atol=1e-4)
    other = merged([second, first])
    assert list(other.words)[:2] == ["word300", "word301"]
    same = np.array([other.words.find(f"word{row}") for row in range(700)])
    np.testing.assert_allclose(cosines(other)[same][:, same], cosines(table), atol=1e-4)


def test_the_widest_table_gives_the_space() -> None:
    wide = turned(100, 700, dims=DIMS + 6)
    whole = merged([small_table(), wide])
    assert whole.dims == DIMS + 6
    np.testing.assert_allclose(cosines(whole), cosines(small_table()), atol=1e-4)


def test_the_mean_of_two_noisy_teachers_is_closer_to_the_truth_than_either() -> None:
    generator = np.random.default_rng(8)
    rows = directions(small_table().rows(slice(None)))
    noisy = [
        Table(small_table().words, rows + 0.1 * generator.standard_normal(rows.shape).astype(np.float32))
        for _ in range(2)
    ]
    gaps = [np.abs(cosines(table) - cosines(small_table())).mean() for table in (*noisy, merged(noisy))]
    assert gaps[2] < 0.8 * min(gaps[:2])


def test_tables_without_words_in_common_are_refused() -> None:
    with pytest.raises(UsageError, match=r"\(100 words\) and .* have 0 words in common: 20 are the fewest"):
        merged([turned(0, 100), turned(100, 200, dims=DIMS + 1)])
