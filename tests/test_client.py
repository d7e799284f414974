"""A table of a service reads like the file it is made of."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors, ServiceError, UnknownWordError, UsageError
from embcompress.client import _connection
from embcompress.client._vectors import RemoteVectors
from tests.common import unit_queries
from tests.serving import NASTY, running, save_nasty, save_small

for package in ("httpx", "fastapi", "uvicorn", "httptools", "orjson", "prometheus_client"):
    pytest.importorskip(package, reason="the extras client and serve are not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tables")
    save_small(place / "small.embc")
    save_nasty(place / "nasty.embc")
    (place / "token").write_text("sesame")
    return place


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    files = folder / "small.embc", folder / "nasty.embc"
    with running(*files, "--max-batch", 50, "--token-file", folder / "token") as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def remote(url: str) -> Iterator[RemoteVectors]:
    with embcompress.connect(url, "small", token="sesame") as vectors:
        yield vectors


@pytest.fixture(scope="module")
def local(folder: Path) -> CompressedVectors:
    return embcompress.open(folder / "small.embc")


def alike(left: list[tuple[str, float]], right: list[tuple[str, float]]) -> bool:
    assert [word for word, _ in left] == [word for word, _ in right]
    np.testing.assert_allclose([score for _, score in left], [score for _, score in right], atol=2e-6)
    return True


def test_what_a_table_is(remote: RemoteVectors, local: CompressedVectors) -> None:
    assert (len(remote), remote.vector_size, remote.spec) == (len(local), local.vector_size, local.spec)
    assert remote.metadata["certificate"] == local.metadata["certificate"]
    assert repr(remote) == repr(local).replace("CompressedVectors", "RemoteVectors")


def test_vectors(remote: RemoteVectors, local: CompressedVectors) -> None:
    words = [f"word{row}" for row in range(0, 700, 3)]  # more than a batch
    np.testing.assert_array_equal(remote[words], local[words])
    np.testing.assert_array_equal(remote["word8"], local["word8"])
    np.testing.assert_allclose(remote.get_vector("word8", norm=True), local.get_vector("word8", norm=True), atol=1e-6)
    remote["word8"][:] = 0  # the caller's own copy
    assert ("word8" in remote, "none" in remote, 8 in remote, 700 in remote) == (True, False, True, False)
    assert (remote.has_vector("word8"), remote.has_vector("none")) == (True, False)
    assert remote.get_index("word8") == 8


def test_similarities(remote: RemoteVectors, local: CompressedVectors) -> None:
    assert remote.similarity("word1", "word2") == pytest.approx(local.similarity("word1", "word2"), abs=1e-6)
    assert remote.distance("word1", "word90") == pytest.approx(local.distance("word1", "word90"), abs=1e-6)


@pytest.mark.parametrize("options", [{}, {"exact": True}, {"restrict_vocab": 80}, {"topn": 3}])
def test_neighbours(remote: RemoteVectors, local: CompressedVectors, options: Any) -> None:
    query = unit_queries(1)[0]
    questions: list[tuple[Any, Any]] = [
        ("word1", None),
        (["word1"], []),
        (query, None),
        (["word1", query], "word70"),
        (None, "word3"),
    ]
    for positive, negative in questions:
        found = remote.most_similar(positive, negative, **options)
        assert alike(found, local.most_similar(positive, negative, **options))
    assert remote.most_similar("word1", topn=0) == []


def test_other_questions(remote: RemoteVectors, local: CompressedVectors) -> None:
    found = remote.most_similar_cosmul(["word1", "word4"], ["word9"], topn=5, restrict_vocab=300)
    assert alike(found, local.most_similar_cosmul(["word1", "word4"], ["word9"], topn=5, restrict_vocab=300))
    words = [f"word{row}" for row in range(120)]
    for one, other in zip(remote.most_similar_batch(words, 4), local.most_similar_batch(words, 4), strict=True):
        assert alike(one, other)
    queries = unit_queries(120)
    for one, other in zip(remote.most_similar_batch(queries), local.most_similar_batch(queries), strict=True):
        assert alike(one, other)
    assert remote.most_similar_batch([], 3) == []
    assert remote.complete("word5", 20) == local.complete("word5", 20)
    assert remote.complete("word5", 0) == []


def test_nasty_words(url: str, folder: Path) -> None:
    local = embcompress.open(folder / "nasty.embc")
    with embcompress.connect(url, "nasty", token="sesame") as remote:
        np.testing.assert_array_equal(remote[NASTY], local.vectors)
        for word in NASTY:
            assert remote.get_index(word) == local.get_index(word)
            assert alike(remote.most_similar(word, topn=3), local.most_similar(word, topn=3))
            assert remote.complete(word[:2], 3) == local.complete(word[:2], 3)


def test_the_same_exceptions(remote: RemoteVectors, local: CompressedVectors) -> None:
    questions: list[Callable[[Any], Any]] = [
        lambda vectors: vectors["Word12"],
        lambda vectors: vectors[["word1", "Word12", "none", "Word12"]],
        lambda vectors: vectors.get_index("Word12"),
        lambda vectors: vectors.most_similar("Word12"),
        lambda vectors: vectors.most_similar(["word1", "Word12"], ["none"]),
        lambda vectors: vectors.most_similar_batch(["Word12", "word1", "none"]),
        lambda vectors: vectors.similarity("Word12", "none"),
    ]
    for question in questions:
        with pytest.raises(UnknownWordError) as ours:
            question(remote)
        with pytest.raises(UnknownWordError) as theirs:
            question(local)
        assert str(ours.value) == str(theirs.value)
    wrong: list[Callable[[Any], Any]] = [
        lambda vectors: vectors[[]],
        lambda vectors: vectors.most_similar(),
        lambda vectors: vectors.most_similar(np.ones(3)),
        lambda vectors: vectors.most_similar(np.full(24, np.nan)),
        lambda vectors: vectors.most_similar_batch("word1"),
        lambda vectors: vectors.most_similar_batch(np.ones((2, 3))),
    ]
    for question in wrong:
        for vectors in (remote, local):
            with pytest.raises(UsageError):
                question(vectors)
    with pytest.raises(UsageError, match="at most 50"):
        remote.most_similar("word1", topn=51)


def test_threads_share_a_connection(remote: RemoteVectors, local: CompressedVectors) -> None:
    from concurrent.futures import ThreadPoolExecutor

    words = [f"word{row}" for row in range(100)]
    with ThreadPoolExecutor(8) as pool:
        for word, found in zip(words, pool.map(remote.most_similar, words), strict=True):
            assert alike(found, local.most_similar(word))


def test_wrong_ways_to_connect(url: str) -> None:
    with pytest.raises(UsageError, match="several tables, name one: small, nasty"):
        embcompress.connect(url, token="sesame")
    with pytest.raises(UsageError, match="no table 'none'; tables: small, nasty"):
        embcompress.connect(url, "none", token="sesame")
    with pytest.raises(ServiceError, match="401: show the service's token"):
        embcompress.connect(url, token="open")
    with pytest.raises(UsageError, match="no address"):
        embcompress.connect("127.0.0.1", retries=0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError, match=f"cannot reach {nowhere}"):
        embcompress.connect(nowhere, retries=0)


@pytest.mark.parametrize("failures", [[503], [None], [502, None, 429], [503] * 4, [500]])
def test_what_fails_for_a_while_is_asked_again(failures: list[int | None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connection, "FIRST_PAUSE", 0.001)
    left = list(failures)
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status = left.pop(0) if left else 200
            if status is None:  # the connection breaks
                return
            content = b"hello" if status != 200 else json.dumps({"tables": [{"name": "x"}]}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        if failures in ([503] * 4, [500]):
            with pytest.raises(ServiceError, match=f"answered {failures[0]}, and it is no service"):
                embcompress.connect(address)
        else:
            embcompress.connect(address).close()
        server.shutdown()
        thread.join()
    tries = 4 if failures == [503] * 4 else len(failures)
    assert asked[:tries] == ["/v1/tables"] * tries
    assert "/v1/x/info" not in asked[:tries]
