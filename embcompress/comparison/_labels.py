"""Where names of points go in a plot so that they cover neither each other nor what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from embcompress.arrays import Doubles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DISTANCES = (7, 10, 14, 20, 28, 38, 50, 64)
"""From a point to its name, in points."""

ANGLES = (135, 110, 160, 180, 90, -45, -20, 0, -70, 200, 60, 30, -90, 225, 250)
"""In degrees; to the upper left first, where a front of growing quality leaves room."""

LEADER = 12
"""From this distance on a line leads from the point to its name."""

POINT = 4.0
"""Half the width that a point keeps free about itself."""

NEAR = 8.0
"""Points at this distance, in points, can be told apart."""

MARGIN = 4.0
"""Between names, in points."""

OUTSIDE = 10
"""How much worse a square point outside of the frame is than one that is covered twice."""

CROSSED = 50
"""How much worse a line from a point to its name is for every place it has inside of another name."""

CHECKED = 12
"""Places on such a line that are looked at."""


def place_labels(
    axes: Axes, labels: Sequence[tuple[str, float, float]], drawn: Iterable[Doubles], **style: Any
) -> None:
    """Write names beside points; of points too near to be told apart, the last one is named.

    Parameters
    ----------
    axes : matplotlib Axes
        With its final limits.
    labels : sequence of (name, x, y)
    drawn : iterable of (k, 2) float64
        Lines through places x, y that are to be kept free; a point is a line of one place.
    style
        Of the names, as matplotlib takes it.
    """
    to_pixels = axes.transData.transform
    places = np.concatenate([_along(to_pixels(line)) for line in drawn])
    taken = np.hstack([places - POINT, places + POINT])  # (t, 4)
    frame = np.asarray(axes.get_window_extent().extents)  # (4,)
    names = np.empty((0, 4))
    for name, x, y in _told_apart(labels, to_pixels):
        point = to_pixels((x, y))
        boxes, distances = _candidates(point, _size(axes, name, style))
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        outside = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - _shared(boxes, frame[None])[:, 0]
        cost = (
            distances
            + OUTSIDE * outside
            + _shared(boxes, taken).sum(axis=1)
            + CROSSED * _crossed(point, middles, names)
        )
        best = int(np.lexsort((distances, cost.round(3)))[0])
        way = _along(np.stack([point, middles[best]]))
        taken = np.vstack([taken, boxes[best], np.hstack([way - 1, way + 1])])
        names = np.vstack([names, boxes[best]])
        leader = {"arrowstyle": "-", "color": style["color"], "lw": 0.5, "shrinkA": 0, "shrinkB": 2}
        axes.annotate(
            name,
            (x, y),
            xytext=tuple(middles[best] - point),
            textcoords="offset pixels",
            ha="center",
            va="center",
            arrowprops=leader if distances[best] >= LEADER else None,
            **style,
        )


def _told_apart(
    labels: Sequence[tuple[str, float, float]], to_pixels: Callable[[tuple[float, float]], Doubles]
) -> list[tuple[str, float, float]]:
    chosen: list[tuple[str, float, float]] = []
    for label in reversed(labels):
        if all(np.hypot(*(to_pixels(label[1:]) - to_pixels(other[1:]))) >= NEAR for other in chosen):
            chosen.append(label)
    return chosen


def _size(axes: Axes, name: str, style: dict[str, Any]) -> Doubles:
    """Width and height of a name, the margin included."""
    text = axes.text(0, 0, name, **style)
    extent = text.get_window_extent()
    text.remove()
    return np.array([extent.width, extent.height]) + MARGIN


def _candidates(point: Doubles, size: Doubles) -> tuple[Doubles, Doubles]:
    """Boxes (m, 4) about a point that touch an oval around it, and their distances (m,)."""
    angles = np.radians(np.tile(ANGLES, len(DISTANCES)))
    distances = np.repeat(np.array(DISTANCES, dtype=float), len(ANGLES))
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middles = point + ways * (distances[:, None] + size / 2)
    return np.hstack([middles - size / 2, middles + size / 2]), distances


def _shared(first: Doubles, second: Doubles) -> Doubles:
    """Area that boxes (m, 4) share with boxes (t, 4), (m, t)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2))


def _crossed(point: Doubles, middles: Doubles, names: Doubles) -> Doubles:
    """How often lines from a point to places (m, 2) are inside of boxes (t, 4), of some places on each, (m,)."""
    steps = np.linspace(0, 1, CHECKED)[:, None, None]
    places = point + steps * (middles - point)  # (CHECKED, m, 2)
    inside = (places[:, :, None] > names[:, :2]) & (places[:, :, None] < names[:, 2:])
    return np.asarray(inside.all(axis=3).sum(axis=(0, 2)), dtype=np.float64)


def _along(line: Doubles) -> Doubles:
    """Places (n, 2), no further apart than a point's width, on the straight lines between places (k, 2)."""
    parts = [line]
    for start, end in pairwise(line):
        steps = np.arange(0, 1, 2 * POINT / max(float(np.hypot(*(end - start))), 1e-9))
        parts.append(start + steps[:, None] * (end - start))
    return np.concatenate(parts)
