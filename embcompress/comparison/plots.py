"""Size against quality, as SVG that takes its colours from the page it stands in."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embcompress.arrays import Doubles
from embcompress.comparison._labels import along, place_labels
from embcompress.comparison.columns import BITS, Column
from embcompress.comparison.front import pareto_front
from embcompress.comparison.results import Measures
from embcompress.errors import MissingPackageError
from embcompress.evaluation.rate_distortion import gaussian_bound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"#010203": "ink", "#010204": "faint", "#010205": "grid", "#010206": "front", "#010207": "bound"}
"""Colours that matplotlib is given, and the variable of the page that takes the place of each."""

INK, FAINT, GRID, FRONT, BOUND = COLOURS

INCHES = (5.4, 4.1)
"""Of a plot at 72 points an inch: its letters have about their own size on a wide page."""

STYLE = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "figure.dpi": 72.0,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
}

CURVE_POINTS = 200


@dataclass(frozen=True)
class Plot:
    """A measure against bits a dimension.

    Parameters
    ----------
    column : Column
    falling : bool
        Less is better, and the axis is logarithmic.
    """

    column: Column
    falling: bool = False


def check_matplotlib() -> None:
    """Raise MissingPackageError if there is nothing to draw with."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingPackageError("a report needs matplotlib: pip install 'embcompress[report]'") from None


def draw(plot: Plot, measured: Sequence[tuple[str, Measures]], starred: set[str], spectrum: Doubles) -> str | None:
    """A plot as an ``<svg>`` element.

    Parameters
    ----------
    plot : Plot
    measured : sequence of (spec, Measures)
    starred : set of str
        Specs on the front of size and quality.
    spectrum : (d,) float64
        Variances along the principal axes, for the Gaussian's curve where less is better.

    Returns
    -------
    str or None
        None if no spec has the measure.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    values = [(spec, measures.bits_per_dimension, plot.column.value(measures)) for spec, measures in measured]
    points = [(spec, bits, value) for spec, bits, value in values if value is not None and (value > 0 or not plot.falling)]
    if not points:
        return None
    with rc_context(STYLE | {"svg.hashsalt": plot.column.name}):  # names in the SVG are the same every time
        figure = Figure(figsize=INCHES, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.set_xlabel(BITS.name)
        axes.set_ylabel(plot.column.name)
        _set_scales(axes, plot, points)
        _fill(axes, plot, points, starred, spectrum)
        figure.draw_without_rendering()  # settles the layout, which names of points depend on
        _write_names(axes, plot, points)
        written = io.StringIO()
        figure.savefig(
            written, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    return _inline(written.getvalue(), plot.column.name)


def _set_scales(axes: Axes, plot: Plot, points: list[tuple[str, float, float]]) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    bits = [bits for _, bits, _ in points]
    axes.set_xscale("log", base=2)
    axes.set_xlim(min(bits) / 1.7, max(bits) * 1.5)
    powers = 2.0 ** np.arange(np.floor(np.log2(min(bits))), np.ceil(np.log2(max(bits))) + 1)
    axes.xaxis.set_major_locator(FixedLocator(powers.tolist()))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    values = [value for _, _, value in points]
    if plot.falling:
        axes.set_yscale("log")
        axes.set_ylim(min(values) / 4, max(values) * 3)
    else:
        room = max(max(values) - min(values), 0.02)
        axes.set_ylim(min(values) - 0.08 * room, max(values) + 0.12 * room)


def _fill(
    axes: Axes, plot: Plot, points: list[tuple[str, float, float]], starred: set[str], spectrum: Doubles
) -> None:
    """Points, the front of the measure, and the Gaussian's curve."""
    front = _front(plot, points)
    axes.plot([x for _, x, _ in front], [y for _, _, y in front], color=FRONT, lw=1.2, zorder=2)
    plain = [(x, y) for spec, x, y in points if spec not in starred]
    stars = [(x, y) for spec, x, y in points if spec in starred]
    if plain:
        axes.plot(*zip(*plain, strict=True), "o", ms=4, mfc="none", mec=FAINT, mew=1, ls="", zorder=3)
    if stars:
        axes.plot(*zip(*stars, strict=True), "*", ms=8, color=FRONT, mec="none", ls="", zorder=4)
    if plot.falling:
        curve = _bound(axes, spectrum)
        axes.plot(curve[:, 0], curve[:, 1], color=BOUND, lw=1.2, ls="--", zorder=1)


def _bound(axes: Axes, spectrum: Doubles) -> Doubles:
    """The Gaussian's curve (n, 2) within the limits of the plot."""
    bits = np.geomspace(*axes.get_xlim(), CURVE_POINTS)
    curve = np.array([(each, gaussian_bound(spectrum, each * len(spectrum))) for each in bits])
    return np.asarray(curve[curve[:, 1] > 0])


def _front(plot: Plot, points: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    gains = [(bits, -value if plot.falling else value) for _, bits, value in points]
    return [points[index] for index in pareto_front(gains)]


def _write_names(axes: Axes, plot: Plot, points: list[tuple[str, float, float]]) -> None:
    """Names of the specs on the front of the measure."""
    front = _front(plot, points)
    lines = [line.get_xydata() for line in axes.get_lines()]
    drawn = np.concatenate([along(np.asarray(lines[0], dtype=float)), *(np.asarray(each) for each in lines[1:])])
    place_labels(axes, front, drawn, fontsize=8, color=INK)


def _inline(document: str, name: str) -> str:
    """The ``<svg>`` of a document, its names its own among other plots, its colours those of the page."""
    svg = document[document.index("<svg") :].strip()
    prefix = re.sub(r"[^a-z]+", "-", name)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\g<1>#{prefix}-", svg)
    svg = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", svg, count=2)
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{name} against bits a dimension"', 1)
