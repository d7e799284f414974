"""``embcompress specs``: every stage there is."""

from __future__ import annotations

import click
from embcompress_cli.output import json_option, print_json, print_table


@click.command()
@json_option
def specs(as_json: bool) -> None:
    """List the stages a spec is made of, with their arguments.

    A spec is any number of transforms (maps, for queries too) and edits (of this table's rows only), then one
    quantizer, separated by commas: center,pca:150,int4. A head before it all codes the first rows by themselves.
    Coders after it all make the file smaller, which is then expanded when it is opened: int8,zstd.
    """
    from embcompress import coders, encodings
    from embcompress.compress import DEFAULT_SPEC

    kinds = (encodings.HEAD, encodings.TRANSFORM, encodings.EDIT, encodings.QUANTIZER, coders.Coder.kind)
    stages: list[encodings.Encoding | coders.Coder] = [encodings.find(name) for name in encodings.names()]
    stages += [coders.find(name) for name in coders.names()]
    stages.sort(key=lambda stage: (kinds.index(stage.kind), stage.name))
    rows = [(stage.kind, stage.usage, stage.help) for stage in stages]
    if as_json:
        keys = ("kind", "usage", "help")
        listed = [
            {"name": stage.name, **dict(zip(keys, row, strict=True))} for stage, row in zip(stages, rows, strict=True)
        ]
        print_json({"default": DEFAULT_SPEC, "stages": listed})
        return
    print_table(["kind", "stage", "what it does"], rows)
    order = "Transforms and edits come first, then one quantizer, then coders"
    click.echo(f"\nDefault: {DEFAULT_SPEC}. {order}: center,pca:150,int4,zstd")
