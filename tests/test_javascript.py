"""The reader in JavaScript, in node and in a real Chromium: its answers are the library's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors, Table
from embcompress.exports.js import FILES, TABLE
from embcompress.text import is_utf8
from embcompress.vocabulary import to_bytes
from tests.common import shrunk, small_table, unit_queries
from tests.javascript import MODULE, StaticServer, serving
from tests.serving import NASTY

NODE = shutil.which("node")
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.embc"))
SPECS = {
    "binary": "binary",
    "ternary": "ternary",
    "lloyd": "lloyd:4",
    "rotated": "center,rotate,lloyd:2",
    "int8": "int8",
    "pq": "pq:6x4:balance",
    "uneven": "pq:5x8:balance",
    "groups": "groups:2.9:8",
    "float16": "pca:20,prune:0.5,float16",
    "head": "head:60:float16,center,vq:30,binary",
    "shared": "vq:40,int8",
}
"""Specs by the names of files; rows of the last one share codes, and so have equal scores."""

FIRST_BYTES = 1 << 14
"""What is fetched first, to have the header."""

WORDS = ["word3", "word59", "word60", "word650"]
TOLERANCE = 1e-5

ANSWERS = """async ({module, url, options, vectors = [], asked = []}) => {
  const { open } = await import(module);
  try {
    const table = await open(url, options);
    const found = {spec: table.spec, vectors: [], neighbours: []};
    for (const word of vectors) {
      const vector = await table.vector(word);
      found.vectors.push(vector && Array.from(vector));
    }
    for (const [positive, ...rest] of asked) {
      const given = positive.vector ? Float32Array.from(positive.vector) : positive;
      found.neighbours.push(await table.mostSimilar(given, ...rest));
    }
    return found;
  } catch (error) {
    return {error: `${error.name}: ${error.message}`};
  }
}"""
"""A function that opens a table and answers questions of two kinds."""

Ask = Callable[..., dict[str, Any]]


def in_node(server: StaticServer, name: str, **questions: Any) -> dict[str, Any]:
    script = f"console.log(JSON.stringify(await ({ANSWERS})(JSON.parse(process.argv[1]))))"
    asked = json.dumps({"module": MODULE.as_uri(), "url": server.url + name, **questions})
    assert NODE is not None
    run = subprocess.run([NODE, "--input-type=module", "-e", script, asked], capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tests.test_page import CHROMIUM, WITHOUT_NEWS, playwright  # where it is not installed, this skips

    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_NEWS)
        yield started
        started.close()


@pytest.fixture(params=["node", "chromium"])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Asks a table of a server: ``ask(server, name, vectors=[word], asked=[[positive, topn, negative]])``."""
    if request.param == "node":
        if NODE is None:
            pytest.skip("node is not installed")
        yield in_node
        return
    page = request.getfixturevalue("browser").new_page()

    def in_page(server: StaticServer, name: str, **questions: Any) -> dict[str, Any]:
        page.goto(server.url + MODULE.name)  # any document of the same origin
        answer: dict[str, Any] = page.evaluate(ANSWERS, {"module": f"/{MODULE.name}", "url": f"/{name}", **questions})
        return answer

    yield in_page
    page.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tables")
    for name, spec in SPECS.items():
        shrunk(spec).save(place / f"{name}.embc")
    return place


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[StaticServer]:
    with serving(folder) as started:
        yield started


