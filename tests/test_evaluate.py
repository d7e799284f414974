"""Everything measured in one call: the figures of the single measures, paired, on the words both tables have."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import gensim
import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import CompressedVectors, Evaluation, FileAccessError, FormatError, Table, UsageError, evaluate
from embcompress.evaluation.analogies import analogies
from embcompress.evaluation.geometry import geometry
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.probe import probe
from embcompress.evaluation.similarity import word_similarity
from embcompress.evaluation.test_set_figures import pair_sets, question_sets
from tests.common import small_table

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"
TOP = ["words", "neighbours", "spearman", "analogies", "geometry", "probe", "ratio", "speed"]


@cache
def original() -> Table:
    """2,500 frequent words of the shipped table."""
    return embcompress.load(SHIPPED, limit=2500)


@cache
def binary() -> CompressedVectors:
    return embcompress.shrink(original(), "binary")


@cache
def measured() -> Evaluation:
    return evaluate(binary(), original())


def tables_of(words: list[str], dims: int = 16) -> Table:
    return Table(words, np.random.default_rng(3).standard_normal((len(words), dims)).astype(np.float32))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed is another test's affair."""
    monkeypatch.setattr("embcompress.evaluation.speed.SECONDS", 0.01)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The original in a file, and the compressed one."""
    original().save(tmp_path / "table.bin")
    binary().save(tmp_path / "table.embc")
    return tmp_path / "table.embc", tmp_path / "table.bin"


def test_every_figure_is_that_of_its_measure() -> None:
    found, coded, table = measured().to_dict(), binary(), original()
    kept = neighbour_overlap(table, coded)
    assert (found["neighbours"]["both_coded"], found["neighbours"]["exact_query"]) == (
        kept.both_coded,
        kept.exact_query,
    )
    assert found["geometry"] == geometry(table, coded).to_dict()
    for pairs, each in zip(pair_sets(), found["spearman"]["sets"], strict=True):
        assert each["spearman"] == word_similarity(coded, pairs).spearman == each["paired"]["value"]
        assert each["paired"]["original"] == word_similarity(table, pairs).spearman
    (questions,), (answered,) = question_sets(), found["analogies"]["sets"]
    assert answered["total"] == analogies(coded, questions).total.to_dict()
    assert answered["paired"]["original"] == analogies(table, questions).total.share
    assert found["probe"]["accuracy"] == probe(coded).accuracy
    assert found["probe"]["paired"]["original"] == probe(table).accuracy


def test_shares_kept_are_those_of_means_over_the_sets() -> None:
    found = measured().to_dict()
    sets = found["spearman"]["sets"]
    means = [np.mean([each["paired"][name] for each in sets]) for name in ("value", "original")]
    assert found["spearman"]["kept"] == pytest.approx(means[0] / means[1])
    assert 0.3 < found["analogies"]["kept"] < found["spearman"]["kept"] < 0.99
    assert found["analogies"]["items"] == found["analogies"]["sets"][0]["answered"] > 300


def test_intervals_are_of_the_difference_and_around_it() -> None:
    found = measured().to_dict()
    paired = [each["paired"] for kind in ("spearman", "analogies") for each in found[kind]["sets"]]
    paired += [found["probe"]["paired"], *found["neighbours"]["paired"].values()]
    for each in paired:
        low, high = each["interval"]
        assert low < each["difference"] < high
        assert each["difference"] == pytest.approx(each["value"] - each["original"])
    both = found["neighbours"]["paired"]["both_coded"]
    assert (both["original"], both["value"]) == (1, found["neighbours"]["both_coded"])


def test_the_keys_at_the_top_and_plain_json() -> None:
    assert list(measured().to_dict()) == TOP
    assert json.loads(json.dumps(measured().to_dict())) == measured().to_dict()
    assert {"rate_distortion_bound", "eigenspace_overlap"} <= set(measured().to_dict()["geometry"])


def test_the_table_has_a_line_for_each_measure() -> None:
    lines = str(measured()).splitlines()
    assert lines[0] == "2,500 words"
    start = [line.split("  ")[0] for line in lines[3:]]
    assert start[:6] == ["neighbours", "", "SimLex-999", "WordSim-353", "Google analogies", "classification"]
    assert start[6:9] == ["cosine", "eigenspace overlap", "squared error"]
    assert lines[-1].endswith("--protocol gensim ignores case.")  # the capitals of the questions are not in the table
    assert "ignores case" not in str(embcompress.evaluate(binary(), original(), protocol="gensim"))
    simlex = measured().spearman.sets[0]
    assert simlex.paired is not None
    assert f"{simlex.paired.value / simlex.paired.original:.3f}" in lines[5]
    assert f"{simlex.items} of 999 pairs" in lines[5]
    assert len(lines) < 16
    assert max(map(len, lines)) <= 120


def test_a_table_alone_has_absolute_figures_only() -> None:
    found_alone = evaluate(binary())
    found = found_alone.to_dict()
    paired = measured().to_dict()
    assert list(found) == TOP
    assert found["neighbours"] is found["geometry"] is found["speed"] is found["ratio"] is None
    assert found["spearman"]["kept"] is found["analogies"]["kept"] is found["probe"]["paired"] is None
    assert found["spearman"]["value"] == paired["spearman"]["value"]
    assert found["analogies"]["sets"][0]["total"] == paired["analogies"]["sets"][0]["total"]
    assert found["words"] == {"compressed": 2500, "original": None, "common": 2500}
    assert "measured alone" in str(found_alone)


def test_gensim_vectors_and_gensims_numbers() -> None:
    keyed: Any = binary().to_gensim()
    found = evaluate(keyed, protocol="gensim", restrict_vocab=2000)
    folder = Path(str(gensim.__file__)).parent / "test" / "test_data"
    for name, each in zip(("simlex999.txt", "wordsim353.tsv"), found.spearman.sets, strict=True):
        _, spearman, _ = keyed.evaluate_word_pairs(folder / name, restrict_vocab=2000)
        assert each.value == pytest.approx(spearman[0], abs=1e-6)
    accuracy, _ = keyed.evaluate_word_analogies(folder / "questions-words.txt", restrict_vocab=2000)
    assert found.analogies.value == pytest.approx(accuracy, abs=1e-4)
    assert evaluate(keyed, original()).spearman.kept == pytest.approx(measured().spearman.kept, abs=1e-3)


def test_identical_tables_keep_everything() -> None:
    table = original()
    found = evaluate(table, table).to_dict()
    assert found["neighbours"]["both_coded"] == found["neighbours"]["exact_query"] == 1
    assert found["spearman"]["kept"] == found["analogies"]["kept"] == 1
    assert [each["paired"]["interval"] for each in found["spearman"]["sets"]] == [[0, 0], [0, 0]]
    shape = found["geometry"]
    assert (shape["mse"], shape["rate_distortion_bound"]) == (0, None)
    assert [shape[name] for name in ("cosine", "eigenspace_overlap", "cosine_correlation")] == pytest.approx([1, 1, 1])


def test_different_vocabularies_are_measured_on_the_words_in_common() -> None:
    table = original()
    chosen = np.random.default_rng(5).permutation(2500)[:1500]
    others = [f"only-here-{row}" for row in range(100)]
    words = [*others, *(table.words[row] for row in chosen.tolist())]
    rows = np.concatenate([np.eye(100, dtype=np.float32), table.rows(chosen)])
    vectors = embcompress.shrink(Table(words, rows), "lloyd:2")
    found = evaluate(vectors, table)
    assert found.to_dict()["words"] == {"compressed": 1600, "original": 2500, "common": 1500}
    assert str(found).startswith("1,500 words, those in both tables (original 2,500, compressed 1,600)")
    common = np.sort(chosen)
    named = [table.words[row] for row in common.tolist()]
    before, after = Table(named, table.rows(common)), Table(named, vectors[named])
    kept = neighbour_overlap(before, after)
    assert found.compared is not None
    assert found.compared.neighbours.both_coded == pytest.approx(kept.both_coded, abs=1e-3)
    assert found.compared.geometry.cosine == pytest.approx(geometry(before, after).cosine, abs=1e-5)
    assert found.compared.geometry.rate_distortion_bound is not None
    assert [each.value for each in found.spearman.sets] == pytest.approx(
        [word_similarity(after, pairs).spearman for pairs in pair_sets()], abs=1e-4
    )


def test_no_coverage_is_said_and_is_no_number() -> None:
    found = evaluate(embcompress.shrink(small_table(), "int8"), small_table())
    assert found.spearman.kept is found.analogies.kept is None
    assert found.spearman.note == (
        "SimLex-999: no pair is in the vocabulary; WordSim-353: no pair is in the vocabulary"
    )
    assert found.analogies.note == "Google analogies: no question is in the vocabulary"
    assert "nan" not in json.dumps(found.to_dict()).lower()
    assert str(found).count("no pair is in the vocabulary") == 2


def test_sets_by_path_are_added(tmp_path: Path) -> None:
    words = ["red", "blue", "cat", "dog", "sun", "moon"]
    (tmp_path / "mine.txt").write_text("red blue 9\ncat dog 8\nsun dog 1\nmoon red 2\n")
    (tmp_path / "same.txt").write_text("red blue 5\ncat dog 5\n")
    (tmp_path / "asked.txt").write_text(": things\nred blue cat dog\nsun moon red blue\n")
    table = tables_of(words)
    found = evaluate(
        table, table, pairs=[tmp_path / "mine.txt", tmp_path / "same.txt"], analogies=[tmp_path / "asked.txt"]
    )
    mine, same = found.spearman.sets[2:]
    assert (mine.name, mine.items, mine.value) == ("mine", 4, mine.original_value)
    assert (same.value, same.note, same.paired) == (None, "all scores are equal", None)
    assert found.spearman.kept == 1
    assert [each.name for each in found.analogies.sets] == ["Google analogies", "asked"]
    assert found.analogies.items == 2


def test_nothing_is_kept_of_an_original_that_is_wrong_itself() -> None:
    words = ["old", "new", "smart", "intelligent", "hard", "difficult"]  # people say 1.58, 9.2 and 8.77
    angles = np.array([0, 0.1, 0, 0.9, 0, 0.5])
    original = Table(words, np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    found = evaluate(tables_of(words, dims=2), original).spearman
    assert found.original == pytest.approx(-1)
    assert (found.kept, found.note) == (None, "the original's own figure is not above zero")


def test_the_ratio_and_the_original_by_its_path(files: tuple[Path, Path]) -> None:
    compressed, table = files
    found = evaluate(embcompress.open(compressed), table).to_dict()
    assert found["ratio"] == original().float32_bytes / compressed.stat().st_size
    assert found["neighbours"] == measured().to_dict()["neighbours"]
    assert found["speed"]["open"]["times_faster"]["median"] > 1
    assert found["speed"]["rows"] == 2500


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    table = original()
    bad = tmp_path / "bad.txt"
    bad.write_text("cat dog seven\nred blue eight\n")
    with pytest.raises(UsageError, match="no word in common"):
        evaluate(table, tables_of(["qqqq", "wwww"], dims=100))
    with pytest.raises(UsageError, match="100 and of 16 dimensions"):
        evaluate(tables_of(["the", "of"]), table)
    with pytest.raises(UsageError, match="no protocol 'glove'"):
        evaluate(table, protocol="glove")
    with pytest.raises(UsageError, match="list cannot be measured"):
        evaluate([1, 2])
    with pytest.raises(FileAccessError, match="cannot read"):
        evaluate(table, pairs=[tmp_path / "nowhere"])
    with pytest.raises(FileAccessError, match="cannot read"):
        evaluate(table, probe=tmp_path / "nowhere")
    with pytest.raises(FormatError, match="the score 'eight' is not a number"):
        evaluate(table, pairs=[bad])


def test_the_command(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    compressed, table = map(str, files)
    assert main(["evaluate", compressed, "--against", table]) == 0
    printed = capsys.readouterr().out
    for expected in ("2,500 words", "SimLex-999", "ratio", "gram3-comparative", "1 to 1,000", "10 nearest of 256"):
        assert expected in printed
    assert main(["evaluate", table, "--json"]) == 0
    alone: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert alone["spearman"]["value"] == measured().spearman.original
    assert alone["ratio"] == pytest.approx(original().float32_bytes / files[1].stat().st_size)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--certificate"], 2, "add --against TABLE"),
        (["--certificate", "--against", "x", "--protocol", "gensim"], 2, "leave out the options on measures"),
        (["--certificate", "--against", "x", "--require", "cosine>0"], 2, "leave out the options on measures"),
        (["--require", "analogies>=0.9"], 2, "analogies is a share of the original's: add --against TABLE"),
        (["--require", "quality>=0.9"], 2, "there is no figure 'quality'"),
        (["--restrict-vocab", "0"], 2, "0 is not in the range"),
        (["--pairs", "nowhere.txt"], 1, "cannot read nowhere.txt"),
        (["--against", "nowhere.bin"], 1, "cannot read nowhere.bin"),
    ],
)
def test_wrong_calls(
    arguments: list[str], code: int, reason: str, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(files[0]), *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert reason in printed.err
