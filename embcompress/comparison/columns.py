"""What is shown of a result: names, meanings and forms, the same in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from embcompress.comparison.results import Measures

ABSENT = "-"


@dataclass(frozen=True)
class Column:
    """A figure of a result.

    Parameters
    ----------
    name : str
    meaning : str
        A sentence.
    value : callable
        The figure; None if it could not be taken.
    form : str
        How it is written, as ``format`` takes it.
    """

    name: str
    meaning: str
    value: Callable[[Measures], float | None]
    form: str

    def written(self, measures: Measures) -> str:
        """The figure as text."""
        value = self.value(measures)
        return ABSENT if value is None else format(value, self.form)


SIZE = Column("size, MB", "The whole file: words, codes, and what the codes mean.", lambda m: m.bytes / 1e6, ",.2f")
BITS = Column(
    "bits a dimension",
    "Of the codes alone, over the dimensions of the original table.",
    lambda m: m.bits_per_dimension,
    ".2f",
)
RATIO = Column("ratio", "Float32 rows and words over the whole file.", lambda m: m.ratio, ".1f")
QUALITY = Column(
    "quality",
    "Geometric mean of neighbours, similarity and analogies, each at most 1. Figures that could not be taken are left "
    "out. The front is drawn up from this and the size.",
    lambda m: m.quality,
    ".3f",
)
NEIGHBOURS = Column(
    "neighbours",
    "Share of a word's ten nearest words that are still among its ten nearest, both sides coded: what asking for the "
    "neighbours of a word gives.",
    lambda m: m.neighbours,
    ".3f",
)
EXACT = Column(
    "exact query",
    "The same, asked with the word's original vector: what a vector from outside gives, and what papers print.",
    lambda m: m.neighbours_exact_query,
    ".3f",
)
SIMILARITY = Column(
    "similarity",
    "Spearman correlation with the judgements of people on SimLex-999 and WordSim-353, as a share of the original's.",
    lambda m: m.spearman.kept,
    ".3f",
)
ANALOGIES = Column(
    "analogies",
    "Accuracy on the Google analogies, as a share of the original's.",
    lambda m: m.analogies.kept,
    ".3f",
)
ERROR = Column(
    "mse",
    "Mean squared distance of a direction, of length one, and what is decoded for it.",
    lambda m: m.mse,
    "#.3g",
)
BOUND = Column(
    "times bound",
    "The mse over the least that any code of that size has on Gaussian rows with this table's covariance: a yardstick, "
    "not a limit of a real table.",
    lambda m: m.bound_ratio,
    ".2f",
)
CODING = Column(
    "coding, s",
    "Seconds to fit the encoding to a sample and to code all rows.",
    lambda m: m.fit_seconds + m.encode_seconds,
    ".1f",
)
QUERY = Column(
    "query, ms",
    "Milliseconds to find the ten nearest words of one vector, the best of the rounds timed.",
    lambda m: 1e3 * m.query_seconds,
    ".2f",
)
LOOK_UP = Column(
    "look-up, µs",
    "Microseconds to get the vector of one word, the best of the rounds timed.",
    lambda m: 1e6 * m.look_up_seconds,
    ".1f",
)

KEPT = (SIZE, BITS, RATIO, QUALITY, NEIGHBOURS, EXACT, SIMILARITY, ANALOGIES)
COSTS = (ERROR, BOUND, CODING, QUERY, LOOK_UP)
"""In the order they are shown: what a size keeps, then its error and what it takes."""


def notes(measured: list[tuple[str, Measures]]) -> list[str]:
    """Why shares are missing, each reason once."""
    reasons: dict[str, None] = {}
    for _, measures in measured:
        for column, scores in ((SIMILARITY, measures.spearman), (ANALOGIES, measures.analogies)):
            if scores.note:
                reasons[f"no {column.name}: {scores.note}"] = None
    return list(reasons)
