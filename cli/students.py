"""The students of ``distill``: which is asked for, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

OPTIONS = (
    click.option("--dims", type=click.IntRange(min=1), help="Length of the student's vectors."),
    click.option("--subwords", is_flag=True, help="Learn rows of n-grams, so that the .embc answers for unseen words."),
    click.option(
        "--buckets", type=click.IntRange(min=1), help="Numbers that n-grams are hashed to [default: 2097152]."
    ),
    click.option("--ngrams", type=click.IntRange(min=1), help="N-grams that get a row, at most [default: 125000]."),
    click.option(
        "--then-task",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Fine-tune on scored pairs or labelled texts.",
    ),
    click.option(
        "--alpha", type=click.FloatRange(0, 1), help="What the task weighs against the teacher, 0 to 1 [default: 0.5]."
    ),
)


@dataclass(frozen=True)
class Wanted:
    """The student that is asked for.

    Parameters
    ----------
    dims : int or None
    subwords : bool
    rows : dict of str to int
        Buckets and rows of n-grams, those that were given.
    task : Path or None
    alpha : float or None
    """

    dims: int | None
    subwords: bool
    rows: dict[str, int]
    task: Path | None
    alpha: float | None

    def check(self, output: Path) -> None:
        """Refuse what does not go together."""
        if self.rows and not self.subwords:
            raise click.UsageError("--buckets and --ngrams are about rows of n-grams: add --subwords")
        if self.alpha is not None and self.task is None:
            raise click.UsageError("--alpha weighs a task against the teacher: add --then-task FILE")
        if self.subwords and output.suffix != ".embc":
            raise click.UsageError(f"rows of n-grams are kept in an .embc: give one with -o FILE.embc, not {output}")


def student_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets a `Wanted` named ``wanted``."""

    @wraps(command)
    def with_wanted(
        *,
        dims: int | None,
        subwords: bool,
        buckets: int | None,
        ngrams: int | None,
        then_task: Path | None,
        alpha: float | None,
        **others: Any,
    ) -> None:
        rows = {name: value for name, value in (("buckets", buckets), ("rows", ngrams)) if value is not None}
        command(wanted=Wanted(dims, subwords, rows, then_task, alpha), **others)

    for option in reversed(OPTIONS):
        with_wanted = option(with_wanted)
    return with_wanted


def subword_facts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known of rows of n-grams."""
    held_out = facts["held_out"]
    yield "n-grams", f"{facts['rows']:,} rows, coded {facts['spec']}"
    yield (
        "unseen words",
        f"cosine {held_out['cosine']:.3f} to their own vectors, mean of {held_out['words']:,} held out",
    )
    yield "", f"{held_out['centred']:.3f} without the mean vector, which alone has {held_out['mean_vector']:.3f} and 0"


def task_facts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What fine-tuning came to."""
    yield "task", f"{facts['measure']}, on {facts['test']:,} held out"
    yield (
        "",
        f"{facts['before']:.3f} before, {facts['after']:.3f} after step {facts['best_step']:,} of {facts['steps']:,}",
    )
