"""What verbs that train share: their options, and how they show the losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from embcompress.distill.state import Look

OPTIONS = (
    click.option("--steps", type=click.IntRange(min=1), help="How long to train."),
    click.option("--rate", type=float, help="How far a number moves in a step, as a share of its kind's size."),
    click.option("-T", "--temperature", type=float, help="Of the teacher's similarities: lower, and near words count."),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Decides held-out words and batches."),
    click.option("--device", help="numpy, torch, torch:cuda or cupy."),
    click.option("--checkpoint", type=click.Path(path_type=Path), help="File to go on from after an interruption."),
)


def recipe_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a training recipe; the command gets those that were given as ``chosen``, by name."""

    @wraps(command)
    def with_chosen(**given: Any) -> None:
        names = ("steps", "rate", "temperature", "seed", "device", "checkpoint")
        asked = {name: given.pop(name) for name in names}
        command(chosen={name: value for name, value in asked.items() if value is not None}, **given)

    for option in reversed(OPTIONS):
        with_chosen = option(with_chosen)
    return with_chosen


@contextmanager
def saying_where_to_go_on(checkpoint: Path | None) -> Iterator[None]:
    """Within the block, an interrupt says what a checkpoint is for."""
    try:
        yield
    except KeyboardInterrupt:
        if checkpoint is None or not checkpoint.exists():
            raise
        raise KeyboardInterrupt(
            f"interrupted: {checkpoint} holds what was learned, the same command goes on from there"
        ) from None


def watching(looks: list[Look], *, quiet: bool) -> Callable[[Look], None]:
    """Collects looks at the held-out words and, unless it is to be quiet, shows each."""

    def watch(look: Look) -> None:
        looks.append(look)
        if not quiet:
            _show(look)

    return watch


def _show(look: Look) -> None:
    """Losses, and what held-out words keep, on standard error."""
    losses = "".join(f"  {name} loss {value:.4f}" for name, value in look.losses.items())
    kept = f"held-out words keep {look.kept.exact_query:.3f} (exact query), {look.kept.both_coded:.3f} (both)"
    click.echo(f"step {look.step:,}: {kept}{losses}", err=True)


def look_facts(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Looks as plain numbers."""
    return [{"step": look.step, "losses": look.losses, **look.kept._asdict()} for look in looks]
