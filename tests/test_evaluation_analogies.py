"""Analogies: files of questions, both protocols and methods, and agreement with gensim."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from embcompress import FileAccessError, FormatError, Table, UsageError, load, shrink
from embcompress.evaluation import _analogy_scan
from embcompress.evaluation._test_sets import ANALOGIES, default_paths
from embcompress.evaluation.analogies import Accuracy, analogies, paired_analogies
from embcompress.evaluation.gensim_measures import gensim_analogies
from embcompress.evaluation.questions import Questions, read_questions
from embcompress.vocabulary import Vocabulary
from tests.english import SHIPPED, keyed, shipped


@cache
def some_questions() -> str:
    """Every twelfth line of each section of gensim's own questions, as text."""
    kept = []
    place = 0
    for line in default_paths(ANALOGIES)["Google analogies"].read_text().splitlines():
        place = 0 if line.startswith(":") else place + 1
        if place % 12 == 0:
            kept.append(line)
    return "\n".join(kept)


def read(tmp_path: Path, text: str) -> Questions:
    path = tmp_path / "questions.txt"
    path.write_text(text, encoding="utf-8")
    return read_questions(path)


def test_files_of_questions(tmp_path: Path) -> None:
    questions = read(tmp_path, "\n: meaning\na b c d\r\na b c\n: gram1 \ne\tf  g h\n\nä b c d e\n: empty\n")
    assert questions.name == "questions"
    assert questions.sections == ("meaning", "gram1", "empty")
    assert questions.words == (("a", "b", "c", "d"), ("e", "f", "g", "h"))
    assert questions.section.tolist() == [0, 1]
    assert questions.skipped == (4, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c d\n: late\n", "line 1: a section comes first"),
        ("", "holds no question"),
        (": only\na b c\n", "holds no question"),
    ],
)
def test_damaged_files_of_questions(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)
    with pytest.raises(FileAccessError, match="cannot read"):
        read_questions(tmp_path / "absent.txt")


@pytest.mark.parametrize("restrict", [2000, 6000])
@pytest.mark.parametrize("dummy4unknown", [False, True])
def test_gensims_answers_on_a_real_table(tmp_path: Path, restrict: int, dummy4unknown: bool) -> None:
    path = tmp_path / "questions.txt"
    path.write_text(some_questions())
    theirs = keyed(shipped()).evaluate_word_analogies(str(path), restrict, dummy4unknown=dummy4unknown)
    assert gensim_analogies(shipped(), path, restrict, dummy4unknown=dummy4unknown) == theirs
    assert 30 < len(theirs[1][-1]["correct"]) < 900, "or nothing was compared"

    result = analogies(
        shipped(), read_questions(path), protocol="gensim", restrict=restrict, dummy4unknown=dummy4unknown
    )
    assert result.total.share == theirs[0]
    assert [(name, each.correct, each.total) for name, each in result.sections] == [
        (each["section"], len(each["correct"]), len(each["correct"]) + len(each["incorrect"]))
        for each in theirs[1][:-1]
    ]


def crowded(seed: int) -> tuple[Table, str]:
    """A table of many case variants that lie close together, and questions about it, some of them odd."""
    generator = np.random.default_rng(seed)
    words, rows = [], []
    for first, second in (("a", "b"), ("c", "d"), ("e", "f"), ("g", "h"), ("i", "j")):
        centre = generator.standard_normal(5)
        variants = [a + b + c for a in (first, first.upper()) for b in (second, second.upper()) for c in ("x", "X")]
        for variant in variants[: generator.integers(1, 9)]:
            words.append(variant)
            rows.append(centre + 0.3 * generator.standard_normal(5))
    order = generator.permutation(len(words))
    table = Table([words[place] for place in order], np.array(rows, dtype=np.float32)[order])
    known = [*words, "unknown"]
    lines = [" ".join(known[place] for place in generator.integers(len(known), size=4)) for _ in range(60)]
    return table, ": one\n" + "\n".join(lines[:30]) + "\nthree words only\n\n: none\n: gram\n" + "\n".join(lines[30:])


