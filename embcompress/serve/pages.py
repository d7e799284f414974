"""What people look at: the page, the API's documentation, health and metrics; all from files that come along."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from embcompress.serve import media
from embcompress.serve.metrics import CONTENT_TYPE
from embcompress.serve.service import Service

HERE = Path(__file__).parent

HEADERS = {
    "cache-control": "no-cache",  # kept by browsers, and asked about each time: files change with the release
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Files(StaticFiles):
    """A folder's files, none of which may load anything from elsewhere."""

    def file_response(self, *arguments: object, **keywords: object) -> Response:
        """A file, with `HEADERS`."""
        response = super().file_response(*arguments, **keywords)  # type: ignore[arg-type]
        response.headers.update(HEADERS)
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; names that no file can have are answered as those of no file are."""
        return await super().get_response(path.replace("\0", "%00"), scope)


def add_pages(app: FastAPI) -> None:
    """Add all of them to an app."""
    for path, mounted, folder in (("/", "/page", "page"), ("/docs", "/docs", "docs_assets")):
        files = Files(directory=HERE / folder)
        app.add_route(path, partial(_index, files), include_in_schema=False)
        app.mount(mounted, files)
    app.add_route("/healthz", _alive, include_in_schema=False)
    app.add_route("/readyz", _ready, include_in_schema=False)
    app.add_route("/metrics", _metrics, include_in_schema=False)


async def _index(files: Files, request: Request) -> Response:
    return await files.get_response("index.html", request.scope)


async def _alive(_: Request) -> Response:
    return media.json({"status": "alive"})


async def _ready(request: Request) -> Response:
    """Ready as long as every table answers; a table that is not what its file holds now says so."""
    tables = _service(request).tables
    problems = tables.problems
    return media.json(
        {
            "status": "ready",
            "tables": [{"name": table.name, "problem": problems.get(table.name)} for table in tables],
        }
    )


async def _metrics(request: Request) -> Response:
    return Response(_service(request).metrics.text(), headers={"content-type": CONTENT_TYPE})


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found
