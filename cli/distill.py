"""``embcompress distill``: short vectors that learned from long ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import byte_size, json_option, print_facts, print_json, progress_bar
from embcompress_cli.targets import check_target
from embcompress_cli.training import look_facts, recipe_options, watching

if TYPE_CHECKING:
    from embcompress.distill.state import Look


@click.command()
@click.argument("teacher", type=click.Path(path_type=Path))
@click.option("--dims", type=click.IntRange(min=1), required=True, help="Length of the student's vectors.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .embc, or a table that other programs read (.bin, .txt, .vec, .npz).",
)
@click.option("--spec", help="How an .embc is coded [default: see 'embcompress specs'].")
@recipe_options
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@json_option
def distill(
    teacher: Path, dims: int, output: Path, spec: str | None, chosen: dict[str, Any], force: bool, as_json: bool
) -> None:
    """Train a table of short vectors on the table TEACHER.

    One matrix, from the principal axes on, learns the similarities of words; held-out words decide which step is kept.
    """
    import embcompress
    from embcompress.compress import DEFAULT_SPEC
    from embcompress.distill.linear import distill as train
    from embcompress.distill.recipe import Recipe

    started = time.perf_counter()
    check_target(output, force=force)
    coded = output.suffix == ".embc"
    if spec is not None and not coded:
        raise click.UsageError(f"--spec says how an .embc is coded: give one with -o FILE.embc, not {output}")
    parsed = embcompress.parse(DEFAULT_SPEC if spec is None else spec)
    recipe = Recipe(**chosen)
    looks: list[Look] = []
    watch = watching(looks, quiet=as_json)
    with progress_bar() as progress:
        table = embcompress.load(teacher, progress=progress)
        student = train(table, dims, recipe, progress=progress, watch=watch)
        if coded:
            embcompress.shrink(student, parsed, seed=recipe.seed, progress=progress).save(output)
        else:
            student.save(output)
    best = max(looks, key=lambda look: look.kept.mean)
    size = output.stat().st_size
    facts = {
        "teacher": str(teacher),
        "output": str(output),
        "words": len(student),
        "dims": dims,
        "bytes": size,
        "seconds": time.perf_counter() - started,
        **recipe.facts(),
        "best_step": best.step,
        "looks": look_facts(looks),
    }
    if as_json:
        print_json(facts)
        return
    print_facts(
        [
            ("words", f"{len(student):,} x {dims} dimensions, from {table.dims}"),
            ("nearest 10 kept", f"{best.kept.both_coded:.3f} of held-out words, before coding"),
            ("", f"{looks[0].kept.both_coded:.3f} at the principal axes"),
            ("size", byte_size(size)),
            ("seconds", f"{facts['seconds']:.1f}"),
            ("written", str(output)),
        ]
    )
