"""``--threads`` of the verbs that work long."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click


def threads_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option; the command then runs with so many threads at most, and needs not know of it."""

    @wraps(command)  # its name, its help, and the options that it has already
    def with_threads(*, threads: int | None, **others: Any) -> None:
        if threads is None:
            command(**others)
            return
        from embcompress.cores import at_most

        with at_most(threads):
            command(**others)

    help = "Use so many threads at most [default: as many as there are cores]."
    return click.option("--threads", type=click.IntRange(min=1), help=help)(with_threads)
