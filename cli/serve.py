"""The verbs that serve ``.embc`` files over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import ModuleType

files_argument = click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))


@click.command()
@files_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; they share the pages of the files.",
)
@click.option(
    "--token-file", type=click.Path(path_type=Path), help="A file with the token that every request has to show."
)
@click.option(
    "--max-batch",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Words or vectors a request may ask about.",
)
@click.option("--cors", "origins", multiple=True, metavar="ORIGIN", help="Let web pages of ORIGIN ask; repeatable.")
def serve(
    files: tuple[Path, ...],
    host: str,
    port: int,
    workers: int,
    token_file: Path | None,
    max_batch: int,
    origins: tuple[str, ...],
) -> None:
    """Serve each FILE over HTTP, as a table named like the file.

    Replace a file by a rename (mv) and the service answers from the new one; SIGHUP makes it read all anew.
    """
    running = _running()
    from embcompress.serve.settings import Settings, named, read_token

    token = None if token_file is None else read_token(token_file)
    settings = Settings(named(files), workers, token, max_batch, origins)
    if token is None and not running.is_loopback(host):
        click.echo(f"warning: whoever reaches {host} can ask: --token-file FILE makes them show a token", err=True)
    running.serve(settings, host, port, when_bound=partial(_say, "serving", settings.files))


@click.command()
@files_argument
def explore(files: tuple[Path, ...]) -> None:
    """Open a page in the browser to look at each FILE: neighbours, analogies, a map, what was kept."""
    running = _running()
    import webbrowser

    from embcompress.serve.settings import Settings, named

    settings = Settings(named(files))
    say = partial(_say, "exploring", settings.files)
    running.serve(settings, "127.0.0.1", 0, when_bound=say, when_ready=webbrowser.open)


def _say(doing: str, tables: Iterable[str], url: str) -> None:
    click.echo(f"{doing} {', '.join(tables)} on {url}", err=True)


def _running() -> ModuleType:
    try:
        from embcompress.serve import running
    except ModuleNotFoundError as error:
        from embcompress.errors import MissingPackageError

        raise MissingPackageError(f"serve needs {error.name}: pip install 'embcompress[serve]'") from None
    return running
