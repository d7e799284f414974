"""``embcompress shrink``: the main job."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.certificate import kept_facts
from embcompress_cli.choosing import choice_facts, choice_options, print_choice
from embcompress_cli.output import byte_size, json_option, print_facts, print_json, progress_bar
from embcompress_cli.requiring import require_option
from embcompress_cli.selecting import Selection, selection_options
from embcompress_cli.targets import check_target

if TYPE_CHECKING:
    from embcompress import CompressedVectors
    from embcompress.choice.goal import Goal
    from embcompress.evaluation.requirements import Requirement

WRAPPERS = {".gz", ".bz2", ".xz", ".zst", ".zip"}


@click.command()
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write [default: SOURCE's name with .embc]."
)
@click.option("--spec", help="Encoding, such as center,pca:150,int4 [default: see 'embcompress specs'].")
@choice_options
@selection_options
@click.option("--ngrams", type=click.IntRange(min=0), help="Keep the N most useful n-gram rows of a fastText table.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Decides sample and rotations."
)
@click.option("--strict", is_flag=True, help="Duplicate words and unusable rows are errors.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@require_option
@json_option
def shrink(
    source: Path,
    output: Path | None,
    spec: str | None,
    goal: Goal | None,
    selected: Selection,
    ngrams: int | None,
    seed: int,
    strict: bool,
    force: bool,
    required: tuple[Requirement, ...],
    as_json: bool,
) -> None:
    """Compress the table SOURCE and say what was kept.

    SOURCE is a table in any format that embcompress reads (the README lists them), plain or in .gz, .bz2, .xz, .zst or
    .zip; which one is told by its content. FILE.zip:MEMBER picks a member; - reads standard input.
    """
    from embcompress import load, parse
    from embcompress.choice.choose import decide
    from embcompress.choice.record import record
    from embcompress.compress import DEFAULT_SPEC
    from embcompress.compress import shrink as compress

    started = time.perf_counter()
    parsed, choice = parse(DEFAULT_SPEC if spec is None else spec), None
    selected.check()
    target = _target(source, output, force)
    with progress_bar() as progress:
        loaded = load(source, limit=selected.limit, strict=strict, folder=target.parent, progress=progress)
        table, dropped = selected.split(loaded)
        if goal is not None:
            choice = decide(table, goal, ngrams=ngrams, dropped=dropped, seed=seed, progress=progress)
            parsed = choice.spec
        vectors = compress(table, parsed, seed=seed, ngrams=ngrams, dropped=dropped, progress=progress)
        if choice is not None and goal is not None:
            vectors.metadata["choice"] = record(goal, choice.trials)
        size = _save(vectors, target, required, None if choice is None else choice.most_bytes)
    measured = vectors.metadata["certificate"]
    repairs = {
        kind: {"count": count, "first": table.repairs.first[kind]} for kind, count in table.repairs.counts.items()
    }
    report = {
        "source": str(source),
        "output": str(target),
        "spec": str(parsed),
        "words": len(table),
        "mapped": 0 if dropped is None else len(dropped),
        "ngrams": vectors.ngrams,
        "dims": table.dims,
        "source_bytes": table.source_bytes,
        "float32_bytes": table.float32_bytes,
        "bytes": size,
        "ratio": table.float32_bytes / size,
        "bytes_per_word": size / len(table),
        "seconds": time.perf_counter() - started,
        **{name: measured[name] for name in ("neighbours", "spearman", "analogies", "geometry", "samples")},
        "repairs": repairs,
        **({} if choice is None else {"trials": choice_facts(choice)}),
    }
    if as_json:
        print_json(report)
    else:
        if choice is not None and goal is not None:
            print_choice(choice, goal)
        _print_report(report)


def _save(vectors: CompressedVectors, target: Path, required: tuple[Requirement, ...], most_bytes: int | None) -> int:
    """Write the file if it is as required and as small as allowed; returns its bytes."""
    from embcompress import EmbcompressError
    from embcompress.evaluation.requirements import require

    if not required and most_bytes is None:
        return vectors.save(target)
    certificate = vectors.metadata["certificate"]
    require((each for each in required if each.name != "ratio"), certificate)
    unproved = target.with_name(f".{target.name}.{os.getpid()}.tmp")  # the size of a file is known once it is there
    try:
        size = vectors.save(unproved)
        require(required, certificate | {"ratio": certificate["float32_bytes"] / size})
        if most_bytes is not None and size > most_bytes:
            raise EmbcompressError(
                f"the file would take {size:,} bytes, more than {most_bytes:,}: ask for {2 * most_bytes - size:,}"
            )
        unproved.replace(target)
    finally:
        unproved.unlink(missing_ok=True)
    return size


def _target(source: Path, output: Path | None, force: bool) -> Path:
    """Where to write, checked before any work is done."""
    if output is None:
        if str(source) == "-":
            raise click.UsageError("standard input has no name to make one from: give a file with -o FILE")
        stem = source.with_suffix("") if source.suffix in WRAPPERS else source
        output = stem.with_suffix(".embc")
    if output.exists() and source.exists() and output.samefile(source):
        raise click.UsageError(f"{output} is the source itself: give another file with -o FILE")
    check_target(output, force=force)
    return output


def _print_report(report: dict[str, Any]) -> None:
    for kind, repair in report["repairs"].items():
        click.echo(f"noted: {repair['count']} {kind}, the first at {repair['first']}", err=True)
    print_facts(
        [
            ("words", f"{report['words']:,} x {report['dims']} dimensions"),
            *([("mapped", f"{report['mapped']:,} more words answer with a kept one")] if report["mapped"] else []),
            *([("n-grams", f"{report['ngrams']:,} rows, for unseen words")] if report["ngrams"] else []),
            ("spec", report["spec"]),
            ("before", byte_size(report["float32_bytes"]) + " as float32 rows and words"),
            ("after", byte_size(report["bytes"])),
            ("ratio", f"{report['ratio']:.2f}"),
            ("bytes a word", f"{report['bytes_per_word']:.1f}"),
            ("seconds", f"{report['seconds']:.1f}"),
            *kept_facts(report),
            ("written", report["output"]),
        ]
    )
