"""Many threads and processes asking one table."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors
from tests.common import ROWS, shrunk

THREADS, QUERIES = 32, 1000


def ask(vectors: CompressedVectors, number: int) -> object:
    """A question of one of several kinds, every kind over all words."""
    word = f"word{number % ROWS}"
    if number % 4 == 0:
        return vectors.most_similar(word, topn=3)
    if number % 4 == 1:
        return vectors.most_similar(positive=[word, "word7"], negative=["word300"], topn=1, restrict_vocab=500)
    if number % 4 == 2:
        return vectors.get_vector(word).tolist()
    return float(vectors.similarity(word, "word9")), word in vectors, vectors.get_index(word)


def test_threads_get_the_answers_one_thread_gets(tmp_path: Path) -> None:
    path = tmp_path / "table.embc"
    shrunk("lloyd:2").save(path)
    alone = embcompress.open(path)
    expected = [ask(alone, number) for number in range(QUERIES)]
    together = embcompress.open(path)  # nothing is built yet: the threads race for that too
    starts = np.random.default_rng(0).integers(0, QUERIES, THREADS).tolist()

    def work(start: int) -> int:
        order = [(start + step) % QUERIES for step in range(QUERIES)]
        return sum(ask(together, number) == expected[number] for number in order)

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, starts)) == [QUERIES] * THREADS


def test_an_opened_file_is_pickled_as_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shrunk("lloyd:4").save("table.embc")
    vectors = embcompress.open("table.embc")
    expected = vectors.most_similar("word3")
    content = pickle.dumps(vectors)
    assert len(content) < 1000
    monkeypatch.chdir(tmp_path.parent)
    assert pickle.loads(content).most_similar("word3") == expected


def test_a_table_without_a_file_is_pickled_whole() -> None:
    vectors = shrunk("center,rotate,int4")
    expected = vectors.most_similar("word3")
    assert pickle.loads(pickle.dumps(vectors)).most_similar("word3") == expected


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_answer_alike(method: str, tmp_path: Path) -> None:
    path = tmp_path / "table.embc"
    shrunk("lloyd:2").save(path)
    vectors = embcompress.open(path)
    expected = vectors.most_similar_batch(["word1", "word2"])
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(vectors.most_similar_batch, (["word1", "word2"],)) == expected
