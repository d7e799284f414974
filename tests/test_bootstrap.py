"""Intervals of a difference between two tables on identical items."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from embcompress.arrays import Doubles
from embcompress.evaluation import _bootstrap
from embcompress.evaluation._bootstrap import RESAMPLES, paired_interval, paired_means
from embcompress.evaluation._rank_correlation import Ranks, spearman


def judged(items: int) -> tuple[Doubles, Doubles, Doubles]:
    """Scores with ties, and two measures that follow them, the second one better."""
    generator = np.random.default_rng(3)
    scores = np.round(generator.uniform(0, 10, items))
    return scores, scores + 6 * generator.standard_normal(items), scores + generator.standard_normal(items)


def test_ranks_of_resamples_are_scipys() -> None:
    scores, rough, _ = judged(40)
    rough = np.round(rough)  # ties on both sides
    generator = np.random.default_rng(0)
    counts = np.stack([np.bincount(generator.integers(40, size=40), minlength=40) for _ in range(50)]).astype(float)
    ours = spearman(Ranks(scores), Ranks(rough), counts)
    drawn = [np.repeat(np.arange(40), row.astype(int)) for row in counts]
    assert ours == pytest.approx([stats.spearmanr(scores[rows], rough[rows]).statistic for rows in drawn], abs=1e-12)
    ranks = Ranks(scores).centred(counts)[7]
    assert np.repeat(ranks, counts[7].astype(int)) + 20.5 == pytest.approx(stats.rankdata(scores[drawn[7]]), abs=0)


def test_no_correlation_where_a_resample_holds_one_value_only() -> None:
    values = np.array([1.0, 2.0, 3.0])
    counts = np.array([[3.0, 0, 0], [1, 2, 0]])
    found = spearman(Ranks(values), Ranks(values), counts)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1)


def test_the_interval_is_that_of_resampling_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, rough, fine = judged(25)
    gold, ours, theirs = Ranks(scores), Ranks(rough), Ranks(fine)
    monkeypatch.setattr(_bootstrap, "COUNTS_AT_ONCE", 25 * 64)  # several pieces
    interval = paired_interval(lambda counts: spearman(gold, ours, counts) - spearman(gold, theirs, counts), 25, seed=4)
    generator = np.random.default_rng(4)
    samples = [generator.integers(25, size=25) for _ in range(RESAMPLES)]
    differences = [
        stats.spearmanr(scores[rows], rough[rows]).statistic - stats.spearmanr(scores[rows], fine[rows]).statistic
        for rows in samples
    ]
    assert interval == pytest.approx(np.quantile(differences, [0.025, 0.975]).tolist(), abs=1e-12)


def test_means_have_the_interval_of_the_normal_law() -> None:
    generator = np.random.default_rng(1)
    originals = generator.uniform(0, 1, 2000)
    values = originals - 0.1 + 0.5 * generator.standard_normal(2000)
    paired = paired_means(values, originals, seed=2)
    assert paired is not None
    error = 1.96 * np.std(values - originals) / np.sqrt(2000)
    assert paired.difference == pytest.approx(np.mean(values - originals))
    assert paired.low == pytest.approx(paired.difference - error, abs=0.1 * error)
    assert paired.high == pytest.approx(paired.difference + error, abs=0.1 * error)
    assert paired.to_dict() == {
        "value": values.mean(),
        "original": originals.mean(),
        "difference": paired.difference,
        "interval": [paired.low, paired.high],
        "items": 2000,
    }


def test_pairing_is_what_makes_the_interval_narrow() -> None:
    generator = np.random.default_rng(5)
    originals = generator.uniform(0, 1, 500)
    values = originals + 0.01 * generator.standard_normal(500)
    kept, mixed = paired_means(values, originals), paired_means(values[::-1], originals)
    assert kept is not None
    assert mixed is not None
    assert kept.high - kept.low < 0.1 * (mixed.high - mixed.low)


def test_the_seed_decides() -> None:
    values, originals = np.random.default_rng(6).uniform(0, 1, (2, 50))
    assert paired_means(values, originals, seed=1) == paired_means(values, originals, seed=1)
    assert paired_means(values, originals, seed=1) != paired_means(values, originals, seed=2)


def test_identical_tables_and_no_items() -> None:
    values = np.random.default_rng(7).uniform(0, 1, 30)
    paired = paired_means(values, values)
    assert paired is not None
    assert (paired.low, paired.high, paired.difference) == (0, 0, 0)
    assert paired_means(np.zeros(0), np.zeros(0)) is None
