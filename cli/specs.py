"""``embcompress specs``: every stage there is."""

from __future__ import annotations

import click
from embcompress_cli.output import json_option, print_json, print_table

KINDS = ("transform", "edit", "quantizer")


@click.command()
@json_option
def specs(as_json: bool) -> None:
    """List the stages a spec is made of, with their arguments.

    A spec is any number of transforms (maps, for queries too) and edits (of this table's rows only), then one
    quantizer, separated by commas: center,pca:150,int4.
    """
    from embcompress import encodings
    from embcompress.compress import DEFAULT_SPEC

    stages = [encodings.find(name) for name in encodings.names()]
    stages.sort(key=lambda stage: (KINDS.index(stage.kind), stage.name))
    rows = [(stage.kind, stage.usage, stage.help) for stage in stages]
    if as_json:
        keys = ("kind", "usage", "help")
        listed = [
            {"name": stage.name, **dict(zip(keys, row, strict=True))} for stage, row in zip(stages, rows, strict=True)
        ]
        print_json({"default": DEFAULT_SPEC, "stages": listed})
        return
    print_table(["kind", "stage", "what it does"], rows)
    click.echo(f"\nDefault: {DEFAULT_SPEC}. Transforms and edits come first, one quantizer last: center,pca:150,int4")
