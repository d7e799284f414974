"""Size against quality, as SVG that takes its colours from the page it stands in."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from embcompress.arrays import Doubles
from embcompress.comparison._labels import place_labels
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

INCHES = (4.9, 3.8)
"""Of a plot at 72 points an inch: its letters have about their own size on a wide page."""

STYLE: dict[Any, Any] = {
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

PLAIN: dict[str, Any] = {"marker": "o", "ms": 4, "mfc": "none", "mec": FAINT, "mew": 1, "zorder": 3}
STARRED: dict[str, Any] = {"marker": "*", "ms": 9, "color": FRONT, "mew": 0.5, "zorder": 4}

LEAST_SPREAD = 0.02
"""Of the values of an axis: measures that are all but equal are not drawn as if they differed."""

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


@dataclass(frozen=True)
class _Point:
    """An encoding in a plot; `starred` if it is on the front of size and quality."""

    spec: str
    size: float
    bits: float
    value: float
    starred: bool


def check_matplotlib() -> None:
    """Raise MissingPackageError if there is nothing to draw with."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingPackageError("a report needs matplotlib: pip install 'embcompress[report]'") from None


def draw(plot: Plot, measured: Sequence[tuple[str, Measures]], starred: set[str], spectrum: Doubles) -> str | None:
    """A plot as an ``<svg>`` element, the same for the same results.

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

    points = _points(plot, measured, starred)
    if not points:
        return None
    with rc_context(STYLE | {"svg.hashsalt": plot.column.name}):
        figure = Figure(figsize=INCHES, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        _set_axes(axes, plot, points)
        front = _front(plot, points)
        kept_free = _draw_points(axes, front, points)
        if plot.falling:
            kept_free += [_draw_bound(axes, spectrum)]
        figure.draw_without_rendering()  # settles where the axes are
        labels = [(point.spec, point.bits, point.value) for point in front]
        place_labels(axes, labels, kept_free, fontsize=8, color=INK)
        written = io.StringIO()
        unknown = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=unknown)
    return _inline(written.getvalue(), plot.column.name)


def _points(plot: Plot, measured: Sequence[tuple[str, Measures]], starred: set[str]) -> list[_Point]:
    """The encodings that have the measure; a logarithmic axis has no place for 0."""
    values = [(spec, measures, plot.column.value(measures)) for spec, measures in measured]
    return [
        _Point(spec, measures.size, measures.bits_per_dimension, value, spec in starred)
        for spec, measures, value in values
        if value is not None and (value > 0 or not plot.falling)
    ]


def _front(plot: Plot, points: list[_Point]) -> list[_Point]:
    """The points that no other one is both smaller and better than in this measure."""
    gains = [(point.size, -point.value if plot.falling else point.value) for point in points]
    return [points[index] for index in pareto_front(gains)]


def _set_axes(axes: Axes, plot: Plot, points: list[_Point]) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    bits, values = [point.bits for point in points], [point.value for point in points]
    axes.set_xlabel(BITS.name)
    axes.set_xscale("log", base=2)
    axes.set_xlim(min(bits) / 2, max(bits) * 1.7)
    powers = 2.0 ** np.arange(np.floor(np.log2(min(bits))), np.ceil(np.log2(max(bits))) + 1)
    axes.xaxis.set_major_locator(FixedLocator(powers.tolist()))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylabel(plot.column.name)
    if plot.falling:
        axes.set_yscale("log")
        axes.set_ylim(min(values) / 10, max(values) * 60)
    else:
        spread = max(max(values) - min(values), LEAST_SPREAD)
        axes.set_ylim(min(values) - 0.08 * spread, max(values) + 0.15 * spread)


def _draw_points(axes: Axes, front: list[_Point], points: list[_Point]) -> list[Doubles]:
    """Draw the front as a line, and all points; returns the lines and places (n, 2) they take."""
    line = np.array([(point.bits, point.value) for point in front])
    axes.plot(*line.T, color=FRONT, lw=1.2, zorder=2)
    for starred, look in ((False, PLAIN), (True, STARRED)):
        chosen = [(point.bits, point.value) for point in points if point.starred == starred]
        axes.plot(*np.reshape(chosen, (-1, 2)).T, ls="", **look)
    return [line, *(np.array([[point.bits, point.value]]) for point in points)]


def _draw_bound(axes: Axes, spectrum: Doubles) -> Doubles:
    """Draw the Gaussian's curve within the limits of the plot; returns its places (n, 2)."""
    bits = np.geomspace(*axes.get_xlim(), CURVE_POINTS)
    curve = np.array([(each, gaussian_bound(spectrum, each * len(spectrum))) for each in bits])
    curve = curve[curve[:, 1] > 0]
    axes.plot(*curve.T, color=BOUND, lw=1.2, ls="--", zorder=1)
    return curve


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
