"""The tables that are served, and how each is replaced when its file is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from embcompress import integrity, manifest, vectors
from embcompress.file import Contents
from embcompress.serve.gathering import Gatherer
from embcompress.serve.metrics import Metrics
from embcompress.serve.questions import neighbours
from embcompress.serve.threads import Threads

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks at the files."""

GONE = "its file is gone or cannot be read; what was read before is served"
DAMAGED = "its file was replaced by one that is damaged; what was read before is served"


class Stamp(NamedTuple):
    """What changes when a file is replaced or written to."""

    device: int
    inode: int
    modified: int
    size: int


@dataclass(frozen=True)
class Table:
    """One reading of a file: requests that have begun keep it when the file is replaced."""

    name: str
    vectors: vectors.CompressedVectors
    bytes: int
    gatherer: Gatherer


class Tables:
    """Tables by name.

    Parameters
    ----------
    files : dict
        Each table's file by the table's name.
    threads : Threads
    metrics : Metrics

    Raises
    ------
    FileAccessError, FormatError
        If a file cannot be opened.
    """

    def __init__(self, files: dict[str, Path], threads: Threads, metrics: Metrics) -> None:
        self._files = files
        self._threads = threads
        self._metrics = metrics
        self._looking = asyncio.Lock()
        self._seen = {name: _stamp(path) for name, path in files.items()}
        self.problems: dict[str, str] = {}
        self._tables = {name: self._open(name) for name in files}

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def get(self, name: str) -> Table | None:
        """The table of this name."""
        return self._tables.get(name)

    async def watch(self) -> None:
        """Replace tables whose files are replaced, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self, *, anew: bool = False) -> None:
        """Replace tables whose files have changed since they were last looked at, or `anew` all of them."""
        async with self._looking:
            for name, path in self._files.items():
                stamp = _stamp(path)
                if anew or stamp != self._seen[name]:
                    self._seen[name] = stamp
                    await self._reload(name)

    async def _reload(self, name: str) -> None:
        size = len(self._tables[name].vectors)
        try:
            self._tables[name] = await self._threads.run(size, self._reopened, name)
        except Exception as error:  # whatever a damaged file leads to, the service goes on
            self.problems[name] = GONE if self._seen[name] is None else DAMAGED
            self._metrics.reloaded(name, "refused")
            logger.error("table %s: %s (%s)", name, self.problems[name], error)
        else:
            self.problems.pop(name, None)
            self._metrics.reloaded(name, "replaced")
            logger.info("table %s: %s was read anew", name, self._files[name])

    def _reopened(self, name: str) -> Table:
        """A table whose every byte is what was written: nobody looks while a file is replaced."""
        # What is made is of what was checked, whatever the name stands for now.
        return self._warmed(name, integrity.read_undamaged(self._files[name]))

    def _open(self, name: str) -> Table:
        return self._warmed(name, manifest.read(self._files[name]))

    def _warmed(self, name: str, contents: Contents) -> Table:
        # Requests are what runs side by side: threads within a search would only take turns with them.
        opened = vectors.opened(contents, self._files[name], threads=1)
        if len(opened):
            opened.most_similar([0], topn=1)  # builds the index, so that no request waits for it
            opened.complete(opened.index_to_key[0], 1)
        gatherer = Gatherer(partial(neighbours, opened), self._threads.quick, partial(self._metrics.batch, name))
        table = Table(name, opened, manifest.stored_bytes(self._files[name]), gatherer)
        self._metrics.loaded(table)
        return table


def _stamp(path: Path) -> Stamp | None:
    """The stamp of a file, of a folder of shards its manifest's; None if there is none."""
    try:
        found = (path / manifest.NAME if path.is_dir() else path).stat()
    except OSError:
        return None
    return Stamp(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
