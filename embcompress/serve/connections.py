"""Connections that do not wait for ever: for a request's head, or for a client to take its answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from embcompress.serve.problems import document

HEAD_SECONDS = 10.0
"""Time a client has to send the head of a request."""

HEAD_BYTES = 64 << 10
"""Bytes that the head of a request may have."""

WRITE_SECONDS = 30.0
"""Time in which a client has to take something of its answer."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits on a request's head and on clients that do not read."""

    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Give the client its time for the first head."""
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clocks."""
        self._end_head()
        self._end_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head has become too large."""
        if self.transport.is_closing():
            return
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._begin_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._head_bytes > HEAD_BYTES:
            self._refuse(431, "head-too-large", f"the head of a request has at most {HEAD_BYTES:,} bytes")

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._end_head()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Start a clock: the client does not take its answer."""
        super().pause_writing()
        self._watch_writing(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop it."""
        self._end_writing()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(400, "not-http", msg)

    def _begin_head(self) -> None:
        self._head_bytes = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _end_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self._head_bytes:
            self._refuse(408, "slow-head", f"no whole head of a request in {HEAD_SECONDS:g} seconds")
        else:
            self.transport.close()

    def _refuse(self, status: int, kind: str, detail: str) -> None:
        """Answer outside of any request, and close."""
        self._end_head()
        if self.transport.is_closing():
            return
        answer = document(status, kind, detail, {"connection": "close"})
        head = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
        title = b"HTTP/1.1 %d \r\n" % status
        self.transport.write(title + head + b"\r\n" + bytes(answer.body))
        self.transport.close()

    def _watch_writing(self, left: int) -> None:
        self._end_writing()
        self._writing = self.loop.call_later(WRITE_SECONDS, self._stalled, left)

    def _end_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _stalled(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._watch_writing(left)
        else:
            self.transport.abort()
