"""``embcompress diff``: what a compressed table changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from embcompress_cli.output import json_option, print_facts, print_json, print_table, printable, progress_bar

if TYPE_CHECKING:
    from embcompress.evaluation.diff import Diff
    from embcompress.evaluation.equal_codes import EqualCodes
    from embcompress.evaluation.error_by_column import CodingError, ErrorPart
    from embcompress.evaluation.frequency_bands import Band
    from embcompress.evaluation.neighbour_changes import Neighbour, Neighbourhood

NEIGHBOURS_NAMED = 5
"""Neighbours lost and gained that are named in the table of changed words; the JSON has all."""

AXES_NAMED = 6
"""Runs of axes named of a column."""


@click.command()
@click.argument("original", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("more_words", nargs=-1, metavar="")
@click.option("--words", multiple=True, metavar="W...", help="Show the neighbours of these words side by side.")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=20, show_default=True, help="Words, columns and groups to print."
)
@json_option
def diff(
    original: Path, file: Path, more_words: tuple[str, ...], words: tuple[str, ...], count: int, as_json: bool
) -> None:
    """Say what changed from the table ORIGINAL to the compressed FILE.

    Whose neighbours changed most and what they lost and gained, by frequency; which dimensions and columns of the
    codebook carry the error; which words became indistinguishable.
    """
    import embcompress
    from embcompress.evaluation.diff import diff as compare

    if more_words and not words:
        raise click.UsageError(
            f"{more_words[0]!r} is one argument too many: ask for words with --words {more_words[0]}"
        )
    vectors = embcompress.open(file)
    with progress_bar() as progress:
        table = embcompress.load(original, folder=file.parent, progress=progress)
    found = compare(table, vectors, words=[*words, *more_words], count=count)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)


def _print(found: Diff) -> None:
    words, kept = found.words, found.neighbours
    compared = f"{words.common:,}"
    if not words.original == words.compressed == words.common:
        compared += f", those in both tables (original {words.original:,}, compressed {words.compressed:,})"
    print_facts(
        [
            ("words compared", compared),
            (f"nearest {kept.k} kept", f"{kept.overlap:.3f} on average, between coded words"),
            ("kept all", f"{kept.kept_all:.1%} of words"),
            ("kept none", f"{kept.kept_none:.1%} of words"),
        ]
    )
    for neighbourhood in found.asked:
        _print_side_by_side(neighbourhood)
    _print_bands(found.bands, kept.sampled)
    _print_changed(found.changed, kept.sampled)
    _print_equal(found.equal_codes)
    _print_error(found.error)


def _print_side_by_side(found: Neighbourhood) -> None:
    _heading(
        f"{printable(found.word)}: rank {found.rank:,}, cosine with its original {found.cosine:.3f}, "
        f"{found.kept} of {len(found.before)} neighbours kept"
    )
    rows = [
        (
            str(place),
            *(old.word, f"{old.original:.3f}", "kept" if old.kept else f"lost, now {old.compressed:.3f}"),
            *(new.word, f"{new.compressed:.3f}", "kept" if new.kept else f"new, was {new.original:.3f}"),
        )
        for place, (old, new) in enumerate(zip(found.before, found.after, strict=True), 1)
    ]
    print_table(["#", "original", "cosine", "", "compressed", "cosine", ""], rows, numbers={"#", "cosine"})


def _print_bands(bands: Iterable[Band], sampled: int) -> None:
    _heading(f"By frequency: neighbours of {sampled:,} words, cosines of all")
    columns = ["rank", "words", "neighbours kept", "kept all", "kept none", "cosine to original"]
    rows = [
        (
            f"{band.first:,} to {band.last:,}",
            f"{band.words:,}",
            f"{band.overlap:.3f}",
            f"{band.kept_all:.1%}",
            f"{band.kept_none:.1%}",
            f"{band.cosine:.4f}",
        )
        for band in bands
    ]
    print_table(columns, rows, numbers=set(columns[1:]))


def _print_error(error: CodingError) -> None:
    _heading(
        f"Squared error of a direction: {error.mse:.4f} of 1; "
        f"{error.map_mse:.4f} by the map alone, {error.code_mse:.4f} by the codes in code space"
    )
    _print_parts("dimension", error.dimensions, error.worst_dimensions)
    if error.worst_columns != error.worst_dimensions:  # without a map, and an axis a column, they are the same
        click.echo()
        _print_parts("column", error.columns, error.worst_columns, axes="axes of code space")


def _print_parts(kind: str, total: int, parts: tuple[ErrorPart, ...], *, axes: str | None = None) -> None:
    carried = sum(part.share for part in parts)
    click.echo(f"{len(parts)} of {total} {kind}s carry {carried:.1%} of the error ({len(parts) / total:.1%} if even)")
    measures = ["share of the error", "lost of its variance"]
    rows = [
        (str(part.number), *([_runs(part.axes)] if axes else []), f"{part.share:.2%}", f"{part.lost:.1%}")
        for part in parts
    ]
    print_table([kind, *([axes] if axes else []), *measures], rows, numbers={kind, *measures})


def _runs(axes: tuple[int, ...]) -> str:
    """Numbers with consecutive ones written as ``4-7``."""
    runs = [
        [axis for _, axis in run] for _, run in itertools.groupby(enumerate(axes), key=lambda pair: pair[1] - pair[0])
    ]
    named = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:AXES_NAMED]]
    return ", ".join(named + ["..."] * (len(runs) > AXES_NAMED))


def _print_changed(changed: tuple[Neighbourhood, ...], sampled: int) -> None:
    if not changed:
        _heading(f"No word of {sampled:,} lost a neighbour")
        return
    _heading(
        f"Changed most, of {sampled:,} words: the nearest {NEIGHBOURS_NAMED} of those lost and gained, "
        "and their cosine in the original"
    )
    rows = [
        (word.word, f"{word.rank:,}", f"{word.kept}/{len(word.before)}", _named(word.lost), _named(word.gained))
        for word in changed
    ]
    print_table(["word", "rank", "kept", "lost", "gained"], rows, numbers={"rank", "kept"})


def _named(neighbours: tuple[Neighbour, ...]) -> str:
    return ", ".join(f"{each.word} {each.original:.2f}" for each in neighbours[:NEIGHBOURS_NAMED])


def _print_equal(found: EqualCodes) -> None:
    if not found.groups:
        _heading("No two words have equal codes")
        return
    _heading(
        f"Indistinguishable: {found.words:,} words in {found.groups:,} groups of equal codes (lengths are not compared)"
    )
    rows = [
        (
            f"{group.size:,}",
            ", ".join(group.words) + ", ..." * (group.size > len(group.words)),
            "unknown" if group.least_cosine is None else f"{group.least_cosine:.2f}",
        )
        for group in found.largest
    ]
    print_table(
        ["words", "which", "least cosine in the original"], rows, numbers={"words", "least cosine in the original"}
    )


def _heading(text: str) -> None:
    click.echo(f"\n{text}\n")
