"""The entry point: runs a verb, and turns every failure into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

import click
from embcompress_cli.ask import analogy, complete, similar
from embcompress_cli.compare import compare
from embcompress_cli.convert import convert
from embcompress_cli.diff import diff
from embcompress_cli.distill import distill
from embcompress_cli.evaluate import evaluate
from embcompress_cli.export import export
from embcompress_cli.index import index
from embcompress_cli.pack import pack, unpack
from embcompress_cli.read import info, verify
from embcompress_cli.repair import repair
from embcompress_cli.serve import explore, serve
from embcompress_cli.shrink import shrink
from embcompress_cli.specs import specs

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes of a program stopped by Ctrl-C and by SIGTERM, as shells count them."""


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="embcompress", message="embcompress %(version)s")
def cli() -> None:
    """Make word-embedding tables 4 to 30 times smaller, and search them as they are.

    \b
      embcompress shrink vectors.bin -o vectors.embc
      embcompress similar vectors.embc king queen
    """


for verb in (
    *(shrink, repair, distill, pack, unpack, index, export, convert),
    *(similar, analogy, complete),
    *(info, verify, specs, diff, compare, evaluate, serve, explore),
):
    cli.add_command(verb)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 1 for bad data, 2 for a mistake in how it was called."""
    try:
        with (
            _ending_well(),
            cli.make_context("embcompress", sys.argv[1:] if arguments is None else arguments) as context,
        ):
            cli.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        return _failed(error.format_message(), error.exit_code)
    except Terminated:
        return _failed("terminated, nothing was written", TERMINATED)
    except KeyboardInterrupt as interrupt:
        return _failed(str(interrupt) or "interrupted, nothing was written", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _failed("there is not enough memory", 1)
    except Exception as error:
        from embcompress.errors import EmbcompressError

        if isinstance(error, EmbcompressError):
            return _failed(str(error), error.exit_code)
        if isinstance(error, OSError) and error.filename is not None:  # such as a path that is too long to ask for
            return _failed(f"cannot use {os.fsdecode(error.filename)}: {error.strerror}", 1)
        raise
    return 0


@contextmanager
def _ending_well() -> Iterator[None]:
    """Within the block, SIGTERM ends the program as Ctrl-C does, by an exception that removes what is half-written."""
    if current_thread() is not main_thread():  # which alone may say what becomes of a signal
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _failed(message: str, code: int) -> int:
    click.echo("error: " + " ".join(message.split("\n")), err=True)
    return code


def run() -> None:
    """What the installed command calls."""
    sys.exit(main())
