"""The option ``--require`` of the verbs that measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from embcompress.evaluation.requirements import Requirement


def _parse(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[Requirement, ...]:
    from embcompress.evaluation.requirements import parse_requirements

    return () if text is None else parse_requirements(text)


require_option = click.option(
    "--require",
    "required",
    metavar="TERMS",
    callback=_parse,
    help='Fail if less was kept, such as "analogies>=0.95,neighbours>=0.9".',
)
