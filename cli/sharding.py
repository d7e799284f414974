"""Tables in shards: the option ``--cluster`` of shrink, and what is printed of a folder of shards."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from embcompress_cli.certificate import clipped_fact
from embcompress_cli.output import byte_size, print_facts, print_json, print_table, progress_bar

SERVED = {"source", "output", "spec", "cluster", "seed", "strict", "force", "as_json"}
"""Parameters of shrink that a cluster heeds."""

cluster_option = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Compress the shards that SOURCE stands for, such as 'shards/*.parquet', on the workers of a Dask scheduler "
    "(tcp://HOST:8786), or on local[:N] processes, into the folder OUTPUT; goes with --spec.",
)


def shrink_on_cluster(
    source: Path, folder: Path | None, spec: str | None, cluster: str, *, seed: int, strict: bool, force: bool
) -> dict[str, Any]:
    """Shrink shards and give what `print_shards` prints; options that a cluster does not heed are refused."""
    from embcompress.compress import DEFAULT_SPEC
    from embcompress.distributed.shrinking import shrink_shards
    from embcompress.manifest import NAME

    _check_options()
    if folder is None:
        raise click.UsageError("shards go to a folder: give it with -o FOLDER")
    if (folder / NAME).exists() and not force:
        raise click.UsageError(f"{folder / NAME} exists already: overwrite it with --force, or give another folder")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told by exceptions
    started = time.perf_counter()
    try:
        with progress_bar() as progress:
            vectors = shrink_shards(
                str(source),
                folder,
                spec or DEFAULT_SPEC,
                cluster=cluster,
                seed=seed,
                strict=strict,
                progress=progress,
            )
    except KeyboardInterrupt:
        if not folder.exists():
            raise
        raise KeyboardInterrupt(f"interrupted: the shards in {folder} are kept, the same command goes on") from None
    facts = {"source": str(source), **described(folder), "seconds": time.perf_counter() - started}
    for kind, count in vectors.metadata["repairs"].items():
        click.echo(f"noted: {count} {kind}", err=True)
    return facts


def described(folder: Path) -> dict[str, Any]:
    """What a folder of shards holds, and of each shard, what it kept by itself."""
    from embcompress import container, manifest

    listed = manifest.read_manifest(folder)
    shards = []
    for shard in listed.shards:
        stored = container.read(folder / shard.file)
        certificate = stored.metadata.get("certificate") or {}
        shards.append(
            {
                "file": shard.file,
                "rows": shard.rows,
                "bytes": (folder / shard.file).stat().st_size,
                "source": stored.metadata.get("source"),
                "neighbours": certificate.get("neighbours"),
                "float32_bytes": certificate.get("float32_bytes", 0),
            }
        )
    return {
        "folder": str(folder),
        "words": listed.words,
        "dims": listed.dims,
        **listed.metadata,
        "float32_bytes": sum(each["float32_bytes"] for each in shards),
        "bytes": manifest.stored_bytes(folder),
        "shards": shards,
    }


def print_shards(facts: dict[str, Any], *, as_json: bool) -> None:
    """Facts that `described` gives, as JSON or as tables."""
    if as_json:
        print_json(facts)
        return
    before, after = facts["float32_bytes"], facts["bytes"]
    print_facts(
        [
            ("words", f"{facts['words']:,} x {facts['dims']} dimensions in {len(facts['shards'])} shards"),
            ("spec", str(facts.get("spec"))),
            ("before", byte_size(before) + " as float32 rows and words"),
            ("after", byte_size(after)),
            ("ratio", f"{before / after:.2f}"),
            ("bytes a word", f"{after / facts['words']:.1f}"),
            *([("seconds", f"{facts['seconds']:.1f}")] if "seconds" in facts else []),
            *clipped_fact(facts.get("clipped_share")),
            ("folder", facts["folder"]),
        ]
    )
    click.echo()
    columns = ["shard", "made from", "rows", "bytes", "nearest 10 kept within it", "of exact queries"]
    print_table(columns, map(_cells, facts["shards"]), numbers=set(columns[2:]))


def _cells(shard: dict[str, Any]) -> list[str]:
    kept = shard["neighbours"] or {}
    shares = [kept.get(name) for name in ("both_coded", "exact_query")]
    return [
        shard["file"],
        str((shard["source"] or {}).get("name")),
        f"{shard['rows']:,}",
        f"{shard['bytes']:,}",
        *("" if share is None else f"{share:.3f}" for share in shares),
    ]


def _check_options() -> None:
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name not in SERVED:
            raise click.UsageError(f"{parameter.opts[-1]} is not heeded by --cluster: leave out one of them")
