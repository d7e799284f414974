"""Serving: the socket, uvicorn, its workers, and what is said on the terminal."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from embcompress import vectors
from embcompress.errors import UsageError
from embcompress.serve.app import make_app
from embcompress.serve.connections import Connection
from embcompress.serve.metrics import SHARED_FOLDER
from embcompress.serve.settings import Settings

GRACE_SECONDS = 30
"""Time that requests have to end when the service is stopped."""

KEEP_ALIVE_SECONDS = 75
"""Time a connection may stay open without a request; longer than what stands in front of services waits."""

SWITCH_SECONDS = 0.0005
"""How long Python lets a thread run while another waits: its 5 ms would be most of a request's time."""

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(process)d %(message)s"}},
    "handlers": {"standard error": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["standard error"], "level": "WARNING", "propagate": False},
        "embcompress": {"handlers": ["standard error"], "level": "INFO", "propagate": False},
    },
}


class Workers(Multiprocess):
    """uvicorn's workers; on SIGHUP they read their tables anew instead of being replaced."""

    def handle_hup(self) -> None:
        """Pass the signal on; those that are still starting read the files as they are now."""
        for process in self.processes:
            if process.pid is not None and process.is_ready():
                os.kill(process.pid, signal.SIGHUP)


class Server(uvicorn.Server):
    """uvicorn's server, which says when it answers.

    Parameters
    ----------
    config : uvicorn.Config
    when_ready : callable
    """

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._when_ready()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    when_bound: Callable[[str], object],
    when_ready: Callable[[str], object] = lambda _: None,
) -> None:
    """Answer until SIGINT or SIGTERM, then end what has begun.

    Parameters
    ----------
    settings : Settings
    host : str
    port : int
        0 is any that is free.
    when_bound : callable
        Told the address once it is had.
    when_ready : callable
        Told the address once the service answers, by a service without further workers.

    Raises
    ------
    FileAccessError, FormatError
        If a table cannot be opened.
    UsageError
        If the address cannot be had.
    """
    for path in settings.files.values():
        vectors.open(path)
    config = uvicorn.Config(
        partial(_worker_app, settings),
        factory=True,
        http=Connection,
        ws="none",
        workers=settings.workers,
        lifespan="on",
        access_log=False,
        log_config=LOGGING,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with _listening(host, port) as bound, suppress(KeyboardInterrupt):  # which uvicorn raises when all has ended
        url = _url_of(bound)
        when_bound(url)
        if settings.workers == 1:
            Server(config, partial(when_ready, url)).run([bound])
            return
        with tempfile.TemporaryDirectory(prefix="embcompress-metrics-") as folder:
            os.environ[SHARED_FOLDER] = folder
            Workers(config, [bound]).run()


def _listening(host: str, port: int) -> socket.socket:
    """A socket bound to an address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as closing:
            bound = closing.enter_context(socket.socket(family, kind, protocol))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.set_inheritable(True)
            closing.pop_all()
            return bound
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"cannot listen on {host} port {port}: {reason}; give another --host or --port") from None


def _url_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _worker_app(settings: Settings) -> FastAPI:
    sys.setswitchinterval(SWITCH_SECONDS)
    return make_app(settings)
