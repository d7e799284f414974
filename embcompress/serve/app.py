"""The application: tables, routes, guards and the document that describes them."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from embcompress.serve import routes, search_routes
from embcompress.serve.document import describe
from embcompress.serve.guard import BodyLimited, Counted, TokenNeeded
from embcompress.serve.metrics import Metrics
from embcompress.serve.pages import add_pages
from embcompress.serve.problems import answer_with_documents
from embcompress.serve.service import Service
from embcompress.serve.settings import MAX_BODY, Settings
from embcompress.serve.tables import Tables
from embcompress.serve.threads import Threads


def make_app(settings: Settings) -> FastAPI:
    """An ASGI application that answers from these tables.

    Raises
    ------
    FileAccessError, FormatError
        If a file cannot be opened.
    """
    threads, metrics = Threads(), Metrics()
    service = Service(settings, threads, metrics, Tables(settings.files, threads, metrics))
    app = FastAPI(
        title="embcompress",
        version=version("embcompress"),
        description="Look-ups, similarities and neighbours of words, answered from compressed codes.",
        docs_url=None,
        redoc_url=None,
        lifespan=_living,
    )
    app.state.service = service
    app.include_router(routes.router)
    app.include_router(search_routes.router)
    add_pages(app)
    answer_with_documents(app)
    _guard(app, service)
    describe(app, service)
    return app


def _guard(app: FastAPI, service: Service) -> None:
    """Add what a request passes; what is added last comes first."""
    settings = service.settings
    app.add_middleware(BodyLimited, most=MAX_BODY)
    if settings.token is not None:
        app.add_middleware(TokenNeeded, token=settings.token)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            expose_headers=["embcompress-shape", "embcompress-dtype", "embcompress-unknown"],
        )
    app.add_middleware(Counted, metrics=service.metrics)


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    """Watch the files while the service runs, and read them anew on SIGHUP."""
    service: Service = app.state.service
    tasks: set[asyncio.Task[None]] = set()

    def start(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    start(service.tables.watch())
    loop = asyncio.get_running_loop()
    listens = hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread()
    if listens:
        loop.add_signal_handler(signal.SIGHUP, lambda: start(service.tables.look(anew=True)))
    yield
    if listens:
        loop.remove_signal_handler(signal.SIGHUP)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    service.threads.close()
