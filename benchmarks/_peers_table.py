"""The Markdown table that ``peers.py`` prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Line = dict[str, Any]


def _figure(key: str, form: str, times: float = 1.0) -> Callable[[Line], str]:
    def cell(line: Line) -> str:
        figure = line.get(key)
        return "-" if figure is None else format(times * figure, form)

    return cell


def _bytes(line: Line) -> str:
    return f"{line['bytes']:,}" + ("" if line["has words"] else " *")


def _query(line: Line) -> str:
    if line.get("query, ms") is None:
        return "-"
    return f"{line['query, ms']:.2f} ({line['numpy, ms'] / line['query, ms']:.2g})"


def _memory(line: Line) -> str:
    return f"{line['peak, bytes'] / 1e6:,.0f} ({line['imports, bytes'] / 1e6:,.0f})"


COLUMNS: dict[str, Callable[[Line], str]] = {
    "stores": lambda line: str(line["stores"]),
    "bytes": _bytes,
    "times smaller": _figure("times smaller", ".1f"),
    "similarity": _figure("sim", ".3f"),
    "analogies": _figure("an", ".3f"),
    "asym": _figure("asym", ".3f"),
    "nn": _figure("nn", ".3f"),
    "answered": _figure("answered", ".3f"),
    "look-up, us": _figure("look-up, us", ".1f"),
    "query, ms (times numpy)": _query,
    "open, ms": _figure("open, s", ",.1f", 1e3),
    "first answer, ms": _figure("first answer, s", ",.0f", 1e3),
    "memory, MB (imports)": _memory,
}


def markdown(report: dict[str, Any]) -> str:
    """The table, what it is of above it, and what is absent below it."""
    versions = ", ".join(f"{package} {number}" for package, number in report["versions"].items())
    heading = ["", *COLUMNS]
    rows = [heading, ["---"] * len(heading)]
    rows += [[f"`{line['name']}`", *(cell(line) for cell in COLUMNS.values())] for line in report["contenders"]]
    absent = [f"- {name}: {reason}" for name, reason in report["absent"].items()]
    return "\n".join(
        [
            f"{report['table']}: {report['words']:,} words of {report['dims']} dimensions, "
            f"{report['float32 bytes']:,} bytes as float32 rows and words. {versions}.",
            "",
            *(f"| {' | '.join(cells)} |" for cells in rows),
            "",
            "`*` without words.",
            *(["", "Not measured:", "", *absent] if absent else []),
        ]
    )
