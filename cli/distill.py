"""``embcompress distill``: small tables, and answers for unseen words, learned from a teacher."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.certificate import kept_facts
from embcompress_cli.output import byte_size, json_option, print_facts, print_json, progress_bar
from embcompress_cli.students import Wanted, student_options, subword_facts, task_facts
from embcompress_cli.targets import check_target
from embcompress_cli.teachers import Teachers, teacher_options
from embcompress_cli.threads import threads_option
from embcompress_cli.training import look_facts, recipe_options, saying_where_to_go_on, watching

if TYPE_CHECKING:
    from embcompress import CompressedVectors, Spec, Table
    from embcompress.distill.recipe import Recipe
    from embcompress.encode import Progress


@click.command()
@teacher_options
@student_options
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
@threads_option
@json_option
def distill(
    teachers: Teachers,
    wanted: Wanted,
    output: Path,
    spec: str | None,
    chosen: dict[str, Any],
    force: bool,
    as_json: bool,
) -> None:
    """Make a small table that learned from TEACHER.

    TEACHER is a table, or sentence-transformers:NAME, a model that encodes the words of --vocab; of several tables the
    mean is learned from. --dims trains a matrix to shorter vectors that keep similarities; of a transformer it keeps
    principal axes. --then-task fine-tunes on labels. --subwords learns rows of n-grams, from which unseen words get
    vectors: alone and with an .embc as TEACHER, the words keep their codes.
    """
    import embcompress
    from embcompress.compress import DEFAULT_SPEC
    from embcompress.disk import unchanged
    from embcompress.distill.recipe import Recipe

    started = time.perf_counter()
    wanted.check(output)
    check_target(output, *teachers.files, force=force)
    coded = output.suffix == ".embc"
    if spec is not None and not coded:
        raise click.UsageError(f"--spec says how an .embc is coded: give one with -o FILE.embc, not {output}")
    if not (wanted.dims or wanted.subwords or wanted.task or teachers.transforms or len(teachers.names) > 1):
        raise click.UsageError("say what is to be learned: --dims K, --subwords, or --then-task FILE")
    if "checkpoint" in chosen and not (wanted.dims or teachers.transforms):
        raise click.UsageError("--checkpoint is for --dims and transformers: n-grams and tasks are learned in one go")
    parsed = embcompress.parse(DEFAULT_SPEC if spec is None else spec)
    recipe = Recipe(**chosen)
    with unchanged(*teachers.files), saying_where_to_go_on(recipe.checkpoint), progress_bar() as progress:
        teacher = teachers.table(
            dims=wanted.dims, device=recipe.device, checkpoint=recipe.checkpoint, progress=progress
        )
        student, learned = _trained(teacher, teachers, wanted, recipe, progress, quiet=as_json)
        if coded:
            vectors = _coded(student, teachers, wanted, parsed, recipe.seed, progress)
            size = vectors.save(output)
            learned |= {name: vectors.metadata.get(name) for name in ("spec", "certificate")}
            learned |= {"subwords": vectors.metadata["subwords"]} if wanted.subwords else {}
        else:
            student.save(output)
            size = output.stat().st_size
    facts = {
        "teacher": " + ".join(teachers.names),
        "output": str(output),
        "words": len(student),
        "dims": student.dims,
        "bytes": size,
        "seconds": time.perf_counter() - started,
        **recipe.facts(),
        **learned,
    }
    if as_json:
        print_json(facts)
    else:
        _print_facts(facts, None if teachers.transforms else teacher.dims)


def _trained(
    teacher: Table, teachers: Teachers, wanted: Wanted, recipe: Recipe, progress: Progress, *, quiet: bool
) -> tuple[Table, dict[str, Any]]:
    """The table that learned from the teacher, then from the task; and what is said of it."""
    from embcompress.distill.fine_tuning import ALPHA, fine_tune
    from embcompress.distill.linear import distill as train
    from embcompress.distill.task import read_task
    from embcompress.evaluation._answers import answers

    student = teacher
    facts: dict[str, Any] = {}
    task = None if wanted.task is None else read_task(wanted.task, answers(teacher))
    if wanted.dims is not None and not teachers.transforms:
        looks: list[Any] = []
        student = train(teacher, wanted.dims, recipe, progress=progress, watch=watching(looks, quiet=quiet))
        best = max(looks, key=lambda look: look.kept.mean)
        facts |= {"best_step": best.step, "looks": look_facts(looks)}
    if task is not None:
        alpha = ALPHA if wanted.alpha is None else wanted.alpha
        student, report = fine_tune(student, teacher, task, recipe, alpha=alpha, progress=progress)
        facts |= {"task": {"file": str(wanted.task), "alpha": alpha, **asdict(report)}}
    return student, facts


def _coded(
    student: Table, teachers: Teachers, wanted: Wanted, spec: Spec, seed: int, progress: Progress
) -> CompressedVectors:
    """The student in codes, with rows of n-grams if they are wanted."""
    import embcompress

    same = not (wanted.dims or wanted.task) and len(teachers.files) == 1
    if same and teachers.files[0].suffix == ".embc":
        vectors = embcompress.open(teachers.files[0])
    else:
        vectors = embcompress.shrink(student, spec, seed=seed, progress=progress)
    if not wanted.subwords:
        return vectors
    from embcompress.distill.subword_lesson import SubwordRecipe
    from embcompress.distill.subwords import with_subwords

    return with_subwords(vectors, student, SubwordRecipe(**wanted.rows, seed=seed), spec, progress=progress)


def _print_facts(facts: dict[str, Any], teacher_dims: int | None) -> None:
    before = "" if teacher_dims is None else f", from {teacher_dims}"
    shown = [("words", f"{facts['words']:,} x {facts['dims']} dimensions{before}")]
    if "looks" in facts:
        first, best = facts["looks"][0], max(look["both_coded"] for look in facts["looks"])
        shown += [
            ("nearest 10 kept", f"{best:.3f} of held-out words, before coding"),
            ("", f"{first['both_coded']:.3f} at the principal axes"),
        ]
    if "task" in facts:
        shown += task_facts(facts["task"])
    if facts.get("spec"):
        shown += [("coded", facts["spec"]), *kept_facts(facts["certificate"])]
    if "subwords" in facts:
        shown += subword_facts(facts["subwords"])
    shown += [
        ("size", byte_size(facts["bytes"])),
        ("seconds", f"{facts['seconds']:.1f}"),
        ("written", facts["output"]),
    ]
    print_facts(shown)
