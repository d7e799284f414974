"""``embcompress evaluate``: what a table is worth, and what it kept of the one it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import json_option, print_json, print_table, printable, progress_bar
from embcompress_cli.requiring import require_option
from embcompress_cli.threads import threads_option

if TYPE_CHECKING:
    from embcompress import Table
    from embcompress.evaluation.evaluate import Evaluation
    from embcompress.evaluation.neighbours import NeighbourOverlap
    from embcompress.evaluation.recheck import Recheck
    from embcompress.evaluation.requirements import Requirement
    from embcompress.evaluation.speed import Speed
    from embcompress.evaluation.test_set_figures import OnTestSet

file_type = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=file_type)
@click.option("--against", type=file_type, metavar="TABLE", help="The original: every figure is held against its own.")
@click.option("--pairs", multiple=True, type=file_type, help='More word pairs, lines "word1 word2 score".')
@click.option("--analogies", multiple=True, type=file_type, help="More analogy questions, lines of four words.")
@click.option(
    "--protocol",
    type=click.Choice(["plain", "gensim"]),
    default="plain",
    show_default=True,
    help="How test words are found: exact case among all words, or as gensim's own evaluations do.",
)
@click.option("--restrict-vocab", type=click.IntRange(min=1), metavar="N", help="Test sets see the first N words only.")
@click.option("--probe", type=file_type, help="Labelled texts to classify, lines label<TAB>text.")
@click.option("--certificate", is_flag=True, help="Measure FILE's certificate again and say whether it holds.")
@require_option
@threads_option
@json_option
def evaluate(
    file: Path,
    against: Path | None,
    pairs: tuple[Path, ...],
    analogies: tuple[Path, ...],
    protocol: str,
    restrict_vocab: int | None,
    probe: Path | None,
    certificate: bool,
    required: tuple[Requirement, ...],
    as_json: bool,
) -> None:
    """Measure FILE, a compressed table or any other, alone or against the original TABLE."""
    import embcompress
    from embcompress.evaluation.requirements import require

    chosen = bool(pairs or analogies or probe or restrict_vocab or protocol != "plain" or required)
    _check(against, required, certificate=certificate, chosen=chosen)
    with progress_bar() as progress:
        vectors = _open(file, progress)
        if certificate and against is not None:
            _recheck(file, vectors, embcompress.load(against, progress=progress), as_json)
            return
        found = embcompress.evaluate(
            vectors,
            against,
            pairs=pairs,
            analogies=analogies,
            protocol=protocol,
            restrict_vocab=restrict_vocab,
            probe=probe,
            progress=progress,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    require(required, found.to_dict())


def _check(against: Path | None, required: tuple[Requirement, ...], *, certificate: bool, chosen: bool) -> None:
    """Say what is wrong with the options before anything is measured; `chosen`: there are some on what to measure."""
    if certificate and against is None:
        raise click.UsageError("a certificate is measured against the original: add --against TABLE")
    if certificate and chosen:
        raise click.UsageError(
            "--certificate measures what FILE's certificate holds: leave out the options on measures"
        )
    alone = [each.name for each in required if each.name != "ratio"]
    if alone and against is None:
        raise click.UsageError(f"{alone[0]} is a share of the original's: add --against TABLE")


def _open(file: Path, progress: Callable[[str, int, int], None]) -> Any:
    """An ``.embc`` file, or a folder of shards, as it is; any other table read."""
    import embcompress
    from embcompress import manifest
    from embcompress.formats import embc
    from embcompress.formats._source import open_source

    if file.is_dir():
        is_ours = (file / manifest.NAME).is_file()
    else:
        source = open_source(file)
        is_ours = source.rereadable and embc.matches(source)
    return embcompress.open(file) if is_ours else embcompress.load(file, progress=progress)


def _recheck(file: Path, vectors: Any, original: Table, as_json: bool) -> None:
    """Say which figures of the certificate hold; exit with 1 if one does not."""
    from embcompress import FormatError
    from embcompress.evaluation.recheck import recheck

    try:
        checks = recheck(original, vectors, getattr(vectors, "metadata", {}).get("certificate"))
    except FormatError as error:
        raise FormatError(f"{file}: {error}") from None
    holds = all(each.holds for each in checks)
    if as_json:
        print_json({"holds": holds, "figures": [each.to_dict() for each in checks]})
    else:
        _print_checks(checks)
    if not holds:
        raise click.exceptions.Exit(1)


def _print_checks(checks: list[Recheck]) -> None:
    columns = ["figure", "certificate", "measured", "holds"]
    rows = [(each.name, _shown(each.stored), _shown(each.measured), "yes" if each.holds else "NO") for each in checks]
    print_table(columns, rows, numbers={"certificate", "measured"})
    broken = sum(not each.holds for each in checks)
    click.echo(f"\n{broken} of {len(checks)} figures do not hold" if broken else f"\nall {len(checks)} figures hold")


def _shown(figure: Any) -> str:
    if figure is None:
        return "none"
    return f"{figure:.6g}" if isinstance(figure, float) else str(figure)


def _print(found: Evaluation) -> None:
    click.echo(printable(str(found)))
    compared = found.compared
    for each in found.analogies.sets:
        if not each.note:
            _print_sections(each)
    if compared is not None:
        _print_bands(compared.neighbours)
    if compared is not None and compared.speed is not None:
        _print_speed(compared.speed)


def _print_sections(found: OnTestSet) -> None:
    """Accuracies by section, with those of the original if there is one."""
    from embcompress.evaluation.analogies import Analogies

    named = [
        [("all", each.total), ("meaning", each.semantic), ("grammar", each.syntactic), *each.sections]
        for each in (found.original, found.measured)
        if isinstance(each, Analogies)
    ]
    rows = [
        (
            parts[0][0],
            *("" if part.share is None else f"{part.share:.3f}" for _, part in parts),
            f"{parts[0][1].total:,}",
        )
        for parts in zip(*named, strict=True)
    ]
    columns = ["section", *(["original"] if found.original else []), "compressed", "questions"]
    _print_detail(found.name, columns, rows)


def _print_bands(found: NeighbourOverlap) -> None:
    rows = [
        (f"{band.first:,} to {band.last:,}", f"{band.both_coded:.3f}", f"{band.exact_query:.3f}", f"{band.words:,}")
        for band in found.bands
    ]
    _print_detail(
        f"Neighbours kept by frequency (skewness of how often a word is one: "
        f"{found.hubness.original:.2f}, compressed {found.hubness.coded:.2f})",
        ["rank", "both coded", "exact query", "words"],
        rows,
    )


def _print_speed(found: Speed) -> None:
    jobs = {
        "vector of a word": found.look_up,
        "10 nearest of a vector": found.query,
        "10 nearest of 256 vectors": found.batch,
        "opening": found.open,
    }
    rows = [
        (name, _time(job.original.median), _time(job.table.median), f"{job.original.median / job.table.median:.2f}")
        for name, job in jobs.items()
        if job is not None
    ]
    _print_detail(
        f"Speed over the first {found.rows:,} words, medians", ["job", "original", "compressed", "times faster"], rows
    )


def _print_detail(title: str, columns: list[str], rows: Iterable[tuple[str, ...]]) -> None:
    """A table with its title; all columns but the first are numbers."""
    click.echo(f"\n{printable(title)}\n")
    print_table(columns, rows, numbers=set(columns[1:]))


def _time(seconds: float) -> str:
    return f"{1000 * seconds:,.3f} ms"
