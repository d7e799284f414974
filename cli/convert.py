"""``embcompress convert``: from one format to another, without compressing."""

from __future__ import annotations

from pathlib import Path

import click
from embcompress_cli.export import ListingFormats, check_outputs, force_option, print_report, write
from embcompress_cli.output import json_option, progress_bar


@click.command(cls=ListingFormats)
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--to", "format_name", metavar="FORMAT", help="One of those listed below [default: OUT's ending tells].")
@click.option("--strict", is_flag=True, help="Duplicate words and unusable rows are errors.")
@force_option
@json_option
def convert(source: Path, out: Path, format_name: str | None, strict: bool, force: bool, as_json: bool) -> None:
    """Write the table SOURCE in another format, row by row, without compressing it.

    \b
      embcompress convert glove.6B.300d.txt glove.bin
      embcompress convert vectors.bin.gz vectors.parquet

    SOURCE is a table in any format that embcompress reads, told by its content; - reads standard input. Formats of
    codes (faiss, onnx, torch) need a compressed table: see 'embcompress export'.
    """
    from embcompress import exports, load
    from embcompress.disk import unchanged

    chosen = exports.of_ending(out) if format_name is None else exports.find(format_name)
    check_outputs(chosen, out, source, force=force)
    with unchanged(source):
        with progress_bar() as progress:
            table = load(source, strict=strict, folder=out.parent, progress=progress)
        for kind, count in table.repairs.counts.items():
            click.echo(f"noted: {count} {kind}, the first at {table.repairs.first[kind]}", err=True)
        report = {"words": len(table), "dims": table.dims, **write(table, chosen, out, force=force)}
    print_report(report | {"source": str(source)}, as_json)
