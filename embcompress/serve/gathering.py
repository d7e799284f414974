"""Single questions that come at the same time, answered in one search: a batch is several times cheaper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import groupby

from embcompress.errors import EmbcompressError
from embcompress.serve.questions import Found, Query

Outcome = Found | None | EmbcompressError
Search = Callable[[Sequence[Query], int], Sequence[Found | None]]


@dataclass
class Waiting:
    """A question, and who waits for its answer."""

    query: Query
    k: int
    answer: asyncio.Future[Found | None]

    @property
    def kind(self) -> tuple[bool, int]:
        """Questions of the same kind can be searched together."""
        return isinstance(self.query, str), self.k


class Gatherer:
    """Gathers questions while a search is under way; no question waits where none is.

    Parameters
    ----------
    search : callable
        Neighbours of several words, or of several vectors, and how many; run in a thread.
    pool : Executor
    observe : callable
        Told how many questions each batch has.
    """

    def __init__(self, search: Search, pool: Executor, observe: Callable[[int], None]) -> None:
        self._search = search
        self._pool = pool
        self._observe = observe
        self._waiting: list[Waiting] = []
        self._busy = False

    async def ask(self, query: Query, k: int) -> Found | None:
        """The neighbours of one word or vector; None for a word that has no vector.

        Raises
        ------
        EmbcompressError
            As the search does.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found | None] = loop.create_future()
        self._waiting.append(Waiting(query, k, answer))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._start)  # after all that arrived in this turn of the loop
        return await answer

    def _start(self) -> None:
        batch, self._waiting = self._waiting, []
        self._busy = bool(batch)
        if not batch:
            return
        self._observe(len(batch))
        searching = asyncio.get_running_loop().run_in_executor(self._pool, self._outcomes, batch)
        searching.add_done_callback(lambda done: self._finish(batch, done))

    def _finish(self, batch: list[Waiting], done: asyncio.Future[list[Outcome]]) -> None:
        failure = None if done.cancelled() else done.exception()
        for place, each in enumerate(batch):
            if each.answer.done():  # whoever asked has gone
                continue
            if done.cancelled():
                each.answer.cancel()
                continue
            outcome = done.result()[place] if failure is None else failure
            if isinstance(outcome, BaseException):
                each.answer.set_exception(outcome)
            else:
                each.answer.set_result(outcome)
        self._start()

    def _outcomes(self, batch: list[Waiting]) -> list[Outcome]:
        """An answer or an error for each question, in their order."""
        outcomes: dict[int, Outcome] = {}
        order = sorted(range(len(batch)), key=lambda place: batch[place].kind)
        for (_, k), grouped in groupby(order, key=lambda place: batch[place].kind):
            places = list(grouped)
            outcomes |= zip(places, self._together([batch[place].query for place in places], k), strict=True)
        return [outcomes[place] for place in range(len(batch))]

    def _together(self, queries: list[Query], k: int) -> Sequence[Outcome]:
        try:
            return self._search(queries, k)
        except EmbcompressError as error:
            if len(queries) == 1:
                return [error]
            # One question is wrong, and only that one is to hear of it.
            return [outcome for query in queries for outcome in self._together([query], k)]
