"""What was measured as the table that a person reads in ten seconds: a line a measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from embcompress.evaluation.test_set_figures import kept_share

Line = tuple[str, str, str, str, str, str]
HEADINGS: Line = ("measure", "kept", "original", "compressed", "95 % of the difference", "over")
LOW_COVERAGE = 0.75
"""Share of a set's questions below which their case may be why they cannot be asked."""

NUMBERS = slice(1, 5)
"""Columns aligned to the right."""


def summary(measured: Mapping[str, Any]) -> str:
    """The table.

    Parameters
    ----------
    measured : dict
        What ``Evaluation.to_dict`` gives.
    """
    listed = [HEADINGS, *_lines(measured)]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    numeric = range(len(HEADINGS))[NUMBERS]
    lines = [
        "  ".join(
            cell.rjust(width) if place in numeric else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in listed
    ]
    return "\n".join([_words(measured["words"]), "", *lines, *_hint(measured["analogies"]["sets"])])


def _words(words: Mapping[str, Any]) -> str:
    if words["original"] is None:
        return f"{words['compressed']:,} words, measured alone: what was kept needs the original"
    if words["original"] == words["compressed"] == words["common"]:
        return f"{words['common']:,} words"
    return (
        f"{words['common']:,} words, those in both tables "
        f"(original {words['original']:,}, compressed {words['compressed']:,})"
    )


def _lines(measured: Mapping[str, Any]) -> Iterator[Line]:
    neighbours, shape = measured["neighbours"], measured["geometry"]
    if neighbours is not None:
        nearest = f"nearest {neighbours['k']} of {neighbours['words']:,} words"
        yield _paired("neighbours", neighbours["paired"]["both_coded"], f"{nearest}, both coded")
        yield _paired("", neighbours["paired"]["exact_query"], f"{nearest}, exact query")
    for each in measured["spearman"]["sets"]:
        over = each["note"] or f"Spearman, {each['pairs']:,} of {each['total']:,} pairs"
        yield _paired(each["name"], each["paired"], over, each["spearman"])
    for each in measured["analogies"]["sets"]:
        over = each["note"] or f"right answers, {each['answered']:,} of {each['asked']:,} questions"
        yield _paired(each["name"], each["paired"], over, each["total"]["accuracy"])
    probe = measured["probe"]
    yield _paired("classification", probe["paired"], f"right labels, {probe['texts']:,} texts", probe["accuracy"])
    if shape is not None:
        yield _single("cosine", shape["cosine"], f"of a row with itself, {shape['rows']:,} rows")
        yield _single("eigenspace overlap", shape["eigenspace_overlap"], "of the spaces that the rows span")
        yield _single("squared error", shape["mse"], _bound(shape))
    ratio = measured["ratio"]
    if ratio is not None:
        yield _single("ratio", ratio, "times smaller than float32 rows and words", decimals=2)


def _paired(measure: str, paired: Mapping[str, Any] | None, over: str, alone: float | None = None) -> Line:
    """A line of a figure beside the original's, or of the table alone."""
    if paired is None:
        return (measure, "", "", "" if alone is None else f"{alone:.3f}", "", over)
    value, original, (low, high) = paired["value"], paired["original"], paired["interval"]
    kept = kept_share(value, original)
    return (
        measure,
        "" if kept is None else f"{kept:.3f}",
        f"{original:.3f}",
        f"{value:.3f}",
        f"{low:+.3f} to {high:+.3f}",
        over,
    )


def _single(measure: str, value: float, over: str, decimals: int = 4) -> Line:
    return (measure, "", "", f"{value:.{decimals}f}", "", over)


def _hint(sets: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What to try where many questions' words are not in the vocabulary as they are written."""
    if any(each["answered"] < LOW_COVERAGE * each["asked"] and each["protocol"] == "plain" for each in sets):
        yield "\nMany questions have words that are not there as they are written: --protocol gensim ignores case."


def _bound(shape: Mapping[str, Any]) -> str:
    if shape["bound_ratio"] is None:
        return "of a direction"
    return f"of a direction, {shape['bound_ratio']:.1f} times the Gaussian bound"
