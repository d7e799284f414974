"""What a running service consists of, as its routes see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from embcompress.serve.metrics import Metrics
from embcompress.serve.problems import Problem
from embcompress.serve.settings import NEIGHBOURS_A_WORD, Settings
from embcompress.serve.tables import Table, Tables
from embcompress.serve.threads import Threads


@dataclass(frozen=True)
class Service:
    """The parts of a running service."""

    settings: Settings
    threads: Threads
    metrics: Metrics
    tables: Tables

    @property
    def max_neighbours(self) -> int:
        """Neighbours that a request may ask for in all."""
        return NEIGHBOURS_A_WORD * self.settings.max_batch

    def table(self, name: str) -> Table:
        """The table of a name.

        Raises
        ------
        Problem
            404 if there is none.
        """
        found = self.tables.get(name)
        if found is None:
            names = ", ".join(table.name for table in self.tables)
            raise Problem(404, "unknown-table", f"there is no table {name!r:.200}; tables: {names}")
        return found

    def allow(self, asked: int, what: str) -> None:
        """Refuse more words, vectors or pairs at once than `Settings.max_batch`.

        Raises
        ------
        Problem
            422.
        """
        most = self.settings.max_batch
        if asked > most:
            raise Problem(422, "too-many", f"{asked:,} {what}: at most {most:,} a request", limit=most)

    def allow_neighbours(self, queries: int, k: int) -> None:
        """Refuse more neighbours than one request may ask for.

        Raises
        ------
        Problem
            422.
        """
        self.allow(queries, "words or vectors")
        self.allow(k, "neighbours of each")
        if queries * k > self.max_neighbours:
            detail = f"{queries:,} x {k:,} neighbours: at most {self.max_neighbours:,} in all a request"
            raise Problem(422, "too-many", detail, limit=self.max_neighbours)


async def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


ServiceOf = Annotated[Service, Depends(_service)]


async def _table(table: str, service: ServiceOf) -> Table:
    return service.table(table)


TableOf = Annotated[Table, Depends(_table)]
