"""Threads for the library's work, so that the event loop stays free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from embcompress.cores import usable_cores

QUICK = 256
"""Words or vectors up to which a question does not hold up others for long."""

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Two pools, so that quick questions never wait behind large ones."""

    def __init__(self) -> None:
        self.quick = ThreadPoolExecutor(usable_cores(), thread_name_prefix="quick")
        self.large = ThreadPoolExecutor(usable_cores(), thread_name_prefix="large")

    async def run(self, size: int, work: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        """Do work about so many words or vectors in a thread."""
        pool = self.quick if size <= QUICK else self.large
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: work(*arguments, **keywords))

    def close(self) -> None:
        """Let both finish what they do, and nothing more."""
        for pool in (self.quick, self.large):
            pool.shutdown(wait=True, cancel_futures=True)
