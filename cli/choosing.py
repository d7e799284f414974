"""Options of `shrink` that ask for a size or a quality instead of an encoding, and what is said of the choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import byte_size, print_table

from embcompress.choice.measures import ALL, SHARES
from embcompress.choice.profiles import PROFILES

if TYPE_CHECKING:
    from embcompress.choice.choose import Choice
    from embcompress.choice.goal import Goal
    from embcompress.choice.trials import Trial

CHOSEN = "*"


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets a `Goal` named ``goal``, or None where nothing is asked for."""

    @wraps(command)  # its name, its help, and the options that it has already
    def with_choice(
        *,
        spec: str | None,
        size: str | None,
        ratio: float | None,
        bits: float | None,
        keep: float | None,
        device_profile: str | None,
        measure: str | None,
        **others: Any,
    ) -> None:
        asked = {"size": size, "ratio": ratio, "bits": bits, "keep": keep, "device_profile": device_profile}
        command(spec=spec, goal=_goal(spec, measure, asked), **others)

    for option in reversed(
        [
            click.option("--size", metavar="BYTES", help="Keep most in a file of so many bytes, such as 20MB."),
            click.option("--ratio", type=float, help="Keep most in a file so many times smaller."),
            click.option("--bits", type=float, help="Keep most in codes of so many bits a dimension."),
            click.option("--keep", type=float, help="Make the smallest file that keeps a share, such as 0.98."),
            click.option("--device-profile", type=click.Choice(tuple(PROFILES)), help=_profiles_help()),
            click.option("--measure", type=click.Choice((ALL, *SHARES)), help="What is to be kept [default: all]."),
        ]
    ):
        with_choice = option(with_choice)
    return with_choice


def _profiles_help() -> str:
    named = (f"{name}: at most {profile}" for name, profile in PROFILES.items())
    return f"Keep most in what a place allows; {'; '.join(named)}."


def _goal(spec: str | None, measure: str | None, asked: dict[str, Any]) -> Goal | None:
    given = [f"--{name.replace('_', '-')}" for name, value in {"spec": spec, **asked}.items() if value is not None]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other: give one of them")
    if given in ([], ["--spec"]):
        if measure is not None:
            raise click.UsageError(
                "--measure goes with --size, --ratio, --bits, --keep or --device-profile: add one of them"
            )
        return None
    from embcompress.choice.goal import Goal

    return Goal(**asked, measure=measure or ALL)


def print_choice(choice: Choice, goal: Goal) -> None:
    """The trials, each candidate's on most rows, and why one was chosen."""
    columns = ["spec", "size, MB", "quality", "neighbours", "similarity", "analogies", "first rows"]
    print_table(columns, [_cells(trial, choice.chosen) for trial in _shown(choice)], numbers=set(columns[1:]))
    chosen = choice.chosen
    if goal.keep is not None:
        why = f"the smallest file that keeps {goal.keep:g}"
    elif goal.profile is not None:
        why = f"the best for {goal.device_profile}: at most {goal.profile}; this takes about {chosen.run_time}"
    elif choice.most_bytes is not None:
        why = f"the best that fits {byte_size(choice.most_bytes)}"
    else:
        why = f"the best of at most {goal.bits:g} bits a dimension"
    click.echo(f"\n{CHOSEN} chosen: {chosen.candidate.spec}, {why} (quality: {goal.measure}, {chosen.quality:.3f})\n")


def choice_facts(choice: Choice) -> list[dict[str, Any]]:
    """The trials, for programs."""
    return [
        {
            "spec": str(trial.candidate.spec),
            "bytes": trial.bytes,
            "rows": trial.rows,
            "quality": trial.quality,
            **trial.kept,
            "chosen": trial is choice.chosen,
        }
        for trial in choice.trials
    ]


def chosen_fact(recorded: Any) -> Iterator[tuple[str, str]]:
    """What a file says of its choice, as ``info`` prints it; nothing where it says nothing that can be read."""
    goal = recorded.get("goal") if isinstance(recorded, dict) else None
    front = recorded.get("front") if isinstance(recorded, dict) else None
    if isinstance(goal, dict) and isinstance(front, list):
        asked = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in goal.items() if name != "measure")
        said = f"{asked} (measure: {goal.get('measure')}), from a front of {len(front)} codes that --json lists"
        yield "chosen for", said


def _shown(choice: Choice) -> list[Trial]:
    last = {str(trial.candidate.spec): trial for trial in sorted(choice.trials, key=lambda trial: trial.rows)}
    return sorted(last.values(), key=lambda trial: (trial.bytes, trial.quality))


def _cells(trial: Trial, chosen: Trial) -> list[str]:
    shares = ("-" if share is None else f"{share:.3f}" for share in trial.kept.values())
    mark = CHOSEN if trial is chosen else " "
    return [
        f"{mark} {trial.candidate.spec}",
        f"{trial.bytes / 1e6:.2f}",
        f"{trial.quality:.3f}",
        *shares,
        f"{trial.rows:,}",
    ]
