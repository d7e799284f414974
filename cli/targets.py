"""The file that a verb writes: its options, and whether it may be written, asked before any work is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

OPTIONS = (
    click.option(
        "-o", "--output", type=click.Path(path_type=Path), help="File to write [default: FILE itself, with --force]."
    ),
    click.option("--force", is_flag=True, help="Overwrite the file that is written."),
)


def rewriting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--output`` and ``--force`` to a verb that writes FILE anew; `rewritten` makes sense of them."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def rewritten(file: Path, output: Path | None, *, force: bool) -> Path:
    """Where a file is written anew: in its own place only with --force."""
    if output is None and not force:
        raise click.UsageError(f"replace {file} with --force, or give another file with -o FILE")
    return file if output is None else output


def check_target(target: Path, *sources: Path, force: bool) -> None:
    """Refuse a source, a folder, a file in none, and one that is there already, before any long work is done."""
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise click.UsageError(f"{target} is the source itself: give another file with -o FILE")
    if target.is_dir():
        raise click.UsageError(f"{target} is a folder: give a file with -o FILE")
    if not target.parent.is_dir():
        raise click.UsageError(f"folder {target.parent} does not exist: make it with mkdir -p {target.parent}")
    check_unused(target, force=force)


def check_unused(target: Path, *, force: bool) -> None:
    """Refuse a file that is there already."""
    if target.exists() and not force:
        raise click.UsageError(f"{target} exists already: overwrite it with --force, or give another file with -o FILE")
