"""Every wrong request is answered with a problem document that says what was wrong, and never with a 5xx."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.common import DIMS
from tests.serving import save_small

pytest.importorskip("fastapi", reason="the extra serve is not installed")
testclient = pytest.importorskip("starlette.testclient", reason="httpx is not installed")

if TYPE_CHECKING:
    from starlette.testclient import TestClient

JSON = {"content-type": "application/json"}
ONE = [1.0] * DIMS


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tables") / "small.embc"
    save_small(place)
    return place


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[TestClient]:
    yield from asking(file)


def asking(file: Path, **options: Any) -> Iterator[TestClient]:
    from embcompress.serve.app import make_app
    from embcompress.serve.settings import Settings, named

    with testclient.TestClient(make_app(Settings(named([file]), **options)), raise_server_exceptions=False) as made:
        yield made


def refused(answer: Any, status: int, kind: str | None) -> str:
    """The detail of a problem document, which is what it has to be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == (f"urn:embcompress:{kind}" if kind else "about:blank")
    assert problem["status"] == status
    assert problem["title"]
    assert len(answer.content) < 20_000
    return str(problem["detail"])


@pytest.mark.parametrize(
    ("path", "question", "kind", "says"),
    [
        ("neighbours", {"words": ["word1"], "k": 0}, "invalid-request", "body.k"),
        ("neighbours", {"words": ["word1"], "k": -1}, "invalid-request", "body.k"),
        ("neighbours", {"words": ["word1"], "k": 10**9}, "too-many", "at most 10,000"),
        ("neighbours", {"words": ["word1"], "k": 2.5}, "invalid-request", "body.k"),
        ("neighbours", {"words": ["word1"], "k": True}, "invalid-request", "body.k"),
        ("neighbours", {"words": ["word1"], "k": "3"}, "invalid-request", "body.k"),
        ("neighbours", {"words": ["word1"], "restrict_vocab": 0}, "invalid-request", "restrict_vocab"),
        ("neighbours", {"words": ["word1"] * 10_001}, "too-many", "10,001 words or vectors"),
        ("neighbours", {"words": ["word1"] * 1000, "k": 1001}, "too-many", "1,000,000 in all"),
        ("neighbours", {"words": ["word1"], "vectors": [ONE]}, "invalid-request", "one of the two"),
        ("neighbours", {}, "invalid-request", "one of the two"),
        ("neighbours", {"words": "word1"}, "invalid-request", "body.words"),
        ("neighbours", {"words": [1]}, "invalid-request", "body.words.0"),
        ("neighbours", {"words": [None]}, "invalid-request", "body.words.0"),
        ("neighbours", {"words": ["word1"], "exakt": True}, "invalid-request", "exakt"),
        ("neighbours", {"vectors": [ONE[1:]]}, "invalid-value", f"({DIMS},)"),
        ("neighbours", {"vectors": [[]]}, "invalid-value", "shape"),
        ("neighbours", {"vectors": [ONE, ONE[1:]]}, "invalid-value", f"({DIMS},)"),
        ("neighbours", {"vectors": [[*ONE[1:], 1e300]]}, "invalid-value", "not finite"),
        ("neighbours", {"vectors": [[*ONE[1:], None]]}, "invalid-request", "body.vectors.0"),
        ("neighbours", {"vectors": ONE}, "invalid-request", "body.vectors.0"),
        ("vectors", {"words": ["word1"] * 10_001}, "too-many", "10,001 words"),
        ("vectors", {}, "invalid-request", "one of the two"),
        ("vectors", {"words": None}, "invalid-request", "body.words"),
        ("vectors", {"words": ["word1"], "rows": [1]}, "invalid-request", "one of the two"),
        ("vectors", {"rows": [-1]}, "invalid-request", "body.rows.0"),
        ("words", {"rows": [2**53]}, "invalid-request", "body.rows.0"),
        ("words", {"rows": [1.5]}, "invalid-request", "body.rows.0"),
        ("words", {"rows": [1] * 10_001}, "too-many", "10,001 words or rows"),
        ("vectors", [], "invalid-request", "body"),
        ("vectors", "word1", "invalid-request", "body"),
        ("vectors", None, "invalid-request", "body"),
        ("similarity", {"pairs": [["word1"]]}, "invalid-request", "body.pairs.0"),
        ("similarity", {"pairs": [["word1", "word2", "word3"]]}, "invalid-request", "body.pairs.0"),
        ("similarity", {"pairs": [["word1", "word2"]] * 10_001}, "too-many", "10,001 pairs"),
        ("analogy", {}, "invalid-request", "at least one"),
        ("analogy", {"negative": ["word1"], "method": "3cosmul"}, "invalid-value", "positive"),
        ("analogy", {"positive": ["word1"], "method": "3cosdiv"}, "invalid-request", "body.method"),
        ("analogy", {"positive": ["word1"], "method": "3cosmul", "exact": True}, "invalid-value", "exact"),
        ("analogy", {"positive": [ONE[1:]]}, "invalid-value", f"({DIMS},)"),
        ("analogy", {"positive": ["word1"] * 10_001}, "too-many", "10,001 words or vectors"),
        ("analogy", {"positive": ["word2", {"item": "word1", "weight": 1e300}]}, "invalid-value", "not finite"),
        ("analogy", {"positive": [{"item": "word1"}]}, "invalid-request", "weight"),
        ("scores", {"positive": [{"item": "word1", "weight": 2}], "method": "3cosmul"}, "invalid-value", "weights"),
        ("scores", {"positive": ["word1"], "clip_start": 3, "method": "3cosmul"}, "invalid-value", "clip_start"),
        ("scores", {"positive": ["word1"], "clip_start": -3}, "invalid-request", "body.clip_start"),
        ("scores", {"positive": ["word1"], "k": 3}, "invalid-request", "body.k"),
        ("search", {"vectors": [ONE, ONE[1:]]}, "invalid-value", "vectors are numbers"),
        ("search", {"vectors": [ONE[1:]]}, "invalid-value", f"(m, {DIMS})"),
        ("search", {"vectors": [ONE] * 200, "k": 10_000}, "too-many", "1,000,000 in all"),
    ],
)
def test_wrong_questions(client: TestClient, path: str, question: Any, kind: str, says: str) -> None:
    answer = client.post(f"/v1/small/{path}", content=json.dumps(question), headers=JSON)
    assert says in refused(answer, 422, kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"words=king",
        b'{"words": ["\xff"]}',
        b'{"vectors": [[NaN]]}',
        b'{"vectors": [[1e400]]}',
        b'{"words": ["word1"], "k": 1' + b"0" * 5000 + b"}",
        b'{"vectors": [[Infinity]], "words": ["\\udcff"]}',
        b"[" * 100_000,
        b'{"words": ["\\udcff"], "k": ' + b"[" * 100_000,
        '{"words": ["word1"]}'.encode("utf-16"),
        b"\x00" * 1000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bodies_that_are_not_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/small/neighbours", content=body, headers=JSON)
    if body:
        assert "not JSON" in refused(answer, 400, "not-json")
    else:
        refused(answer, 422, "invalid-request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_bodies_of_another_type(client: TestClient, kind: str) -> None:
    answer = client.post("/v1/small/neighbours", content=b'{"words": ["word1"]}', headers={"content-type": kind})
    assert "content-type: application/json" in refused(answer, 415, "not-json")


def test_unknown_words_are_named_with_near_ones(client: TestClient) -> None:
    answer = client.get("/v1/small/vectors/Word12")
    refused(answer, 404, "unknown-word")
    assert answer.json()["words"] == ["Word12"]
    assert answer.json()["suggestions"] == ["word12"]
    question = {"positive": ["word1", "none", "word\udcff"], "negative": ["nothing"]}
    answer = client.post("/v1/small/analogy", content=json.dumps(question), headers=JSON)
    refused(answer, 404, "unknown-word")
    assert answer.json()["words"] == ["none", "word\udcff", "nothing"]


@pytest.mark.parametrize(
    "word", ["x" * (1 << 20), "\udcff" * (1 << 20), "\ud83d", "\x00"], ids=lambda word: ascii(word[0])
)
def test_strange_words_are_unknown(client: TestClient, word: str) -> None:
    for path in ("vectors", "neighbours"):
        answer = client.post(f"/v1/small/{path}", content=json.dumps({"words": [word]}), headers=JSON)
        assert answer.json()[path] == [None]
        assert answer.json()["unknown"] == [word]
    answer = client.post("/v1/small/analogy", content=json.dumps({"positive": [word]}), headers=JSON)
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e%2fsmall", "small.embc", "SMALL", "%00", "%ff", "x" * 5000])
def test_unknown_tables(client: TestClient, name: str) -> None:
    answer = client.get(f"/v1/{name}/info")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    if "." not in name and "%" not in name:
        assert "tables: small" in refused(answer, 404, "unknown-table")


def test_paths_and_methods_that_there_are_not(client: TestClient) -> None:
    refused(client.get("/v2"), 404, None)
    answer = client.delete("/v1/tables")
    refused(answer, 405, None)
    assert answer.headers["allow"] == "GET"
    refused(client.get("/v1/small/neighbours"), 405, None)
    refused(client.get("/v1/small/complete"), 422, "invalid-request")
    refused(client.get("/v1/small/complete?prefix=w&limit=0"), 422, "invalid-request")
    refused(client.get("/v1/small/complete?prefix=w&limit=1000000000"), 422, "too-many")
    refused(client.get("/v1/small/complete?prefix=w&limit=many"), 422, "invalid-request")


def test_large_bodies_are_refused_before_they_are_read(client: TestClient) -> None:
    headers = JSON | {"content-length": str(1 << 40)}
    assert "16,777,216" in refused(client.post("/v1/small/vectors", content=b"", headers=headers), 413, "too-large")
    read = 0
    sent: list[Any] = []

    async def endless() -> dict[str, Any]:
        nonlocal read
        if sent:
            return {"type": "http.disconnect"}
        read += 1 << 20
        return {"type": "http.request", "body": b" " * (1 << 20), "more_body": True}

    async def keep(message: Any) -> None:
        sent.append(message)

    path = "/v1/small/vectors"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(client.app(scope, endless, keep))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert read == 17 << 20


def test_a_token_covers_everything_but_health(file: Path) -> None:
    for client in asking(file, token="open sesame"):
        for path in (
            "/",
            "/docs",
            "/docs/start.js",
            "/page/index.html",
            "/metrics",
            "/openapi.json",
            "/v1/tables",
            "/none",
        ):
            answer = client.get(path)
            assert "authorization" in refused(answer, 401, "token-needed")
            assert answer.headers["www-authenticate"].startswith("Basic")
            assert client.get(path, headers={"authorization": "Bearer open sesame"}).status_code in (200, 404)
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200
        basic = b64encode(b"anyone:open sesame").decode()
        assert client.get("/", headers={"authorization": f"Basic {basic}"}).status_code == 200
        wrong = b64encode(b"anyone:open").decode()
        for shown in (
            "Bearer open",
            "Bearer open sesame2",
            "bearer",
            "open sesame",
            "Basic ?",
            f"Basic {wrong}",
            "Bearer \xff",
        ):
            refused(client.get("/v1/tables", headers={b"authorization": shown.encode("latin-1")}), 401, "token-needed")
        document = client.get("/openapi.json", headers={"authorization": "bearer open sesame"}).json()
        assert document["security"] == [{"token": []}]


def test_pages_of_other_origins(file: Path) -> None:
    asks = {"origin": "https://a.example", "access-control-request-method": "POST"}
    for client in asking(file, token="sesame", origins=("https://a.example",)):
        allowed = client.options("/v1/small/vectors", headers=asks | {"access-control-request-headers": "content-type"})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://a.example"
        assert client.options("/v1/small/vectors", headers=asks | {"origin": "https://b.example"}).status_code == 400
        answer = client.get("/v1/tables", headers={"origin": "https://a.example", "authorization": "Bearer sesame"})
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
    for client in asking(file):
        answer = client.get("/v1/tables", headers={"origin": "https://a.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_one_wrong_question_spoils_no_other() -> None:
    """What is gathered with a wrong question is answered all the same."""
    from concurrent.futures import ThreadPoolExecutor

    from embcompress.errors import UsageError
    from embcompress.serve.gathering import Gatherer

    batches: list[list[str]] = []

    def search(queries: Any, k: int) -> Any:
        batches.append(list(queries))
        if "wrong" in queries:
            raise UsageError("wrong")
        return [[(query, float(k))] for query in queries]

    async def ask() -> list[Any]:
        with ThreadPoolExecutor(1) as pool:
            gatherer = Gatherer(search, pool, lambda _: None)
            asked = [("a", 1), ("wrong", 1), ("b", 1), ("c", 2)]
            return await asyncio.gather(*(gatherer.ask(*each) for each in asked), return_exceptions=True)

    first, wrong, second, third = asyncio.run(ask())
    assert (first, second, third) == ([("a", 1.0)], [("b", 1.0)], [("c", 2.0)])
    assert isinstance(wrong, UsageError)
    assert batches == [["a", "wrong", "b"], ["a"], ["wrong"], ["b"], ["c"]]
