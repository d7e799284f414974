"""``embcompress export``: a compressed table for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import byte_size, file_argument, json_option, print_facts, print_json, progress_bar
from embcompress_cli.targets import check_target, check_unused

if TYPE_CHECKING:
    from embcompress import CompressedVectors, Table
    from embcompress.exports import Format


class ListingFormats(click.Command):
    """A verb whose help ends with the formats that there are."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the formats."""
        from embcompress import exports

        with formatter.section("Formats"):
            formatter.write_dl([(str(each), each.about.help) for each in exports.formats()])


force_option = click.option(
    "--force", is_flag=True, help="Overwrite what is there, and leave out words that the format cannot hold."
)


@click.command(cls=ListingFormats)
@file_argument
@click.option("--to", "format_name", metavar="FORMAT", required=True, help="One of those listed below.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File or folder to write [default: FILE's name, its ending].",
)
@force_option
@json_option
def export(file: Path, format_name: str, output: Path | None, force: bool, as_json: bool) -> None:
    """Write FILE in a format that other programs read, and say what does not survive.

    \b
      embcompress export wikipedia.embc --to word2vec
      embcompress export wikipedia.embc --to usearch:i8 -o near.usearch

    Formats of codes (faiss, onnx, torch) keep them as they are; for others rows are decoded, a block at a time. Words
    of formats that hold numbers only are in a JSON file beside them.
    """
    import embcompress
    from embcompress import exports

    chosen = exports.find(format_name)
    target = file.with_suffix(chosen.about.suffixes[0]) if output is None else output
    check_outputs(chosen, target, file, force=force)
    print_report(
        write(embcompress.open(file, verify=True), chosen, target, force=force) | {"source": str(file)}, as_json
    )


def check_outputs(chosen: Format, target: Path, source: Path, *, force: bool) -> None:
    """Refuse to write any of a format's files where that is not allowed."""
    for path in chosen.files(target):
        if chosen.is_folder and path.is_dir():
            check_unused(path, force=force)
        else:
            check_target(path, source, force=force)


def write(table: CompressedVectors | Table, chosen: Format, target: Path, *, force: bool) -> dict[str, Any]:
    """Write a table, saying first what is lost; returns what there is to report."""
    import embcompress

    lost: list[str] = []

    def notice(loss: str) -> None:
        lost.append(loss)
        click.echo(f"noted: {loss}", err=True)

    with progress_bar() as progress:
        size = embcompress.export(table, target, str(chosen), leave_out=force, notice=notice, progress=progress)
    files = [str(path) for path in chosen.files(target)]
    return {
        "output": str(target),
        "format": str(chosen),
        "reader": chosen.reader,
        "bytes": size,
        "files": files,
        "lost": lost,
    }


def print_report(report: dict[str, Any], as_json: bool) -> None:
    """What was written."""
    if as_json:
        print_json(report)
        return
    print_facts(
        [
            ("format", report["format"]),
            ("size", byte_size(report["bytes"])),
            ("opened by", report["reader"]),
            *(("written", path) for path in report["files"]),
        ]
    )
