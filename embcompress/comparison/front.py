"""The Pareto front: what nothing else beats in both size and quality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from embcompress.comparison.results import Measures, Result


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (cost, gain) that no other point beats, by cost.

    A point beats another if it costs no more and gains no less, and is better in one of the two. Equal points do not
    beat each other.
    """
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1])):
        if not front or points[index][1] > points[front[-1]][1] or points[index] == points[front[-1]]:
            front.append(index)
    return front


def specs_on_front(results: Iterable[Result]) -> set[str]:
    """Specs that no other one beats in `Measures.size` and in `Measures.quality`."""
    measured = [(result.spec, result.measures) for result in results if result.measures is not None]
    front = pareto_front([(measures.size, measures.quality) for _, measures in measured])
    return {measured[index][0] for index in front}


def smallest_first(results: Iterable[Result]) -> list[tuple[str, Measures]]:
    """The specs that could be measured, by size, of equal ones the better first."""
    measured = [(result.spec, result.measures) for result in results if result.measures is not None]
    return sorted(measured, key=lambda each: (each[1].size, -each[1].quality, each[0]))
