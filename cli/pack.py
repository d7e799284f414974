"""The verbs that make a file smaller for keeping, and undo it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from embcompress_cli.output import byte_size, file_argument, json_option, print_facts, print_json, print_table
from embcompress_cli.targets import check_unused, rewriting_options, rewritten


@click.command()
@file_argument
@rewriting_options
@json_option
def pack(file: Path, output: Path | None, force: bool, as_json: bool) -> None:
    """Make FILE as small as it gets for keeping or sending.

    It answers as before, without unpacking it first; opening it takes longer and takes memory, as what is packed has to
    be expanded. Every array is stored by the coders that make it smallest ('embcompress specs' lists them).
    """
    import embcompress

    _rewrite(embcompress.pack, file, output, force, as_json)


@click.command()
@file_argument
@rewriting_options
@json_option
def unpack(file: Path, output: Path | None, force: bool, as_json: bool) -> None:
    """Undo pack: every array of FILE as it is, opened in a millisecond and shared between processes."""
    import embcompress

    _rewrite(embcompress.unpack, file, output, force, as_json)


def _rewrite(write: Callable[[Path, Path], int], file: Path, output: Path | None, force: bool, as_json: bool) -> None:
    from embcompress import container
    from embcompress.disk import unchanged

    target = rewritten(file, output, force=force)
    check_unused(target, force=force)
    with unchanged(file):
        before, bytes_before = container.read(file).stored_bytes, file.stat().st_size
        bytes_after = write(file, target)
    after = container.read(target)
    arrays: dict[str, dict[str, Any]] = {
        name: {"before": before[name], "after": size, "coders": after.coders_of(name)}
        for name, size in sorted(after.stored_bytes.items())
    }
    facts: dict[str, Any] = {
        "file": str(file),
        "output": str(target),
        "bytes_before": bytes_before,
        "bytes": bytes_after,
        "arrays": arrays,
    }
    if as_json:
        print_json(facts)
        return
    print_table(
        ["array", "before", "after", "share", "packed by"],
        [
            (
                name,
                f"{each['before']:,}",
                f"{each['after']:,}",
                f"{each['after'] / max(1, each['before']):.3f}",
                ",".join(each["coders"]),
            )
            for name, each in arrays.items()
        ],
        numbers={"before", "after", "share"},
    )
    click.echo()
    print_facts(
        [
            ("before", byte_size(bytes_before)),
            ("after", f"{byte_size(bytes_after)}, {bytes_after / bytes_before:.3f} of it"),
            ("written", str(target)),
        ]
    )
