"""What verbs share in how they print: JSON for programs, tables for people, progress on the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

WIDTH_OF_A_PIPE = 120
"""Columns a table may take where there is no terminal to ask."""

UNITS = ("bytes", "kB", "MB", "GB")

file_argument = click.argument("file", type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


def print_json(facts: Any) -> None:
    """One JSON document, words that are not UTF-8 as lone surrogates escaped."""
    click.echo(json.dumps(facts, indent=2, ensure_ascii=not _prints_unicode(facts)))


def print_table(columns: list[str], rows: Iterable[Iterable[str]], *, numbers: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """A table; the columns named in `numbers` are aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_PIPE
    console.print(table)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Facts by name, one a line."""
    listed = list(facts)
    width = max(len(name) for name, _ in listed)
    for name, value in listed:
        click.echo(f"{name:<{width}}  {printable(value)}")


def printable(text: str) -> str:
    """The text with bytes that are not UTF-8 shown as replacement characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def byte_size(count: int) -> str:
    """Bytes in the unit a person would take, with the exact number."""
    power = min(len(str(count)) - 1, 9) // 3
    return f"{count / 1000**power:.{2 if power else 0}f} {UNITS[power]} ({count:,} bytes)"


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A function that shows how far long work has come, on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=total)
            bar.update(tasks[doing], completed=done, total=total)

        yield show


def _prints_unicode(facts: Any) -> bool:
    try:
        json.dumps(facts, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
