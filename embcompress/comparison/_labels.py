"""Where names of points go in a plot so that they cover neither each other nor what is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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

MARGIN = 4.0
"""Between names, in points."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""


def place_labels(
    axes: Axes, labels: Sequence[tuple[str, float, float]], drawn: Iterable[Doubles], **style: Any
) -> None:
    """Write names beside points.

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
    taken = [(x - POINT, y - POINT, x + POINT, y + POINT) for x, y in places.tolist()]
    frame = axes.get_window_extent().extents
    for name, x, y in labels:
        width, height = _size(axes, name, style)
        point = to_pixels((x, y)).tolist()
        best = min(_candidates(point, width, height), key=lambda each: (_cost(each[0], taken, frame), each[1]))
        box, distance = best
        taken.append(box)
        axes.annotate(
            name,
            (x, y),
            xytext=((box[0] + box[2]) / 2 - point[0], (box[1] + box[3]) / 2 - point[1]),
            textcoords="offset pixels",
            ha="center",
            va="center",
            arrowprops=None
            if distance < LEADER
            else {"arrowstyle": "-", "color": style["color"], "lw": 0.5, "shrinkA": 0, "shrinkB": 2},
            **style,
        )


def _size(axes: Axes, name: str, style: dict[str, Any]) -> tuple[float, float]:
    text = axes.text(0, 0, name, **style)
    extent = text.get_window_extent()
    text.remove()
    return float(extent.width) + MARGIN, float(extent.height) + MARGIN


def _candidates(point: list[float], width: float, height: float) -> list[tuple[Box, int]]:
    """Boxes about a point, touching a circle, and their distances."""
    found = []
    for distance in DISTANCES:
        for angle in ANGLES:
            across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            middle = point[0] + across * (distance + width / 2), point[1] + up * (distance + height / 2)
            box = middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2
            found.append((box, distance))
    return found


def _cost(box: Box, taken: list[Box], frame: Sequence[float]) -> float:
    """How much of a box is covered or outside of the frame, in square points."""
    inside = _shared(box, frame)
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return 10 * round(outside, 3) + sum(round(_shared(box, other), 3) for other in taken)


def _shared(first: Box, second: Sequence[float]) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, width) * max(0.0, height)


def _along(line: Doubles) -> Doubles:
    """Places (n, 2), no further apart than a point's width, on the straight lines between places (k, 2)."""
    parts = [line]
    for start, end in pairwise(line):
        steps = np.arange(0, 1, 2 * POINT / max(float(np.hypot(*(end - start))), 1e-9))
        parts.append(start + steps[:, None] * (end - start))
    return np.concatenate(parts)
