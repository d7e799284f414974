"""The recipe for FastAPI runs as it is written."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import embcompress
import embcompress.apps
from tests.common import shrunk

for package in ("fastapi", "httpx"):
    pytest.importorskip(package, reason="the extras serve and client are not installed")
testclient = pytest.importorskip("fastapi.testclient")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the code in the docstring defines, in a folder with the file it opens."""
    text = inspect.getdoc(embcompress.apps) or ""
    code = textwrap.dedent(text.split("::\n\n", 1)[1].split("\n`embcompress serve`")[0])
    shrunk("lloyd:4").save(tmp_path / "wikipedia.embc")
    monkeypatch.chdir(tmp_path)
    defined: dict[str, Any] = {}
    exec(compile(code, "recipe", "exec", dont_inherit=True), defined)
    return defined


def test_neighbours_are_the_tables(recipe: dict[str, Any]) -> None:
    vectors = embcompress.open("wikipedia.embc")
    with testclient.TestClient(recipe["app"]) as client:
        for word in ("word3", "word500"):
            found = client.get(f"/neighbours/{word}", params={"k": 4}).json()
            expected = vectors.most_similar(word, topn=4)
            assert list(found) == [near for near, _ in expected]
            assert list(found.values()) == pytest.approx([cosine for _, cosine in expected])
        assert len(client.get("/neighbours/word3").json()) == 10
        unknown = client.get("/neighbours/word9999")
        assert unknown.status_code == 404
        assert unknown.json()["detail"].startswith("'word9999' is not in the vocabulary; near spellings of 'word9999':")
        assert client.get("/neighbours/word3", params={"k": 0}).status_code == 422


def test_a_process_opens_the_file_once(recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = Mock(wraps=embcompress.open)
    monkeypatch.setattr(embcompress, "open", really_open)
    with testclient.TestClient(recipe["app"]) as client:
        for word in ("word1", "word2", "word3"):
            assert client.get(f"/neighbours/{word}").status_code == 200
    really_open.assert_called_once_with("wikipedia.embc")
