"""Word similarity: files of scored pairs, correlations, and agreement with gensim and scipy."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from embcompress import FileAccessError, FormatError, Table, UsageError, shrink
from embcompress.evaluation import _test_sets
from embcompress.evaluation._test_sets import ANALOGIES, PAIRS, default_paths
from embcompress.evaluation.gensim_measures import gensim_pairs
from embcompress.evaluation.pairs import Pairs, read_pairs
from embcompress.evaluation.similarity import paired_similarity, word_similarity
from tests.english import keyed, shipped


def cased() -> Table:
    """Words in several cases, the lower one not always first."""
    words = ["Cat", "cat", "dog", "DOG", "Dog", "bird", "FISH", "fish", "tree", "Tree"]
    return Table(words, np.random.default_rng(2).standard_normal((10, 6)).astype(np.float32))


def pairs_of(*lines: tuple[str, str, float]) -> Pairs:
    return Pairs("made up", tuple((a, b) for a, b, _ in lines), np.array([score for *_, score in lines]))


CASED_PAIRS = "cat\tdog\t7\nCAT\tbird\t5\nFish\tcat\t4\ntree\tbird\t1\ndog\tunicorn\t3\nbird\tfish\t2.5\nDOG\tbird\t6\n"


@pytest.mark.parametrize(
    "text",
    [
        "cat\tdog\t7.5\nnew york\tbird\t2\n",
        "# of animals\nword1\tword2\tscore\ncat\tdog\t7.5\n\nnew york\tbird\t2\n",
        "first,second,mean,deviation\ncat,dog,7.5,0.1\nnew york,bird,2,3\n",
        "cat,dog, 7.5\r\nnew york ,bird,2e0\r\n",
        "\ufeffcat\tdog\t7.5\tN\n#cat\tcat\t10\nnew york\tbird\t2\tV",
    ],
)
def test_files_of_pairs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "animals.txt"
    path.write_bytes(text.encode())
    pairs = read_pairs(path)
    assert pairs.words == (("cat", "dog"), ("new york", "bird"))
    assert pairs.scores.tolist() == [7.5, 2]
    assert pairs.name == "animals"


def test_pairs_separated_by_spaces(tmp_path: Path) -> None:
    path = tmp_path / "animals"
    path.write_text("one two judged\ncat  dog 7.5\ncafé bird -2 extra\n", encoding="utf-8")
    pairs = read_pairs(path, "animals of mine")
    assert (pairs.name, pairs.words, pairs.scores.tolist()) == (
        "animals of mine",
        (("cat", "dog"), ("café", "bird")),
        [7.5, -2],
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cat dog 7\ncat bird many\n", "line 2: the score 'many' is not a number"),
        (b"# c\nw1 w2 score\nw1 w2 score\n", "line 3: the score 'score' is not a number"),
        (b"cat dog nan\n", "line 1: the score 'nan' is not a number"),
        (b"cat dog 1\ncat bird inf\n", "line 2: the score 'inf' is not a number"),
        (b"cat dog 7\ncat 5\n", "line 2: two words and a score are wanted"),
        (b"cat dog\n", "line 1: two words and a score are wanted"),
        (b"cat\t\t3\n", "line 1: two words and a score are wanted"),
        (b"", "holds no pair"),
        (b"# nothing\n\nw1 w2 score\n", "holds no pair"),
        (b"cat dog 7\ncaf\xe9 dog 2\n", "line 2: is not utf-8 text"),
    ],
)
def test_damaged_files_of_pairs(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "pairs.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message) as caught:
        read_pairs(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="cannot read"):
        read_pairs(tmp_path / "absent.txt")


def test_default_sets_come_with_gensim(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [len(read_pairs(path).words) for path in default_paths(PAIRS).values()] == [999, 353]
    assert default_paths(ANALOGIES)["Google analogies"].is_file()
    monkeypatch.setattr(_test_sets, "find_spec", lambda name: importlib.util.find_spec("a_package_nobody_has"))
    with pytest.raises(UsageError, match="pip install gensim"):
        default_paths(PAIRS)


@pytest.mark.parametrize("path", default_paths(PAIRS).values(), ids=PAIRS)
def test_correlations_are_scipys(path: Path) -> None:
    pairs, table = read_pairs(path), shipped()
    found = word_similarity(table, pairs)
    both = [a in table and b in table for a, b in pairs.words]
    assert found.known.tolist() == both
    assert 0.3 < found.coverage == sum(both) / len(both) < 1

    known = [words for words, usable in zip(pairs.words, both, strict=True) if usable]
    cosines = [np.dot(table[a], table[b]) / np.linalg.norm(table[a]) / np.linalg.norm(table[b]) for a, b in known]
    assert found.cosines[found.known] == pytest.approx(cosines, abs=1e-6)
    scores = pairs.scores[found.known]
    assert found.spearman == pytest.approx(stats.spearmanr(scores, cosines).statistic, abs=1e-5)
    assert found.pearson == pytest.approx(stats.pearsonr(scores, cosines).statistic, abs=1e-6)


@pytest.mark.parametrize("path", default_paths(PAIRS).values(), ids=PAIRS)
@pytest.mark.parametrize("restrict", [2500, 6000])
def test_both_ways_to_gensims_figures(path: Path, restrict: int) -> None:
    theirs = keyed(shipped()).evaluate_word_pairs(str(path), restrict_vocab=restrict)
    ours = gensim_pairs(shipped(), path, restrict_vocab=restrict)
    assert (*ours[0], *ours[1], ours[2]) == pytest.approx((*theirs[0], *theirs[1], theirs[2]), rel=1e-5)
    assert type(ours[0]) is type(theirs[0])
    assert type(ours[1]) is type(theirs[1])
    result = word_similarity(shipped(), read_pairs(path), protocol="gensim", restrict=restrict)
    assert (result.pearson, result.spearman) == pytest.approx((theirs[0][0], theirs[1][0]), abs=1e-6)
    assert result.coverage == pytest.approx(1 - theirs[2] / 100)


@pytest.mark.parametrize("dummy4unknown", [False, True])
@pytest.mark.parametrize("case_insensitive", [False, True])
@pytest.mark.parametrize("restrict", [6, 10, 300_000, -2, None])
def test_gensims_options(tmp_path: Path, dummy4unknown: bool, case_insensitive: bool, restrict: int | None) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("#cat\tdog\t1\n" + CASED_PAIRS + "cat dog 3\ncat\tdog\tfour\ncat\tdog\t4\t5\n\ncat\tdog\t1\n")
    arguments: dict[str, Any] = {
        "dummy4unknown": dummy4unknown,
        "case_insensitive": case_insensitive,
        "restrict_vocab": restrict,
    }
    theirs = keyed(cased()).evaluate_word_pairs(str(path), **arguments)
    ours = gensim_pairs(cased(), path, **arguments)
    assert (*ours[0], *ours[1], ours[2]) == pytest.approx((*theirs[0], *theirs[1], theirs[2]), abs=1e-5)


@pytest.mark.parametrize("text", ["unicorn\tyeti\t3\n", "cat dog 3\n", "", "cat\tdog\t3\n"])
def test_gensims_errors(tmp_path: Path, text: str) -> None:
    """No usable pair, no known one, and a single one, of which scipy can make no correlation."""
    path = tmp_path / "pairs.tsv"
    path.write_text(text)
    for measure in (keyed(cased()).evaluate_word_pairs, lambda file: gensim_pairs(cased(), file)):
        with pytest.raises(ValueError, match=r"."), np.errstate(all="ignore"):
            measure(str(path))


def test_an_encoding_that_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(CASED_PAIRS.encode("utf-16"))
    assert gensim_pairs(cased(), path, encoding="utf-16")[2] == pytest.approx(100 / 7)
    with pytest.raises(UsageError, match="'klingon' is no encoding"):
        gensim_pairs(cased(), path, encoding="klingon")


def test_exact_case_and_any_case() -> None:
    table, pairs = cased(), pairs_of(("CAT", "dog", 3), ("cat", "dog", 2), ("Cat", "bird", 1))
    plain, folded = word_similarity(table, pairs), word_similarity(table, pairs, protocol="gensim")
    assert plain.known.tolist() == [False, True, True]
    assert folded.known.all()
    assert folded.cosines[0] == folded.cosines[1] != plain.cosines[1]  # "Cat" is the first of its variants
    assert plain.cosines[2] == folded.cosines[2]


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ([("unicorn", "cat", 3.0), ("yeti", "dog", 4.0)], "no pair is in the vocabulary"),
        ([("bird", "cat", 3.0), ("yeti", "dog", 4.0)], "only one pair is in the vocabulary"),
        ([("bird", "cat", 3.0), ("cat", "dog", 3.0), ("yeti", "dog", 4.0)], "all scores are equal"),
        ([("bird", "cat", 3.0), ("cat", "bird", 4.0)], "all cosines are equal"),
    ],
)
def test_no_correlation_says_why(lines: list[tuple[str, str, float]], note: str) -> None:
    result = word_similarity(cased(), pairs_of(*lines))
    assert (result.spearman, result.pearson, result.note) == (None, None, note)
    assert result.to_dict()["total"] == len(lines)
    assert result.to_dict()["pairs"] == result.used == result.coverage * len(lines)
    assert paired_similarity(result, result) is None


def test_wrong_arguments() -> None:
    pairs = pairs_of(("cat", "dog", 1))
    with pytest.raises(UsageError, match="no protocol 'glove': give plain or gensim"):
        word_similarity(cased(), pairs, protocol="glove")
    with pytest.raises(UsageError, match="restriction to 0 words"):
        word_similarity(cased(), pairs, restrict=0)
    with pytest.raises(UsageError, match="not the same pairs"):
        paired_similarity(word_similarity(cased(), pairs), word_similarity(cased(), pairs_of(("cat", "bird", 1))))


def test_tables_of_every_kind_agree() -> None:
    pairs = read_pairs(default_paths(PAIRS)["SimLex-999"])
    table = shipped()
    compressed = shrink(table, "float16")
    found = [word_similarity(vectors, pairs) for vectors in (table, keyed(table), compressed)]
    assert np.array_equal(found[0].cosines, found[1].cosines)
    assert found[2].cosines == pytest.approx(found[0].cosines, abs=1e-3)
    assert found[2].spearman == pytest.approx(found[0].spearman, abs=1e-3)


def test_noise_loses_and_the_interval_knows() -> None:
    pairs, table = read_pairs(default_paths(PAIRS)["WordSim-353"]), shipped()
    original = word_similarity(table, pairs)
    same = paired_similarity(original, original)
    assert same is not None
    assert (same.low, same.high, same.value) == (0, 0, original.spearman)

    generator = np.random.default_rng(8)
    rows = table.rows(slice(0, 4000))
    noisy = Table(list(table.words)[:4000], rows + 3 * rows.std() * generator.standard_normal(rows.shape).astype("f4"))
    worse = paired_similarity(word_similarity(noisy, pairs), original, seed=3)
    assert worse is not None
    shared = [a in noisy and b in noisy for a, b in pairs.words]
    assert worse.items == sum(shared) < original.used
    fewer = word_similarity(table, pairs, restrict=4000)
    assert worse.original == fewer.spearman
    assert worse.low < worse.difference < worse.high < 0
