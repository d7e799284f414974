"""``embcompress shrink``: the main job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.certificate import clipped_fact, kept_facts
from embcompress_cli.choosing import choice_facts, choice_options, print_choice
from embcompress_cli.output import byte_size, json_option, print_facts, print_json, progress_bar
from embcompress_cli.requiring import require_option
from embcompress_cli.selecting import Selection, selection_options
from embcompress_cli.sharding import cluster_option, print_shards, shrink_on_cluster
from embcompress_cli.targets import check_target
from embcompress_cli.threads import threads_option

if TYPE_CHECKING:
    from embcompress import CompressedVectors
    from embcompress.choice.goal import Goal
    from embcompress.evaluation.requirements import Requirement

WRAPPERS = {".gz", ".bz2", ".xz", ".zst", ".zip"}


def _bytes(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    from embcompress.choice.goal import parse_bytes

    return None if text is None else parse_bytes(text)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File to write, with --cluster a folder [default: SOURCE's name with .embc].",
)
@click.option("--spec", help="Encoding, such as center,pca:150,int4 [default: see 'embcompress specs'].")
@choice_options
@selection_options
@click.option("--ngrams", type=click.IntRange(min=0), help="Keep the N most useful n-gram rows of a fastText table.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Decides sample and rotations."
)
@click.option(
    "--memory",
    metavar="BYTES",
    callback=_bytes,
    help="Take no more memory, such as 2GB, beside Python and its libraries (100 MB or more); goes with --spec.",
)
@click.option("--repair", is_flag=True, help="Then train the code on the table's similarities: minutes for more kept.")
@cluster_option
@click.option("--strict", is_flag=True, help="Duplicate words and unusable rows are errors.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@require_option
@threads_option
@json_option
def shrink(
    source: Path,
    output: Path | None,
    spec: str | None,
    goal: Goal | None,
    selected: Selection,
    ngrams: int | None,
    seed: int,
    memory: int | None,
    repair: bool,
    cluster: str | None,
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
    from embcompress.disk import unchanged
    from embcompress.distill.recipe import Recipe
    from embcompress.distill.repair import most_added
    from embcompress.distill.repair import repair as train

    if cluster is not None:
        facts = shrink_on_cluster(source, output, spec, cluster, seed=seed, strict=strict, force=force)
        print_shards(facts, as_json=as_json)
        return
    started = time.perf_counter()
    parsed, choice = parse(DEFAULT_SPEC if spec is None else spec), None
    selected.check()
    if memory is not None and repair:
        raise click.UsageError("--memory is not kept to by --repair: leave out one of them")
    if memory is not None and goal is not None:
        raise click.UsageError("--memory is not kept to while encodings are tried: give --spec instead of a goal")
    target = _target(source, output, force)
    with unchanged(source), progress_bar() as progress:
        loaded = load(source, limit=selected.limit, strict=strict, folder=target.parent, progress=progress)
        table, dropped = selected.split(loaded)
        if goal is not None:
            spare = most_added(table.dims) if repair else 0
            choice = decide(table, goal, ngrams=ngrams, dropped=dropped, spare=spare, seed=seed, progress=progress)
            parsed = choice.spec
        vectors = compress(table, parsed, seed=seed, ngrams=ngrams, dropped=dropped, memory=memory, progress=progress)
        if repair:
            vectors = train(table, vectors, Recipe(seed=seed), progress=progress)
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
        "clipped_share": vectors.metadata.get("clipped_share"),
        "seconds": time.perf_counter() - started,
        **{name: measured[name] for name in ("neighbours", "spearman", "analogies", "geometry", "samples")},
        "repairs": repairs,
        **({"repaired": vectors.metadata["repaired"]} if repair else {}),
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
    from embcompress.disk import written_only_if
    from embcompress.evaluation.requirements import require

    certificate = vectors.metadata["certificate"]

    def check(size: int) -> None:
        require(required, certificate | {"ratio": certificate["float32_bytes"] / size})
        if most_bytes is not None and size > most_bytes:
            raise EmbcompressError(
                f"the file would take {size:,} bytes, more than {most_bytes:,}: ask for {2 * most_bytes - size:,}"
            )

    with written_only_if(check):
        return vectors.save(target)


def _target(source: Path, output: Path | None, force: bool) -> Path:
    """Where to write, checked before any work is done."""
    if output is None:
        if str(source) == "-":
            raise click.UsageError("standard input has no name to make one from: give a file with -o FILE")
        stem = source.with_suffix("") if source.suffix in WRAPPERS else source
        output = stem.with_suffix(".embc")
    check_target(output, source, force=force)
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
            *clipped_fact(report["clipped_share"]),
            *kept_facts(report),
            ("written", report["output"]),
        ]
    )
