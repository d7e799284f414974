"""The verbs that tell what an ``.embc`` file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from embcompress_cli.certificate import clipped_fact, kept_facts, more_facts
from embcompress_cli.choosing import chosen_fact
from embcompress_cli.output import byte_size, file_argument, json_option, print_facts, print_json, print_table
from embcompress_cli.sharding import described, print_shards


@click.command()
@file_argument
@json_option
def info(file: Path, as_json: bool) -> None:
    """Print what FILE, or a folder of shards, holds and what was kept when it was made."""
    import embcompress
    from embcompress import container

    if file.is_dir():
        print_shards(described(file), as_json=as_json)
        return
    vectors = embcompress.open(file)
    stored = container.read(file)
    arrays: dict[str, dict[str, Any]] = {
        name: {"dtype": str(array.dtype), "shape": list(array.shape), "bytes": array.nbytes}
        for name, array in stored.arrays.items()
    }
    for name, array in arrays.items():
        if stored.coders_of(name):
            array["packed"] = {"bytes": stored.stored_bytes[name], "coders": stored.coders_of(name)}
    facts: dict[str, Any] = {
        "file": str(file),
        "bytes": file.stat().st_size,
        **{key: value for key, value in vectors.metadata.items() if key not in ("digests", "segments", "packed")},
        "arrays": arrays,
    }
    if as_json:
        print_json(facts)
        return
    source = facts.get("source") or {}
    measured = facts.get("certificate")
    print_facts(
        [
            ("words", f"{len(vectors):,} x {vectors.vector_size} dimensions"),
            ("spec", vectors.spec),
            *chosen_fact(facts.get("choice")),
            ("size", byte_size(facts["bytes"])),
            ("made from", str(source.get("name") or "unknown")),
            *clipped_fact(facts.get("clipped_share")),
            *kept_facts(measured),
            *more_facts(measured),
        ]
    )
    click.echo()
    print_table(
        ["array", "dtype", "shape", "bytes", "in the file"],
        [
            (name, each["dtype"], " x ".join(map(str, each["shape"])), f"{each['bytes']:,}", _packed(each))
            for name, each in sorted(arrays.items())
        ],
        numbers={"bytes"},
    )


def _packed(array: dict[str, Any]) -> str:
    """What an array takes in the file and by which coders, if it is packed."""
    packed = array.get("packed")
    return f"{packed['bytes']:,} by {', '.join(packed['coders'])}" if packed else "as it is"


@click.command()
@file_argument
@json_option
def verify(file: Path, as_json: bool) -> None:
    """Read every byte of FILE, or of a folder of shards, and check it against what was written."""
    import embcompress

    checked = embcompress.verify(file)
    if as_json:
        print_json({"file": str(file), "valid": True, "arrays": checked})
    else:
        click.echo(f"{file}: all {len(checked)} arrays are what was written")
