"""What the service answers is what the library answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors
from tests.common import DIMS, unit_queries
from tests.serving import NASTY, save_nasty, save_small

pytest.importorskip("fastapi", reason="the extra serve is not installed")
testclient = pytest.importorskip("starlette.testclient", reason="httpx is not installed")

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tables")
    save_small(place / "small.embc")
    save_nasty(place / "nasty.embc")
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    from embcompress.serve.app import make_app
    from embcompress.serve.settings import Settings, named

    app = make_app(Settings(named([folder / "small.embc", folder / "nasty.embc"]), max_batch=700))
    with testclient.TestClient(app) as asking:
        yield asking


@pytest.fixture(scope="module")
def small(folder: Path) -> CompressedVectors:
    return embcompress.open(folder / "small.embc")


@pytest.fixture(scope="module")
def nasty(folder: Path) -> CompressedVectors:
    return embcompress.open(folder / "nasty.embc")


def asked(client: TestClient, path: str, question: dict[str, Any]) -> Any:
    """The answer to a question, sent with lone surrogates escaped."""
    answer = client.post(path, content=json.dumps(question), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def pairs(neighbours: Any) -> list[tuple[str, float]]:
    return [(each["word"], each["similarity"]) for each in neighbours]


def alike(left: list[tuple[str, float]], right: list[tuple[str, float]]) -> bool:
    """The same words in the same order, cosines to rounding: in a batch, products are summed in another order."""
    assert [word for word, _ in left] == [word for word, _ in right]
    np.testing.assert_allclose([score for _, score in left], [score for _, score in right], atol=2e-6)
    return True


def test_tables_and_info(client: TestClient, small: CompressedVectors, folder: Path) -> None:
    answer = client.get("/v1/tables").json()
    assert [table["name"] for table in answer["tables"]] == ["small", "nasty"]
    assert answer["max_batch"] == 700
    expected = {"name": "small", "words": 700, "dims": DIMS, "spec": "lloyd:4"}
    assert answer["tables"][0] == expected | {"bytes": (folder / "small.embc").stat().st_size}
    info = client.get("/v1/small/info").json()
    assert info["certificate"] == small.metadata["certificate"]
    assert info.items() >= expected.items()


def test_a_word_and_its_vector(client: TestClient, small: CompressedVectors) -> None:
    answer = client.get("/v1/small/vectors/word7").json()
    assert (answer["word"], answer["row"]) == ("word7", 7)
    np.testing.assert_array_equal(np.float32(answer["vector"]), small["word7"])


@pytest.mark.parametrize("word", NASTY, ids=ascii)
def test_words_that_urls_and_json_have_trouble_with(client: TestClient, nasty: CompressedVectors, word: str) -> None:
    path = quote(word, safe="", errors="surrogateescape").replace("..", "%2E%2E")
    answer = client.get(f"/v1/nasty/vectors/{path}").json()
    assert (answer["word"], answer["row"]) == (word, NASTY.index(word))
    np.testing.assert_array_equal(np.float32(answer["vector"]), nasty[word])
    found = asked(client, "/v1/nasty/neighbours", {"words": [word], "k": 4})["neighbours"][0]
    assert alike(pairs(found), nasty.most_similar(word, topn=4))
    begin = quote(word[:2], safe="", errors="surrogateescape")
    completed = client.get(f"/v1/nasty/complete?limit=3&prefix={begin}").json()
    assert [each["word"] for each in completed["words"]] == nasty.complete(word[:2], 3)


def test_a_slash_may_stand_as_it_is(client: TestClient) -> None:
    assert client.get("/v1/nasty/vectors/a/b").json()["word"] == "a/b"


def test_vectors_as_json(client: TestClient, small: CompressedVectors) -> None:
    words = ["word3", "nothing", "word600", "word3", "nothing"]
    answer = asked(client, "/v1/small/vectors", {"words": words})
    assert answer["unknown"] == ["nothing"]
    assert answer["rows"] == [3, None, 600, 3, None]
    assert answer["vectors"][1] is None
    known = np.array([row for row in answer["vectors"] if row is not None], dtype=np.float32)
    np.testing.assert_array_equal(known, small[["word3", "word600", "word3"]])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_vectors_as_bytes(client: TestClient, small: CompressedVectors, dtype: str) -> None:
    words = [f"word{row}" for row in range(700)]
    words[5] = "nothing"
    headers = {"accept": f"application/octet-stream;dtype={dtype}"}
    answer = client.post("/v1/small/vectors", json={"words": words}, headers=headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["embcompress-shape"] == f"700,{DIMS}"
    assert answer.headers["embcompress-dtype"] == dtype
    assert answer.headers["embcompress-unknown"] == "1"
    rows = np.frombuffer(answer.content, dtype={"float32": "<f4", "float16": "<f2"}[dtype]).reshape(700, DIMS)
    expected = small.vectors.astype(dtype)
    expected[5] = np.nan
    np.testing.assert_array_equal(rows, expected)


def test_rows_instead_of_words(client: TestClient, small: CompressedVectors) -> None:
    question = {"rows": [3, 700, 5, 2**53 - 1]}
    answer = asked(client, "/v1/small/vectors", question)
    assert (answer["rows"], answer["unknown"]) == ([3, None, 5, None], [])
    np.testing.assert_array_equal(np.array(answer["vectors"][::2], dtype=np.float32), small[[3, 5]])
    headers = {"accept": "application/octet-stream"}
    rows = np.frombuffer(client.post("/v1/small/vectors", json=question, headers=headers).content, "<f4")
    np.testing.assert_array_equal(rows.reshape(4, DIMS)[[0, 2]], small[[3, 5]])
    assert np.isnan(rows.reshape(4, DIMS)[[1, 3]]).all()
    expected = {"words": ["word3", None, "word5", None], "rows": [3, None, 5, None]}
    assert asked(client, "/v1/small/words", question) == expected
    assert asked(client, "/v1/small/words", {"rows": [4, 5, 6]})["words"] == ["word4", "word5", "word6"]
    assert asked(client, "/v1/small/words", {"words": ["word9", "none"]}) == {
        "words": ["word9", "none"],
        "rows": [9, None],
    }


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_scores_of_every_row(client: TestClient, small: CompressedVectors, method: str) -> None:
    ask = small.most_similar if method == "3cosadd" else small.most_similar_cosmul
    expected = ask(positive=["word1"], negative=["word40"], topn=None, restrict_vocab=90)
    question = {"positive": ["word1"], "negative": ["word40"], "method": method, "restrict_vocab": 90}
    answer = asked(client, "/v1/small/scores", question)
    np.testing.assert_allclose(answer["scores"], expected, atol=1e-6)
    octets = client.post("/v1/small/scores", json=question, headers={"accept": "application/octet-stream"})
    assert octets.headers["embcompress-shape"] == "90"
    np.testing.assert_allclose(np.frombuffer(octets.content, "<f4"), expected, atol=1e-6)
    arrow = {"accept": "application/vnd.apache.arrow.stream"}
    assert client.post("/v1/small/scores", json=question, headers=arrow).status_code == 406


def test_weights_and_ranges(client: TestClient, small: CompressedVectors) -> None:
    terms = [{"item": "word1", "weight": 0.3}, {"item": unit_queries(1)[0].tolist(), "weight": -2}, "word9"]
    answer = asked(client, "/v1/small/analogy", {"positive": terms, "k": 5, "clip_start": 20, "clip_end": 300})
    given: list[Any] = [("word1", 0.3), (unit_queries(1)[0], -2), "word9"]
    assert alike(pairs(answer["neighbours"]), small.most_similar(given, topn=5, clip_start=20, clip_end=300))


def test_norms_and_bare_matrices(client: TestClient, small: CompressedVectors) -> None:
    np.testing.assert_allclose(client.get("/v1/small/norms").json()["norms"], small.norms, rtol=1e-6)
    queries = unit_queries(7)
    question = {"vectors": queries.tolist(), "k": 4, "restrict_vocab": 200}
    answer = asked(client, "/v1/small/search", question)
    scores, rows = small.neighbours(queries, 4, 200)
    np.testing.assert_array_equal(answer["rows"], rows)
    np.testing.assert_allclose(answer["scores"], scores, atol=2e-6)
    assert asked(client, "/v1/small/search", {"vectors": []}) == {"scores": [], "rows": []}


def test_the_document_says_what_is_taken(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert (schemas["Vector"]["minItems"], schemas["Vector"]["maxItems"]) == (DIMS, DIMS)
    asked_for = schemas["NeighboursQuestion"]
    assert asked_for["oneOf"] == [{"required": ["words"]}, {"required": ["vectors"]}]
    assert asked_for["properties"]["words"]["maxItems"] == asked_for["properties"]["k"]["maximum"] == 700
    assert asked_for["properties"]["k"]["minimum"] == 1
    assert asked(client, "/v1/small/neighbours", {"words": ["word1"], "k": 2.0})["unknown"] == []  # which is whole


def test_vectors_as_arrow(client: TestClient, nasty: CompressedVectors) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    headers = {"accept": "application/vnd.apache.arrow.stream", "content-type": "application/json"}
    words = [*NASTY, "nothing"]
    answer = client.post("/v1/nasty/vectors", content=json.dumps({"words": words}), headers=headers)
    table = pyarrow.ipc.open_stream(answer.content).read_all()
    rows = table["vector"].to_pylist()
    assert rows[-1] is None
    np.testing.assert_array_equal(np.float32(rows[:-1]), nasty.vectors)
    shown = table["word"].to_pylist()
    assert shown[NASTY.index("caf\u00e9")] == "caf\u00e9"
    assert shown[NASTY.index("bad\udcff")] == "bad\ufffd"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/html, application/*;q=0.5", "application/json"),
        ("application/json;q=0.2, application/octet-stream", "application/octet-stream"),
        ("application/octet-stream;q=0.2, application/json;q=0.3", "application/json"),
        ("application/octet-stream; dtype=float16; q=0.9, */*;q=0.1", "application/octet-stream"),
        ("application/octet-stream;q=0, */*", "application/json"),
    ],
)
def test_the_form_is_what_is_accepted(client: TestClient, accept: str | None, form: str) -> None:
    headers = {} if accept is None else {"accept": accept}
    assert client.get("/v1/small/vectors/word1", headers=headers).headers["content-type"] == form


@pytest.mark.parametrize("accept", ["text/html", "application/octet-stream;dtype=float64", "image/*"])
def test_forms_that_there_are_not(client: TestClient, accept: str) -> None:
    answer = client.get("/v1/small/vectors/word1", headers={"accept": accept})
    assert answer.status_code == 406
    assert "application/octet-stream" in answer.json()["detail"]


@pytest.mark.parametrize(
    "options", [{}, {"exact": True}, {"restrict_vocab": 100}, {"restrict_vocab": 90, "exact": True}]
)
@pytest.mark.parametrize("count", [1, 5])
def test_neighbours_of_words(client: TestClient, small: CompressedVectors, options: Any, count: int) -> None:
    words = [f"word{row}" for row in range(3, 3 + 40 * count, 40)]
    answer = asked(client, "/v1/small/neighbours", {"words": words, "k": 7, **options})
    assert answer["unknown"] == []
    for word, found in zip(words, answer["neighbours"], strict=True):
        assert alike(pairs(found), small.most_similar(word, topn=7, **options))


@pytest.mark.parametrize("count", [1, 5])
def test_neighbours_of_vectors(client: TestClient, small: CompressedVectors, count: int) -> None:
    queries = unit_queries(count)
    answer = asked(client, "/v1/small/neighbours", {"vectors": queries.tolist()})
    for query, found in zip(queries, answer["neighbours"], strict=True):
        assert alike(pairs(found), small.most_similar(query))


def test_unknown_words_are_listed(client: TestClient, small: CompressedVectors) -> None:
    answer = asked(client, "/v1/small/neighbours", {"words": ["none", "word1", "none", "Word2"]})
    assert answer["unknown"] == ["none", "Word2"]
    assert [each is None for each in answer["neighbours"]] == [True, False, True, True]
    assert alike(pairs(answer["neighbours"][1]), small.most_similar("word1"))
    assert asked(client, "/v1/small/neighbours", {"words": ["none"]}) == {"neighbours": [None], "unknown": ["none"]}
    assert asked(client, "/v1/small/neighbours", {"words": []}) == {"neighbours": [], "unknown": []}


def test_concurrent_questions_are_gathered(client: TestClient, small: CompressedVectors) -> None:
    words = [f"word{row}" for row in range(0, 640, 2)]

    def ask(word: str) -> Any:
        return asked(client, "/v1/small/neighbours", {"words": [word], "k": 1 + len(word) % 2})["neighbours"][0]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, words))
    for word, each in zip(words, found, strict=True):
        assert alike(pairs(each), small.most_similar(word, topn=1 + len(word) % 2))


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("restrict", [None, 200])
def test_analogies(client: TestClient, small: CompressedVectors, method: str, restrict: int | None) -> None:
    query = unit_queries(1)[0]
    question = {"positive": ["word1", query.tolist()], "negative": ["word40"], "k": 6, "method": method}
    answer = asked(client, "/v1/small/analogy", question | {"restrict_vocab": restrict})
    ask = small.most_similar if method == "3cosadd" else small.most_similar_cosmul
    expected = ask(positive=["word1", query], negative=["word40"], topn=6, restrict_vocab=restrict)
    assert alike(pairs(answer["neighbours"]), expected)


def test_similarities(client: TestClient, small: CompressedVectors) -> None:
    listed = [["word1", "word2"], ["word2", "word2"], ["word1", "none"], ["word9", "word500"]]
    answer = asked(client, "/v1/small/similarity", {"pairs": listed})
    assert answer["unknown"] == ["none"]
    assert answer["similarities"][2] is None
    known = [(score, pair) for score, pair in zip(answer["similarities"], listed, strict=True) if score is not None]
    np.testing.assert_allclose([score for score, _ in known], [small.similarity(*pair) for _, pair in known], atol=1e-6)
    assert asked(client, "/v1/small/similarity", {"pairs": []}) == {"similarities": [], "unknown": []}
    odd = asked(client, "/v1/small/similarity", {"pairs": [["word1", "\udcff"]]})
    assert odd == {"similarities": [None], "unknown": ["\udcff"]}


def test_completion(client: TestClient, small: CompressedVectors) -> None:
    answer = client.get("/v1/small/complete?prefix=word12&limit=4").json()
    assert answer == {
        "prefix": "word12",
        "words": [{"word": word, "row": small.get_index(word)} for word in small.complete("word12", 4)],
    }
    assert len(answer["words"]) == 4
    assert len(client.get("/v1/small/complete?prefix=").json()["words"]) == 10


def test_health_and_metrics(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.head("/healthz").status_code == 200
    ready = client.get("/readyz").json()
    assert ready == {
        "status": "ready",
        "tables": [{"name": "small", "problem": None}, {"name": "nasty", "problem": None}],
    }
    client.get("/v1/small/info")
    client.get("/made/up/by/a/stranger")
    counts = client.get("/metrics")
    assert counts.headers["content-type"].startswith("text/plain")
    assert 'embcompress_table_words{table="small"} 700.0' in counts.text
    assert f'embcompress_table_dimensions{{table="nasty"}} {DIMS}.0' in counts.text
    assert 'embcompress_requests_total{method="GET",route="/v1/{table}/info",status="200"}' in counts.text
    assert 'embcompress_request_seconds_bucket{le="0.001",route="/v1/{table}/info"}' in counts.text
    assert 'embcompress_batch_size_sum{table="small"}' in counts.text
    assert "stranger" not in counts.text


def test_pages_come_from_this_service_only(client: TestClient) -> None:
    for path, kind in {"/": "text/html", "/docs": "text/html", "/docs/start.js": "text/javascript"}.items():
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-cache"
        again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert "https://" not in client.get("/docs").text
    assert len(client.get("/docs/swagger-ui-bundle.js").content) > 1_000_000
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/tables",
        "/v1/{table}/info",
        "/v1/{table}/complete",
        "/v1/{table}/vectors/{word}",
        "/v1/{table}/vectors",
        "/v1/{table}/words",
        "/v1/{table}/norms",
        "/v1/{table}/neighbours",
        "/v1/{table}/analogy",
        "/v1/{table}/scores",
        "/v1/{table}/search",
        "/v1/{table}/similarity",
    }
    for path in ("/page/../app.py", "/page/%2e%2e/app.py", "/docs/..%2f..%2fapp.py", "/page/none.js", "/page/%00"):
        assert client.get(path).status_code == 404


def test_unseen_words_of_tables_with_ngrams(tmp_path: Path) -> None:
    import gensim

    from embcompress.serve.app import make_app
    from embcompress.serve.settings import Settings

    source = Path(gensim.__file__).parent / "test" / "test_data" / "crime-and-punishment.bin"
    embcompress.shrink(embcompress.load(source), "lloyd:4").save(tmp_path / "grams.embc")
    vectors = embcompress.open(tmp_path / "grams.embc")
    known, unseen, huge = vectors.index_to_key[5], "punishers", "punishers" * 100_000
    with testclient.TestClient(make_app(Settings({"grams": tmp_path / "grams.embc"}))) as client:
        answer = asked(client, "/v1/grams/vectors", {"words": [unseen, known, huge, ""]})
        assert answer["rows"] == [None, 5, None, None]
        assert answer["unknown"] == [huge, ""]
        np.testing.assert_array_equal(np.float32(answer["vectors"][0]), vectors[unseen])
        answer = asked(client, "/v1/grams/neighbours", {"words": [unseen, known, huge], "k": 5})
        assert alike(pairs(answer["neighbours"][0]), vectors.most_similar(unseen, topn=5))
        assert alike(pairs(answer["neighbours"][1]), vectors.most_similar(known, topn=5))
        assert (answer["neighbours"][2], answer["unknown"]) == (None, [huge])
        cosine = asked(client, "/v1/grams/similarity", {"pairs": [[unseen, known]]})["similarities"][0]
        assert cosine == pytest.approx(float(vectors.similarity(unseen, known)), abs=1e-6)


def test_a_folder_of_shards_is_served_as_a_file_is() -> None:
    from embcompress.serve.app import make_app
    from embcompress.serve.settings import Settings

    shards = Path(__file__).parent / "golden" / "0.1-shards"
    vectors = embcompress.open(shards)
    with testclient.TestClient(make_app(Settings({"shards": shards}))) as client:
        info = client.get("/v1/shards/info").json()
        assert (info["words"], info["dims"], info["spec"]) == (80, 8, vectors.spec)
        assert info["bytes"] == sum(path.stat().st_size for path in shards.iterdir())
        answer = asked(client, "/v1/shards/neighbours", {"words": ["word3", "word60", "nowhere"], "k": 4})
        assert answer["unknown"] == ["nowhere"]
        for word, near in zip(["word3", "word60"], answer["neighbours"], strict=False):
            assert alike(pairs(near), vectors.most_similar(word, topn=4))
