"""How requests are read: JSON bodies, and words in paths and queries, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from embcompress.serve.answered import ProblemDocument
from embcompress.serve.json_text import loads
from embcompress.serve.media import JSON
from embcompress.serve.problems import MEDIA_TYPE, Problem
from embcompress.vocabulary import to_text


class JsonRequest(Request):
    """A request whose body is read by our JSON reader."""

    async def json(self) -> Any:
        """The body's value; a Problem with 400 if it is not JSON."""
        try:
            return loads(await self.body())
        except ValueError as error:
            raise Problem(400, "not-json", f"the body is not JSON: {error}") from None


class Route(APIRoute):
    """A route whose requests are `JsonRequest`, and have a JSON body if they post anything."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, given our kind of request."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            kind = request.headers.get("content-type", "")
            if request.method == "POST" and kind.partition(";")[0].strip().lower() != JSON:
                detail = f"the body is {kind[:200] or 'of no type'}: send JSON with the header content-type: {JSON}"
                raise Problem(415, "not-json", detail)
            return await handler(JsonRequest(request.scope, request.receive))

        return handle


def versioned_router() -> APIRouter:
    """Routes under ``/v1``, whose refusals are problem documents."""
    refusal = {"model": ProblemDocument, "content": {MEDIA_TYPE: {}}}
    return APIRouter(
        prefix="/v1",
        route_class=Route,
        responses=dict.fromkeys((400, 401, 404, 406, 408, 413, 415, 422), refusal),
    )


def word_in_path(request: Request, segment: int) -> str:
    """All of the path from a segment on as a word: it may hold slashes, and bytes that are not UTF-8."""
    raw: bytes = request.scope["raw_path"].partition(b"?")[0]
    return to_text(unquote_to_bytes(raw.split(b"/", segment)[segment]))


def word_in_query(request: Request, name: str) -> str | None:
    """A parameter of the query, which may hold bytes that are not UTF-8."""
    query: bytes = request.scope["query_string"]
    for field in query.split(b"&"):
        key, _, value = field.replace(b"+", b" ").partition(b"=")
        if unquote_to_bytes(key) == name.encode():
            return to_text(unquote_to_bytes(value))
    return None
