"""``embcompress compare``: every encoding on one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import json_option, print_json, print_table, progress_bar
from embcompress_cli.threads import threads_option

if TYPE_CHECKING:
    from embcompress import Table
    from embcompress.comparison.result_lines import ResultLines
    from embcompress.comparison.results import Result

PAGES = (".html", ".htm")

ON_FRONT = "*"


@click.command()
@click.argument("source", metavar="TABLE", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("more_specs", nargs=-1, metavar="")
@click.option("--specs", multiple=True, metavar="S...", help="Encodings to compare, such as lloyd:4 center,binary.")
@click.option("--all", "every", is_flag=True, help="Compare every quantizer, alone and behind maps.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a report with plots, an .html file.")
@click.option(
    "--results", type=click.Path(path_type=Path), help="Keep results as JSON lines here; those it has are not redone."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Decides samples and rotations."
)
@click.option("--limit", type=click.IntRange(min=1), help="Read the first N words only.")
@threads_option
@json_option
def compare(
    source: Path,
    more_specs: tuple[str, ...],
    specs: tuple[str, ...],
    every: bool,
    output: Path | None,
    results: Path | None,
    seed: int,
    limit: int | None,
    as_json: bool,
) -> None:
    """Compress TABLE with many encodings and say what each costs and keeps.

    Those that no other is both smaller and better than are marked with a star. Interrupted work is taken up again where
    it stopped by giving the same --results FILE.
    """
    from embcompress import load, parse
    from embcompress.comparison.grid import every_spec
    from embcompress.comparison.result_lines import ResultLines
    from embcompress.comparison.run import compare as measure_all

    if more_specs and not specs:
        raise click.UsageError(
            f"{more_specs[0]!r} is one argument too many: ask for encodings with --specs {more_specs[0]}"
        )
    if bool(specs) == every:
        raise click.UsageError("give either encodings, such as --specs lloyd:4 binary, or --all")
    given = [parse(text) for text in (*specs, *more_specs)]
    _check_files(source, output, results)
    with progress_bar() as progress:
        table = load(source, limit=limit, progress=progress)
        lines = None if results is None else ResultLines(results, table, seed)
        try:
            found = measure_all(
                table, every_spec(table.dims) if every else given, seed=seed, lines=lines, progress=progress
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_where_to_go_on(lines)) from None
    if output is not None:
        _write_report(output, table, seed, found)
    if as_json:
        print_json(_facts(source, table, seed, found))
    else:
        _print(found)
        if output is not None:
            click.echo(f"\nwritten: {output}")
    _check_any(found)


def _check_files(source: Path, output: Path | None, results: Path | None) -> None:
    """Refuse what cannot be written, before any work is done."""
    from embcompress.comparison.plots import check_matplotlib

    for path in (output, results):
        if path is None:
            continue
        if path.exists() and source.exists() and path.samefile(source):
            raise click.UsageError(f"{path} is the table itself: give another file")
        if path.is_dir():
            raise click.UsageError(f"{path} is a folder: give a file")
        if not path.parent.is_dir():
            raise click.UsageError(f"folder {path.parent} does not exist: make it with mkdir -p {path.parent}")
    if output is not None:
        if output.suffix.lower() not in PAGES:
            raise click.UsageError(f"{output} is no name of a page: the report is HTML, give -o {output}.html")
        check_matplotlib()


def _where_to_go_on(lines: ResultLines | None) -> str:
    if lines is None:
        return "interrupted, nothing was written; with --results FILE.jsonl results are kept"
    return f"interrupted: {lines.path} holds what was measured, the same command goes on from there"


def _write_report(path: Path, table: Table, seed: int, found: list[Result]) -> None:
    from embcompress.comparison.report import Subject, report
    from embcompress.disk import replacing
    from embcompress.evaluation.geometry import geometry

    # Held against itself, for what the table's own rows are like.
    spectrum = geometry(table, table, seed=seed).spectrum
    subject = Subject(table.source, len(table), table.dims, table.float32_bytes, seed, spectrum)
    page = report(subject, found)
    with replacing(path) as file:
        file.write(page.encode())


def _facts(source: Path, table: Table, seed: int, found: list[Result]) -> dict[str, Any]:
    from embcompress.comparison.front import specs_on_front

    front = specs_on_front(found)
    return {
        "table": str(source),
        "words": len(table),
        "dims": table.dims,
        "float32_bytes": table.float32_bytes,
        "seed": seed,
        "results": [{**result.to_dict(), "front": result.spec in front} for result in found],
    }


def _print(found: list[Result]) -> None:
    from embcompress.comparison.columns import COSTS, KEPT, notes
    from embcompress.comparison.front import smallest_first, specs_on_front

    front, measured = specs_on_front(found), smallest_first(found)
    if measured:
        for columns in (KEPT, COSTS):
            headings = [column.name.replace(" ", "\n", 1) for column in columns]
            rows = [
                (f"{ON_FRONT if spec in front else ' '} {spec}", *(column.written(measures) for column in columns))
                for spec, measures in measured
            ]
            print_table(["\n  spec", *headings], rows, numbers=set(headings))
            click.echo()
        click.echo(f"{ON_FRONT} on the front: no other is both smaller and better")
    for line in notes(measured):
        click.echo(line)
    for result in found:
        if result.measures is None:
            click.echo(f"{result.spec} does not suit this table: {result.reason}")


def _check_any(found: list[Result]) -> None:
    from embcompress.errors import EmbcompressError

    if all(result.measures is None for result in found):
        raise EmbcompressError(
            f"none of the {len(found)} encodings suits this table: see the reasons above, "
            "or let --all choose encodings that do"
        )
