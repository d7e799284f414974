"""The verb that adds an inverted file."""

from __future__ import annotations

from pathlib import Path

import click
from embcompress_cli.output import byte_size, file_argument, json_option, print_facts, print_json
from embcompress_cli.threads import threads_option


@click.command()
@file_argument
@click.option("--nlist", type=click.IntRange(min=1), help="Lists to make.  [default: twice the root of the rows]")
@click.option(
    "--nprobe", type=click.IntRange(min=1), help="Lists a query searches.  [default: enough for a recall of .95]"
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides the sample and where k-means starts.")
@threads_option
@json_option
def index(file: Path, nlist: int | None, nprobe: int | None, seed: int, as_json: bool) -> None:
    """Add an inverted file to FILE, so that a query looks at some of the rows only.

    Worth its while from some million words on: below, all rows are searched as fast.
    """
    import embcompress
    from embcompress.disk import unchanged

    with unchanged(file):
        vectors = embcompress.open(file)
        recall = vectors.build_ivf(nlist, nprobe=nprobe, seed=seed)
        size = vectors.save(file)
    lists = vectors.lists
    assert lists is not None
    facts = {"file": str(file), "nlist": len(lists.sizes), "nprobe": lists.nprobe, "recall": recall, "bytes": size}
    if as_json:
        print_json(facts)
        return
    print_facts(
        [
            ("lists", f"{facts['nlist']:,}, of which a query searches {lists.nprobe:,}"),
            ("recall", f"{recall:.3f} of the ten nearest rows, over a sample of 200 rows"),
            ("size", byte_size(size)),
            ("written", str(file)),
        ]
    )
