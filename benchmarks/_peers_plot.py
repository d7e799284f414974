"""The picture that ``peers.py`` draws: neighbours kept over bytes, every point with its name."""

from __future__ import annotations

import math
from itertools import pairwise, product
from pathlib import Path
from typing import Any

OURS = "embcompress "
INK, PEER, GREY = "#0b6e4f", "#b5471b", "#888888"
TICKS = [2.0**power for power in range(-4, 14)]

RADII, ANGLES, MARGIN = range(12, 180, 8), 24, 2
"""Where a name may lie about its point: so many points of print away, in so many directions, nearer ones first."""

Line = dict[str, Any]
Place = tuple[float, float]


def draw(report: dict[str, Any], path: Path) -> None:
    """Write an SVG, the same of the same report."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "peers"
    import matplotlib.pyplot as plt

    lines = [line for line in report["contenders"] if line["asym"] is not None]
    figure, axes = plt.subplots(figsize=(10, 6.5))
    words = (report["float32 bytes"] - 4 * report["words"] * report["dims"]) / 1e6
    drawn = _draw_points(axes, lines, words)
    axes.set_title(f"{report['words']:,} words of {report['dims']} dimensions", loc="left", fontsize=10)
    _scale(axes, [_place(line) for line in lines])
    axes.legend(loc="upper left", fontsize=8)
    _name_points(figure, axes, _joined(lines), drawn)
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def _place(line: Line) -> Place:
    return line["bytes"] / 1e6, line["asym"]


def _draw_points(axes: Any, lines: list[Line], words: float) -> list[list[Place]]:
    """Points and the lines through them, which are returned; `words` are the megabytes of the words' text."""
    ours = sorted(_place(line) for line in lines if line["name"].startswith(OURS))
    peers = [line for line in lines if not line["name"].startswith(OURS)]
    whole = [_place(line) for line in peers if line["has words"]]
    bare = [_place(line) for line in peers if not line["has words"]]
    bars = [[(x, y), (x + words, y)] for x, y in bare]
    for bar in bars:
        axes.plot(*zip(*bar, strict=True), color=PEER, linewidth=0.8, zorder=1)
    squares = {"color": PEER, "marker": "s", "linestyle": "", "zorder": 2}
    if ours:
        axes.plot(*zip(*ours, strict=True), color=INK, marker="o", linewidth=1, label="embcompress, with words")
    if whole:
        axes.plot(*zip(*whole, strict=True), label="peers, with words", **squares)
    if bare:
        label = "peers, rows without words (bar: with their text)"
        axes.plot(*zip(*bare, strict=True), markerfacecolor="white", label=label, **squares)
    return [ours, *bars]


def _scale(axes: Any, places: list[Place]) -> None:
    """Room for names around all points, and round numbers along the axes."""
    least, most = min(x for x, _ in places) / 1.4, max(x for x, _ in places) * 1.6
    lowest = min(y for _, y in places) - 0.07
    axes.set(xscale="log", xlabel="MB on disk", ylabel="ten nearest kept, exact query")
    axes.set(xlim=(least, most), ylim=(lowest, 1.13))
    ticks = [tick for tick in TICKS if least < tick < most]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks([tick / 10 for tick in range(11) if tick / 10 > lowest])
    axes.grid(alpha=0.25)


def _joined(lines: list[Line]) -> dict[Place, str]:
    """Names by place; where several lie on nearly the same place, all of them."""
    named: dict[Place, list[Line]] = {}
    for line in lines:
        x, y = _place(line)
        named.setdefault((round(math.log(x), 2), round(y, 2)), []).append(line)
    return {_place(each[0]): " / ".join(line["name"].removeprefix(OURS) for line in each) for each in named.values()}


def _name_points(figure: Any, axes: Any, named: dict[Place, str], drawn: list[list[Place]]) -> None:
    """Write each name as near to its point as nothing is in the way, with a line between them."""
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()
    scale, inside, shown = figure.dpi / 72, axes.get_window_extent(), axes.transData.transform
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in map(shown, named)]
    taken += [Bbox.from_bounds(x, y, 1, 1) for line in drawn for x, y in _along(list(map(shown, line)))]
    taken.append(axes.get_legend().get_window_extent())
    for point, name in sorted(named.items()):
        leader = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        style = {"textcoords": "offset points", "fontsize": 7.5, "ha": "center", "va": "center", "arrowprops": leader}
        text = axes.annotate(name, point, xytext=(0, 0), **style)
        width, height = text.get_window_extent().size
        for radius, turn in product(RADII, range(ANGLES)):
            angle = 2 * math.pi * turn / ANGLES
            offset = (radius + width / scale / 2) * math.cos(angle), radius * math.sin(angle)
            x, y = (at + scale * by for at, by in zip(shown(point), offset, strict=True))
            box = Bbox.from_bounds(x - width / 2, y - height / 2, width, height).padded(MARGIN)
            if _within(box, inside) and not any(box.overlaps(other) for other in taken):
                text.set_position(offset)
                taken.append(box)
                break


def _within(box: Any, outer: Any) -> bool:
    return bool(outer.x0 < box.x0 and box.x1 < outer.x1 and outer.y0 < box.y0 and box.y1 < outer.y1)


def _along(places: list[Any]) -> list[Any]:
    """Places along the line through some, a pixel apart."""
    found: list[Any] = []
    for start, end in pairwise(places):
        steps = max(1, int(math.dist(start, end)))
        found += [start + (end - start) * step / steps for step in range(steps + 1)]
    return found