def check_neighbours(found: list[dict[str, Any]], vectors: CompressedVectors, *asked: Any) -> None:
    """What was found are the words that the library finds, in its order but for scores that are as good as equal."""
    positive, topn, negative = (*asked, [])[:3]
    expected = vectors.most_similar(positive, negative, topn=topn, exact=True)
    cosines = vectors.most_similar(positive, negative, topn=None)
    scores = np.array([score for _, score in expected])
    np.testing.assert_allclose([each["score"] for each in found], scores, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose([cosines[vectors.get_index(each["word"])] for each in found], scores, atol=TOLERANCE)
    assert len({each["word"] for each in found}) == topn
    apart = np.minimum(-np.diff(scores, prepend=np.inf), -np.diff(scores, append=-np.inf)) > TOLERANCE
    assert [each["word"] for each, is_apart in zip(found, apart, strict=True) if is_apart] == [
        word for (word, _), is_apart in zip(expected, apart, strict=True) if is_apart
    ]


@pytest.mark.parametrize("name", SPECS)
def test_vectors_and_neighbours_are_the_librarys(name: str, ask: Ask, server: StaticServer) -> None:
    vectors = shrunk(SPECS[name])
    asked: list[Any] = [*([word, 10] for word in WORDS), [["word7", "word200"], 5, ["word90"]]]
    answer = ask(server, f"{name}.embc", vectors=WORDS, asked=asked)
    assert answer["spec"] == vectors.spec
    np.testing.assert_allclose(answer["vectors"], vectors[WORDS], rtol=0, atol=TOLERANCE)
    for question, found in zip(asked, answer["neighbours"], strict=True):
        check_neighbours(found, vectors, *question)


def test_neighbours_of_a_vector(ask: Ask, server: StaticServer) -> None:
    vectors, query = shrunk("int8"), unit_queries(1)[0]
    for scale in (1, 30):
        asked = [[{"vector": (query * scale).tolist()}, 10]]
        check_neighbours(ask(server, "int8.embc", asked=asked)["neighbours"][0], vectors, query, 10)
    assert ask(server, "int8.embc", asked=[["word3", 0]])["neighbours"] == [[]]
    error = ask(server, "int8.embc", asked=[[{"vector": [1, 2]}, 3]])["error"]
    assert error.endswith("int8.embc: a vector is not of 24 numbers")


def test_equal_scores_come_in_row_order(ask: Ask, server: StaticServer) -> None:
    vectors = shrunk(SPECS["shared"])
    (found,) = ask(server, "shared.embc", asked=[["word3", 40]])["neighbours"]
    assert [each["word"] for each in found] == [word for word, _ in vectors.most_similar("word3", topn=40, exact=True)]
    assert len({round(each["score"], 6) for each in found}) < 10


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_files_of_earlier_releases(path: Path) -> None:
    vectors = embcompress.open(path)
    words = [word for word in vectors.key_to_index if is_utf8(to_bytes(word))]
    with serving(path.parent) as server:
        answer = in_node(server, path.name, vectors=words, asked=[[words[0], 5]])
    if vectors.metadata.get("packed"):
        assert answer["error"].endswith(f"{path.name}: it is packed: expand it with embcompress unpack")
        return
    np.testing.assert_allclose(answer["vectors"], vectors[words], rtol=TOLERANCE, atol=TOLERANCE)
    check_neighbours(answer["neighbours"][0], vectors, words[0], 5)


def test_a_look_up_fetches_the_code_of_its_row_alone(ask: Ask, server: StaticServer, folder: Path) -> None:
    server.sent.clear()
    table = Table(
        [f"{row:06}" for row in range(9000)], np.random.default_rng(0).standard_normal((9000, 16), np.float32)
    )
    vectors = embcompress.shrink(table, "int8")
    size = vectors.save(folder / "long.embc")
    answer = ask(server, "long.embc", vectors=["000003"])
    np.testing.assert_allclose(answer["vectors"], vectors[["000003"]], rtol=0, atol=TOLERANCE)
    assert sorted(server.sent)[:2] == [1, 16]  # a length and a code
    assert sum(server.sent) < FIRST_BYTES + size - 9000 * 16


@pytest.mark.parametrize(("ranges", "whole"), [(False, False), (False, True), (True, True)])
def test_a_whole_file_is_sent_once(ranges: bool, whole: bool, ask: Ask, folder: Path) -> None:
    path = folder / "lloyd.embc"
    with serving(folder, ranges=ranges) as server:
        answer = ask(server, path.name, options={"whole": whole}, vectors=WORDS, asked=[["word3", 10]])
        assert server.sent == [path.stat().st_size]
    np.testing.assert_allclose(answer["vectors"], shrunk("lloyd:4")[WORDS], rtol=0, atol=TOLERANCE)
    check_neighbours(answer["neighbours"][0], shrunk("lloyd:4"), "word3", 10)


def test_words_of_every_kind(ask: Ask, server: StaticServer, folder: Path) -> None:
    words = [word for word in NASTY if word.isprintable()] + ["\ufeffbom", "\U0001f600", "\uffee", "", "y" * 255]
    words = list(dict.fromkeys(words))
    rows = np.array(small_table().rows(slice(0, len(words))))
    rows[4] = 0
    vectors = embcompress.shrink(Table(words, rows), "int8")
    vectors.save(folder / "nasty.embc")
    every = len(words) - 1
    answer = ask(server, "nasty.embc", vectors=[*words, "yy", "zebra", "A"], asked=[[words[0], every], [words[4], 3]])
    np.testing.assert_allclose(answer["vectors"][: len(words)], vectors[words], rtol=0, atol=TOLERANCE)
    assert answer["vectors"][len(words) :] == [None] * 3
    assert not any(answer["vectors"][4])
    assert {each["word"] for each in answer["neighbours"][0]} == set(words[1:])
    assert [each["score"] for each in answer["neighbours"][1]] == [0, 0, 0]


def test_the_reader_is_one_module_of_at_most_300_lines() -> None:
    assert [each.name for each in FILES.glob("*.js")] == [MODULE.name]
    lines = MODULE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 120
    assert not [line for line in lines if re.match(r"\s*(import|export .* from)\b", line)]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_what_failed_is_asked_again_and_what_is_asked_together_is_fetched_once(folder: Path) -> None:
    script = f"""
      const {{ open }} = await import("{MODULE.as_uri()}");
      const table = await open(process.argv[1]);
      const failed = await table.vector("word3").catch((error) => error.message);
      const found = await Promise.all([1, 2, 3].map(() => table.mostSimilar("word3", 2)));
      console.log(JSON.stringify([failed, found.map((each) => each.map(({{ word }}) => word))]));
    """
    with serving(folder) as server:
        server.refused = 1
        asked = [str(NODE), "--input-type=module", "-e", script, f"{server.url}lloyd.embc"]
        failed, found = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        assert "cannot be fetched: 503" in failed
        assert found == [[word for word, _ in shrunk("lloyd:4").most_similar("word3", topn=2, exact=True)]] * 3
        assert len(server.sent) == len(set(server.sent))  # every part has another size


def test_what_is_wrong_is_said(ask: Ask, server: StaticServer, folder: Path) -> None:
    content = (folder / "binary.embc").read_bytes()
    (folder / "cut.embc").write_bytes(content[:-100])
    (folder / "text.embc").write_text("no table " * 9)
    (folder / "empty.embc").write_bytes(b"")
    (folder / "later.embc").write_bytes(content.replace(b'\\"version\\": \\"1.2\\"', b'\\"version\\": \\"2.0\\"'))
    (folder / "undescribed.embc").write_bytes(content.replace(b'\\"components\\"', b'\\"c0mponents\\"'))
    (folder / "wrong.embc").write_bytes(
        content.replace(b'"0.lengths":{"dtype":"U8","shape":[700]', b'"0.lengths":{"dtype":"U8","shape":[701]')
    )
    (folder / "shaped.embc").write_bytes(
        content.replace(
            b'"0.centroids":{"dtype":"F32","shape":[24,2,1]', b'"0.centroids":{"dtype":"F32","shape":[24,1,2]'
        )
    )
    (folder / "renamed.embc").write_bytes(content.replace(b'"words.text"', b'"words.texl"'))
    expected = {
        "shaped.embc": "array 0.centroids is F32 (24,1,2), expected F32 (24,2,2)",
        "renamed.embc": "array words.lengths does not add up to words.text",
        "missing.embc": "cannot be fetched: 404",
        "text.embc": "not an .embc file",
        "empty.embc": "not an .embc file",
        "later.embc": "its format version is 2.0, 1.x is read",
        "wrong.embc": "not an .embc file (array 0.lengths does not fit its place)",
        "undescribed.embc": "its metadata do not describe the segments that hold its rows",
        "cut.embc": "are not all there",
        "binary.embc": 'it has no word "wordd"',
    }
    for name, text in expected.items():
        error = ask(server, name, asked=[["wordd", 5]])["error"]
        assert text in error
        assert name in error


def test_a_server_that_is_not_there(ask: Ask, server: StaticServer, folder: Path) -> None:
    with serving(folder) as other:
        url = other.url
    error = ask(server, "binary.embc", url=f"{url}binary.embc")["error"]
    assert f"{url}binary.embc: cannot be fetched" in error


def test_the_exported_folder_is_a_page(browser: Any, tmp_path: Path) -> None:
    vectors = shrunk("lloyd:4")
    out = tmp_path / "demo.web"
    embcompress.export(vectors, out)
    assert {each.name for each in out.iterdir()} == {*(each.name for each in FILES.iterdir()), TABLE}
    np.testing.assert_array_equal(embcompress.open(out / TABLE).vectors, vectors.vectors)
    page, complaints = browser.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with serving(out) as server:
        page.goto(f"{server.url}index.html")
        page.get_by_text("700 words of 24 dimensions, lloyd:4").wait_for()
        page.get_by_label("Word").fill("word3")
        page.get_by_role("button").click()
        page.locator("tbody tr").nth(9).wait_for()
        shown = [row.locator("td").all_inner_texts() for row in page.locator("tbody tr").all()]
        assert shown == [[word, f"{score:.3f}"] for word, score in vectors.most_similar("word3", exact=True)]
        page.get_by_label("Word").fill("<b>")
        page.keyboard.press("Enter")
        page.get_by_text('it has no word "<b>"').wait_for()
        assert page.locator("tbody tr").count() == 0
    assert complaints == []
    page.close()


def test_a_packed_table_is_exported_expanded(tmp_path: Path) -> None:
    shrunk("prune:0.3,groups:2").save(tmp_path / "plain.embc")
    embcompress.pack(tmp_path / "plain.embc", tmp_path / "packed.embc")
    packed = embcompress.open(tmp_path / "packed.embc")
    assert packed.metadata["packed"]
    embcompress.export(packed, tmp_path / "out.web")
    made = embcompress.open(tmp_path / "out.web" / TABLE)
    assert not {"packed", "coders"} & made.metadata.keys()
    np.testing.assert_array_equal(made.vectors, packed.vectors)


def test_rows_of_ngrams_and_lists_stay_behind(tmp_path: Path) -> None:
    for name in ("0.1-ngrams.embc", "0.1-index.embc"):
        vectors, noted = embcompress.open(GOLDEN[0].parent / name), list[str]()
        embcompress.export(vectors, tmp_path / f"{name}.web", notice=noted.append)
        made = embcompress.open(tmp_path / f"{name}.web" / TABLE)
        assert (vectors.ngrams > 0, made.ngrams) == (bool(noted), 0)
        assert made.lists is None
        assert embcompress.verify(tmp_path / f"{name}.web" / TABLE)
        np.testing.assert_array_equal(made.vectors, vectors.vectors)
