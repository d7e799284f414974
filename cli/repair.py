"""``embcompress repair``: win back what a code lost, at the same size."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.certificate import kept_facts
from embcompress_cli.output import byte_size, file_argument, json_option, print_facts, print_json, progress_bar
from embcompress_cli.targets import check_target, rewriting_options, rewritten
from embcompress_cli.threads import threads_option
from embcompress_cli.training import look_facts, recipe_options, saying_where_to_go_on, watching

if TYPE_CHECKING:
    from embcompress.distill.state import Look


@click.command()
@file_argument
@click.option(
    "--teacher", type=click.Path(path_type=Path), required=True, metavar="TABLE", help="The table FILE was made from."
)
@rewriting_options
@recipe_options
@threads_option
@json_option
def repair(file: Path, teacher: Path, output: Path | None, chosen: dict[str, Any], force: bool, as_json: bool) -> None:
    """Train the codes of FILE on the similarities in the TABLE it was made from.

    Codes keep their shape, the file its size; what they mean changes, and every row is coded again. Some words are held
    out of training: the step at which they keep most of their neighbours is the one that is written.
    """
    import embcompress
    from embcompress.disk import unchanged
    from embcompress.distill.recipe import Recipe
    from embcompress.distill.repair import repair as train
    from embcompress.manifest import stored_bytes

    started = time.perf_counter()
    target = rewritten(file, output, force=force)
    check_target(target, teacher, force=force)
    recipe = Recipe(**chosen)
    looks: list[Look] = []
    watch = watching(looks, quiet=as_json)
    with unchanged(file, teacher), saying_where_to_go_on(recipe.checkpoint), progress_bar() as progress:
        vectors = embcompress.open(file)
        before, bytes_before = vectors.metadata.get("certificate"), stored_bytes(file)
        table = embcompress.load(teacher, progress=progress)
        repaired = train(table, vectors, recipe, progress=progress, watch=watch)
        size = repaired.save(target)
    after = repaired.metadata["certificate"]
    facts = {
        "file": str(file),
        "output": str(target),
        "bytes_before": bytes_before,
        "bytes": size,
        "seconds": time.perf_counter() - started,
        **repaired.metadata["repaired"],
        "before": before,
        "after": after,
        "looks": look_facts(looks),
    }
    if as_json:
        print_json(facts)
        return
    print_facts(
        [
            ("before", byte_size(bytes_before)),
            *kept_facts(before),
            ("after", byte_size(size)),
            *kept_facts(after),
            ("seconds", f"{facts['seconds']:.1f}"),
            ("written", str(target)),
        ]
    )