@pytest.mark.parametrize("case_insensitive", [False, True])
@pytest.mark.parametrize("restrict", [1, 3, 8, 300_000, -2, None])
def test_gensims_answers_among_case_variants(tmp_path: Path, case_insensitive: bool, restrict: int | None) -> None:
    path = tmp_path / "questions.txt"
    crowding = 0
    for seed in range(12):
        table, text = crowded(seed)
        path.write_text(text)
        theirs = keyed(table).evaluate_word_analogies(str(path), restrict, case_insensitive)
        assert gensim_analogies(table, path, restrict, case_insensitive) == theirs, seed
        crowding += sum(question[3] in question[:3] for question in theirs[1][-1]["correct"])
    if case_insensitive and restrict in (300_000, None, -2):
        assert crowding > 5, "variants of the question's own words crowded all others out"


def brute(table: Table, questions: Questions, method: str, restrict: int) -> list[bool]:
    """The plain protocol through gensim's own methods, a call a question, for questions that are known."""
    vectors = keyed(Table(list(table.words)[:restrict], table.rows(slice(0, restrict))))
    solve = vectors.most_similar if method == "3cosadd" else vectors.most_similar_cosmul
    return [
        solve(positive=[b, c], negative=[a], topn=1)[0][0] == d
        for a, b, c, d in questions.words
        if all(word in vectors for word in (a, b, c, d))
    ]


@pytest.mark.filterwarnings("ignore:Call to deprecated .init_sims")
@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("restrict", [1500, 6000])
def test_the_plain_protocol_is_a_call_a_question(tmp_path: Path, method: str, restrict: int) -> None:
    questions = read(tmp_path, some_questions().lower())
    result = analogies(shipped(), questions, method=method, restrict=restrict)
    assert result.correct[result.known].tolist() == brute(shipped(), questions, method, restrict)
    assert 10 < result.total.correct < result.total.total
    assert not result.correct[~result.known].any()


def test_the_methods_differ(tmp_path: Path) -> None:
    questions = read(tmp_path, some_questions().lower())
    sums, products = (analogies(shipped(), questions, method=method) for method in ("3cosadd", "3cosmul"))
    assert (sums.known == products.known).all()
    assert (sums.correct != products.correct).any()


def test_the_size_of_blocks_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = read(tmp_path, some_questions().lower())
    whole = analogies(shipped(), questions)
    monkeypatch.setattr(_analogy_scan, "SCORES_AT_ONCE", 40_000)
    monkeypatch.setattr(_analogy_scan, "QUESTIONS_AT_ONCE", 7)
    pieces = analogies(shipped(), questions)
    assert (pieces.correct == whole.correct).all()


def square() -> Table:
    """Two relations that hold exactly, and a row that occurs twice."""
    rows = {
        "man": (1, 0, 0),
        "woman": (1, 1, 0),
        "king": (1, 0, 1),
        "queen": (1, 1, 1),
        "QUEEN": (1, 1, 1),
        "x": (0, 0, 1),
    }
    return Table(list(rows), np.array(list(rows.values()), dtype=np.float32))


SQUARE_QUESTIONS = """: royal
man woman king queen
man woman king QUEEN
man woman unicorn queen
: gram1-made-up
woman man queen king
woman man queen x
"""


def test_figures_by_hand(tmp_path: Path) -> None:
    questions = read(tmp_path, SQUARE_QUESTIONS + "one two three\n")
    result = analogies(square(), questions)
    assert result.correct.tolist() == [True, False, False, True, False]  # of equal rows, the first answers
    assert result.sections == [("royal", Accuracy(1, 2)), ("gram1-made-up", Accuracy(1, 2))]
    assert (result.semantic, result.syntactic, result.total) == (Accuracy(1, 2), Accuracy(1, 2), Accuracy(2, 4))
    assert result.to_dict() == {
        "name": "questions",
        "protocol": "plain",
        "method": "3cosadd",
        "total": {"accuracy": 0.5, "correct": 2, "total": 4},
        "semantic": {"accuracy": 0.5, "correct": 1, "total": 2},
        "syntactic": {"accuracy": 0.5, "correct": 1, "total": 2},
        "sections": [
            {"name": "royal", "accuracy": 0.5, "correct": 1, "total": 2},
            {"name": "gram1-made-up", "accuracy": 0.5, "correct": 1, "total": 2},
        ],
        "answered": 4,
        "asked": 5,
        "coverage": 0.8,
        "skipped_lines": 1,
        "note": "",
    }
    counting_all = analogies(square(), questions, dummy4unknown=True)
    assert counting_all.semantic == Accuracy(1, 3)
    assert counting_all.coverage == 0.8
    folded = analogies(square(), questions, protocol="gensim")
    assert folded.correct.tolist() == [True, True, False, True, False]


