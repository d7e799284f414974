"""Every refusal as a problem document (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from embcompress.errors import UnknownWordError, UsageError
from embcompress.serve.json_text import dumps

MEDIA_TYPE = "application/problem+json"

SHOWN = 2000
"""Characters of a text that a problem document shows, and wrong fields that it lists at most."""


class Problem(HTTPException):
    """A refusal.

    Parameters
    ----------
    status : int
    kind : str
        What a program tells it by; the document's ``type`` is ``urn:embcompress:`` and this.
    detail : str
        What was given, what is allowed.
    headers : dict, optional
    members : Any
        What else the document says.
    """

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: dict[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(status, detail, headers)
        self.kind = kind
        self.members = members

    def response(self) -> Response:
        """The document."""
        return document(self.status_code, self.kind, self.detail, self.headers, **self.members)


def document(status: int, kind: str | None, detail: str, headers: Any = None, **members: Any) -> Response:
    """A problem document; without a kind its type is ``about:blank``, and the status says all."""
    content = {
        "type": f"urn:embcompress:{kind}" if kind else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail if len(detail) <= SHOWN else f"{detail[:SHOWN]}...",
        **members,
    }
    return Response(dumps(content), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def answer_with_documents(app: FastAPI) -> None:
    """Let all exceptions of an app be answered with problem documents."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UnknownWordError, _unknown_word)
    app.add_exception_handler(UsageError, _wrong_value)
    app.add_exception_handler(Exception, _failed)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Problem):
        return error.response()
    return document(error.status_code, None, str(error.detail), error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    """What FastAPI found wrong; what was given is not repeated: it may be megabytes, or no JSON."""
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"where": ".".join(map(str, each["loc"])), "what": str(each["msg"])[:SHOWN]} for each in error.errors()[:20]
    ]
    detail = "; ".join(f"{each['where']}: {each['what']}" for each in wrong[:3])
    return document(422, "invalid-request", detail, errors=wrong)


async def _unknown_word(_: Request, error: Exception) -> Response:
    assert isinstance(error, UnknownWordError)
    return document(404, "unknown-word", str(error), words=error.words, suggestions=error.suggestions)


async def _wrong_value(_: Request, error: Exception) -> Response:
    return document(422, "invalid-value", str(error))


async def _failed(_: Request, __: Exception) -> Response:
    return document(500, None, "the service failed; its log says why")
