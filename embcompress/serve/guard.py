"""What every request passes before it is looked at: is it allowed, is it small enough, does it come in time."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embcompress.serve.metrics import Metrics
from embcompress.serve.problems import Problem, document

BODY_SECONDS = 30.0
"""Time a client has to send a body."""

LINGER_SECONDS = 2.0
"""Time in which a client has to see that its body was refused, before the connection is closed."""

OPEN = frozenset({"/healthz", "/readyz"})
"""Paths that need no token, for those that watch the service."""

CHALLENGE = 'Basic realm="embcompress", Bearer realm="embcompress"'
"""Basic, with the token as password, is what a browser can ask a person for: Chromium takes the first of a header."""


class Counted:
    """Counts requests and their times.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # What is not among the routes has one name: paths that strangers make up are not kept for ever.
            route = getattr(scope.get("route"), "path", None) or ("page" if status < 400 else "other")
            self._metrics.request(_method(scope), route, status, time.perf_counter() - started)


class TokenNeeded:
    """Refuses requests that do not show the token, as a bearer's or as the password of HTTP's basic scheme.

    Parameters
    ----------
    app : ASGI application
    token : str
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 401."""
        if scope["type"] == "http" and scope["path"] not in OPEN and not self._shown(scope):
            detail = "show the service's token: authorization: Bearer TOKEN"
            await document(401, "token-needed", detail, {"www-authenticate": CHALLENGE})(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _shown(self, scope: Scope) -> bool:
        scheme, _, credentials = Headers(scope=scope).get("authorization", "").partition(" ")
        shown = credentials.strip().encode("latin-1")
        if scheme.lower() == "basic":
            try:
                shown = base64.b64decode(shown, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(shown, self._token)


class BodyLimited:
    """Refuses bodies that are too large or too slow, before all of them is read.

    Parameters
    ----------
    app : ASGI application
    most : int
        Bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; reading too much of its body raises a Problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._most)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._most:
            await body.refusal(413, "too-large").response()(scope, receive, body.send)
        else:
            await self._app(scope, body.receive, body.send)


class _Body:
    """A request's body while it is read."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._got = 0
        self._ended = False
        self._refused = False

    async def receive(self) -> Message:
        """The next piece."""
        if self._ended:  # what comes now is the client's leaving, and that has time
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise self.refusal(408, "slow-body") from None
        self._got += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._got > self._most:
            raise self.refusal(413, "too-large")
        return message

    async def send(self, message: Message) -> None:
        """Send a piece of the answer; after a refusal, take what the client still sends, or it would not see it."""
        if not self._refused or message["type"] != "http.response.body":
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await self._receive()).get("more_body", False):
                    pass
        await self._send({"type": "http.response.body", "body": b""})

    def refusal(self, status: int, kind: str) -> Problem:
        """What the client is told; the connection is closed after it."""
        self._refused = True
        detail = f"a body has at most {self._most:,} bytes, sent in {BODY_SECONDS:g} seconds; ask in batches"
        return Problem(status, kind, detail, headers={"connection": "close"})


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
