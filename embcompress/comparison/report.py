"""A comparison as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from embcompress.arrays import Doubles
from embcompress.comparison.columns import (
    ANALOGIES,
    COSTS,
    ERROR,
    EXACT,
    KEPT,
    NEIGHBOURS,
    QUALITY,
    SIMILARITY,
    Column,
)
from embcompress.comparison.front import smallest_first, specs_on_front
from embcompress.comparison.plots import Plot, draw
from embcompress.comparison.results import Measures, Result

COLUMNS = (*KEPT, *COSTS)

STAR = "★"

PLOTS = (
    *(Plot(QUALITY), Plot(NEIGHBOURS), Plot(EXACT), Plot(SIMILARITY), Plot(ANALOGIES)),
    Plot(ERROR, falling=True),
)


@dataclass(frozen=True)
class Subject:
    """What was compared on.

    Parameters
    ----------
    name : str
        Of the table.
    words, dims : int
    float32_bytes : int
        Of its words and float32 rows.
    seed : int
    spectrum : (d,) float64
        Variances of its directions along their principal axes.
    """

    name: str
    words: int
    dims: int
    float32_bytes: int
    seed: int
    spectrum: Doubles


def report(subject: Subject, results: Iterable[Result]) -> str:
    """An HTML page; the same results give the same text.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    results = list(results)
    measured, starred = smallest_first(results), specs_on_front(results)
    parts = [
        _heading(subject, measured),
        _plots(subject, measured, starred),
        _table(measured, starred),
        _reasons([result for result in results if result.measures is None]),
        _meanings(COLUMNS),
    ]
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Encodings of {_text(subject.name)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    """Text for the page; bytes of a name that are not UTF-8 are shown as replacement characters."""
    return escape(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _heading(subject: Subject, measured: Sequence[tuple[str, Measures]]) -> str:
    lines = [
        f"<h1>Encodings of {_text(subject.name)}</h1>",
        f'<p class="facts">{subject.words:,} words &times; {subject.dims} dimensions, '
        f"{subject.float32_bytes / 1e6:,.1f} MB as words and float32 rows, seed {subject.seed}</p>",
        f"<p>Each encoding was fitted to this table, written to a file, and asked what it had kept. "
        f'A <span class="star">{STAR}</span> marks those on the Pareto front: no other one is both smaller and better.'
        f"</p>",
    ]
    if measured:
        first = measured[0][1]
        lines.append(
            "<p>The original by itself: "
            + "; ".join(
                f"{what} {scores.original:.3f} over {scores.items:,} {items}"
                if scores.original is not None
                else f"no {what} ({_text(scores.note)})"
                for what, scores, items in (
                    ("mean Spearman correlation", first.spearman, "pairs"),
                    ("analogies right", first.analogies, "questions"),
                )
            )
            + ".</p>"
        )
    return "\n".join(lines)


def _plots(subject: Subject, measured: Sequence[tuple[str, Measures]], starred: set[str]) -> str:
    figures = []
    for plot in PLOTS:
        svg = draw(plot, measured, starred, subject.spectrum)
        if svg is not None:
            caption = f"{_text(plot.column.name)}<span>{_text(plot.column.meaning)}</span>"
            figures.append(f"<figure>\n<figcaption>{caption}</figcaption>\n{svg}\n</figure>")
    return (
        "<h2>Size against quality</h2>\n"
        "<p>The line joins the encodings that are best at their size in the measure shown, named where they can be "
        "told apart; "
        f'a <span class="star">{STAR}</span> is on the front of size and quality. In the plot of the mse the '
        '<span class="dashed">dashed line</span> is the rate-distortion bound of Gaussian rows with this table&rsquo;s '
        "covariance.</p>\n"
        '<div class="plots">\n' + "\n".join(figures) + "\n</div>"
    )


def _table(measured: Sequence[tuple[str, Measures]], starred: set[str]) -> str:
    names = "".join(f'<th scope="col">{_text(column.name)}</th>' for column in COLUMNS)
    rows = []
    for spec, measures in measured:
        on_front = spec in starred
        cells = "".join(f"<td>{_text(column.written(measures))}</td>" for column in COLUMNS)
        mark = f'<span class="star">{STAR}</span> ' if on_front else ""
        rows.append(f'<tr{" class=front" * on_front}><th scope="row">{mark}{_text(spec)}</th>{cells}</tr>')
    return (
        "<h2>All encodings, smallest first</h2>\n"
        '<div class="wide"><table>\n'
        f'<thead><tr><th scope="col">spec</th>{names}</tr></thead>\n'
        "<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table></div>"
    )


def _reasons(failed: Sequence[Result]) -> str:
    if not failed:
        return ""
    rows = "\n".join(
        f'<tr><th scope="row">{_text(each.spec)}</th><td>{_text(each.reason)}</td></tr>' for each in failed
    )
    return (
        "<h2>Encodings that do not suit this table</h2>\n"
        f'<div class="wide reasons"><table>\n<tbody>\n{rows}\n</tbody>\n</table></div>'
    )


def _meanings(columns: Sequence[Column]) -> str:
    listed = "\n".join(f"<dt>{_text(column.name)}</dt><dd>{_text(column.meaning)}</dd>" for column in columns)
    return f"<h2>What the columns mean</h2>\n<dl>\n{listed}\n</dl>"
