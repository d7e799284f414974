"""The verbs that ask for words: similar, analogy, complete."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from embcompress_cli.main import main

from tests.common import DIMS, shrunk


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ask") / "small.embc"
    shrunk("int8").save(path)
    return str(path)


def answers(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[tuple[str, float]]]:
    assert main([*arguments, "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    return {each["query"]: [(near["word"], near["similarity"]) for near in each["neighbours"]] for each in results}


def test_many_words_and_a_list_of_words(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "words.txt").write_text("word7\r\n\nword8\n")
    found = answers(capsys, "similar", file, "word5", "--batch", str(tmp_path / "words.txt"), "-k", "3")
    assert list(found) == ["word5", "word7", "word8"]
    for word, near in found.items():
        expected = shrunk("int8").most_similar(word, topn=3)
        assert [each for each, _ in near] == [each for each, _ in expected]
        assert [score for _, score in near] == pytest.approx([score for _, score in expected], abs=1e-6)


def test_a_list_of_words_from_a_pipe(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = io.TextIOWrapper(io.BytesIO(b"word1\nword2\n"))
    monkeypatch.setattr("sys.stdin", pipe)
    assert list(answers(capsys, "similar", file, "--batch", "-")) == ["word1", "word2"]


@pytest.mark.parametrize("count", [1, 3])
def test_vectors_from_a_file(file: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    matrix = shrunk("int8")[["word5", "word6", "word7"]][:count]
    np.save(tmp_path / "q.npy", matrix[0] if count == 1 else matrix)
    found = answers(capsys, "similar", file, "--vector", str(tmp_path / "q.npy"), "--exact", "-k", "2")
    assert [near[0][0] for near in found.values()] == ["word5", "word6", "word7"][:count]
    assert found["q.npy[0]"][0][1] == pytest.approx(1, abs=1e-6)
    assert found["q.npy[0]"][1][0] == shrunk("int8").most_similar("word5", topn=1)[0][0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros(DIMS + 1), f"have to be (m, {DIMS})"),
        (np.full(DIMS, np.nan), "not finite"),
        (np.array(["a"]), "numbers"),
        (np.array([{}]), "not a .npy file of numbers"),
        (None, "not a .npy file of numbers"),
    ],
)
def test_vectors_that_cannot_be_asked_about(
    content: object, message: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "q.npy"
    if content is None:
        path.write_bytes(b"nothing of the kind")
    else:
        np.save(path, np.asarray(content), allow_pickle=True)
    assert main(["similar", file, "--vector", str(path)]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_an_archive_of_arrays_is_no_vector(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "q.npz", a=np.zeros(DIMS))
    assert main(["similar", file, "--vector", str(tmp_path / "q.npz")]) == 1
    assert "several arrays" in capsys.readouterr().err


def test_nothing_to_ask_about(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["similar", file]) == 2
    assert "give words, --batch FILE or --vector FILE.npy" in capsys.readouterr().err
    assert main(["similar", file, "--batch", "/does/not/exist"]) == 1
    assert "cannot read /does/not/exist: No such file" in capsys.readouterr().err
    assert main(["similar", file, "word1", "wrod1", "nothing"]) == 1
    assert "'wrod1', 'nothing' are not in the vocabulary" in capsys.readouterr().err


def test_analogies_by_both_methods(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = shrunk("int8")
    query = "word1 : word2 = word30 : ?"
    added = answers(capsys, "analogy", file, "word1", "word2", "word30")[query]
    multiplied = answers(capsys, "analogy", file, "word1", "word2", "word30", "--method", "3cosmul")[query]
    sums = vectors.most_similar(positive=["word2", "word30"], negative=["word1"])
    products = vectors.most_similar_cosmul(positive=["word2", "word30"], negative=["word1"])
    for found, expected in ((added, sums), (multiplied, products)):
        assert [word for word, _ in found] == [word for word, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected])
    assert added != multiplied
    assert main(["analogy", file, "word1", "word2", "word30", "--method", "pairdirection"]) == 2


def test_completions_are_the_most_frequent_words(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["complete", file, "word1", "-k", "4", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["words"] == [
        {"word": "word1", "row": 1},
        {"word": "word10", "row": 10},
        {"word": "word11", "row": 11},
        {"word": "word12", "row": 12},
    ]
    assert main(["complete", file, "word69"]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines()[2:]] == [
        "word69",
        *(f"word{row}" for row in range(690, 699)),
    ]
