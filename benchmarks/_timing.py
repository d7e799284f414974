"""What the benchmarks share: one thread, contenders that take turns, rows in all directions alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import faiss
import numpy as np
from threadpoolctl import threadpool_limits

from embcompress.arrays import Floats, directions

Question = TypeVar("Question")


def one_thread() -> None:
    """Keep every library to one thread from here on."""
    faiss.omp_set_num_threads(1)
    threadpool_limits(1)


def gaussian_directions(rows: int, dims: int) -> Floats:
    """Rows of length one in all directions alike, (rows, dims) float32."""
    return directions(np.random.default_rng(0).standard_normal((rows, dims), dtype=np.float32))


def timed(
    contenders: dict[str, Callable[[Question], object]], questions: Iterable[Question], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each question, in bursts; contenders take turns, so that all see the machine's moods."""
    asked = list(questions)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, ask in contenders.items():
            ask(asked[0])  # the first builds indexes and norms; in any round it brings the burst's memory near
            for question in asked:
                started = time.perf_counter()
                ask(question)
                times[name].append(time.perf_counter() - started)
    return times


def milliseconds(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Best and median of each contender."""
    return {
        name: {"best": round(1e3 * min(each), 4), "median": round(1e3 * float(np.median(each)), 4)}
        for name, each in times.items()
    }


def times_faster(times: dict[str, list[float]], peer: str, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """How many times faster than a peer, best against best and median against median."""
    return {
        name: {
            "best": round(min(times[peer]) / min(times[name]), 2),
            "median": round(float(np.median(times[peer]) / np.median(times[name])), 2),
        }
        for name in names
    }