def test_equal_scores_in_row_order() -> None:
    """To a millionth, as everywhere; further apart, and always under gensim's protocol, the better one."""
    for lead, expected in ((3e-7, "first"), (1e-5, "second")):
        rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.6, 0.8], [0, 0.6 + 7 * lead, 0.8]]
        table = Table(["a", "b", "c", "first", "second"], np.array(rows, dtype=np.float32))
        units = table.rows(slice(0, 5)) / np.linalg.norm(table.rows(slice(0, 5)), axis=1, keepdims=True)
        gap = (units @ (units[1] + units[2] - units[0]))[[3, 4]] @ np.array([-1, 1])
        assert (0 < gap < 9e-7) if expected == "first" else gap > 2e-6
        asked = Questions("made up", ("s",), (("a", "b", "c", expected),), np.array([0]), ())
        assert analogies(table, asked).correct.tolist() == [True]
        assert analogies(table, asked, protocol="gensim").correct.tolist() == [expected == "second"]


def test_nothing_known_is_no_number(tmp_path: Path) -> None:
    result = analogies(square(), read(tmp_path, ": s\none two three four\n"))
    assert result.total.share is None
    assert result.coverage == 0
    assert result.note == result.to_dict()["note"] == "no question is in the vocabulary"
    assert paired_analogies(result, result) is None
    assert gensim_analogies(square(), tmp_path / "questions.txt")[0] == 0


def test_no_row_left_to_answer(tmp_path: Path) -> None:
    questions = read(tmp_path, ": s\nman woman king king\n")
    assert analogies(square(), questions, restrict=3).correct.tolist() == [False]
    assert analogies(square(), questions, protocol="gensim", restrict=3).correct.tolist() == [False]


def test_words_that_answer_with_anothers_row(tmp_path: Path) -> None:
    """They are known, but are never the answer: a row has one name."""
    rows = square().rows(slice(0, 4))
    words = Vocabulary.from_words(["man", "woman", "king", "queen", "ruler", "empress"], mapped=np.array([2, 3]))
    questions = read(tmp_path, ": s\nman woman ruler queen\nman woman king empress\n")
    result = analogies(Table(words, rows), questions)
    assert result.known.tolist() == [True, True]
    assert result.correct.tolist() == [True, False]


def test_wrong_arguments(tmp_path: Path) -> None:
    questions = read(tmp_path, SQUARE_QUESTIONS)
    with pytest.raises(UsageError, match="no analogy method '3cos': give 3cosadd or 3cosmul"):
        analogies(square(), questions, method="3cos")
    with pytest.raises(UsageError, match="no protocol 'Plain'"):
        analogies(square(), questions, protocol="Plain")
    with pytest.raises(UsageError, match="restriction to -1 words"):
        analogies(square(), questions, restrict=-1)
    others = analogies(square(), read(tmp_path, ": s\nman woman king queen\n"))
    with pytest.raises(UsageError, match="not the same questions"):
        paired_analogies(analogies(square(), questions), others)


def test_tables_of_every_kind_agree(tmp_path: Path) -> None:
    questions = read(tmp_path, some_questions().lower())
    table = load(SHIPPED, limit=3000)
    compressed = shrink(table, "binary")
    decoded = Table(list(compressed.index_to_key), compressed.segment.directions(slice(0, 3000)))
    results = [analogies(vectors, questions).correct for vectors in (table, keyed(table), compressed, decoded)]
    assert (results[0] == results[1]).all()
    assert (results[2] == results[3]).all()
    assert results[2].sum() < results[0].sum()


def test_two_tables_on_the_questions_both_know(tmp_path: Path) -> None:
    questions = read(tmp_path, some_questions().lower())
    original = analogies(shipped(), questions)
    same = paired_analogies(original, original)
    assert same is not None
    assert (same.low, same.high, same.value) == (0, 0, original.total.share)

    table = load(SHIPPED, limit=4000)
    coarse = analogies(shrink(table, "binary"), questions)
    worse = paired_analogies(coarse, original, seed=1)
    assert worse is not None
    assert worse.items == coarse.known.sum() < original.known.sum()
    assert worse.value == coarse.total.share
    assert worse.original == original.correct[coarse.known].mean()
    assert worse.low < worse.difference < worse.high < 0
