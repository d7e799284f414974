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
    heading : str
        The name in the few letters that a column of a terminal has room for, over two lines.
    meaning : str
        A sentence.
    value : callable
        The figure; None if it could not be taken.
    form : str
        How it is written, as ``format`` takes it.
    """

    name: str
    heading: str
    meaning: str
    value: Callable[[Measures], float | None]
    form: str

    def written(self, measures: Measures) -> str:
        """The figure as text."""
        value = self.value(measures)
        return ABSENT if value is None else format(value, self.form)


SIZE = Column(
    "size, MB", "size\nMB", "The whole file: words, codes, and what the codes mean.", lambda m: m.bytes / 1e6, ",.2f"
)
BITS = Column(
    "bits a dimension",
    "bits\na dim",
    "Of the codes alone, over the dimensions of the original table.",
    lambda m: m.bits_per_dimension,
    ".2f",
)
RATIO = Column("ratio", "\nratio", "Float32 rows and words over the whole file.", lambda m: m.ratio, ".1f")
QUALITY = Column(
    "quality",
    "qua-\nlity",
    "Geometric mean of neighbours, similarity and analogies, each at most 1. Figures that could not be taken are left "
    "out. The front is drawn up from this and the size.",
    lambda m: m.quality,
    ".3f",
)
NEIGHBOURS = Column(
    "neighbours",
    "neigh-\nbours",
    "Share of a word's ten nearest words that are still among its ten nearest, both sides coded: what asking for the "
    "neighbours of a word gives.",
    lambda m: m.neighbours,
    ".3f",
)
EXACT = Column(
    "exact query",
    "exact\nquery",
    "The same, asked with the word's original vector: what a vector from outside gives, and what papers print.",
    lambda m: m.neighbours_exact_query,
    ".3f",
)
SIMILARITY = Column(
    "similarity",
    "simi-\nlarity",
    "Spearman correlation with the judgements of people on SimLex-999 and WordSim-353, as a share of the original's.",
    lambda m: m.spearman.kept,
    ".3f",
)
ANALOGIES = Column(
    "analogies",
    "analo-\ngies",
    "Accuracy on the Google analogies, as a share of the original's.",
    lambda m: m.analogies.kept,
    ".3f",
)
ERROR = Column(
    "mse",
    "\nmse",
    "Mean squared distance of a direction, of length one, and what is decoded for it.",
    lambda m: m.mse,
    "#.3g",
)
BOUND = Column(
    "times bound",
    "times\nbound",
    "The mse over the least that any code of that size has on Gaussian rows with this table's covariance: a yardstick, "
    "not a limit of a real table.",
    lambda m: m.bound_ratio,
    ".2f",
)
CODING = Column(
    "coding, s",
    "coding\ns",
    "Seconds to fit the encoding to a sample and to code all rows.",
    lambda m: m.fit_seconds + m.encode_seconds,
    ".1f",
)
QUERY = Column(
    "query, ms",
    "query\nms",
    "Milliseconds to find the ten nearest words of one vector, the best of the rounds timed.",
    lambda m: 1e3 * m.query_seconds,
    ".2f",
)
LOOK_UP = Column(
    "look-up, µs",
    "look-up\nµs",
    "Microseconds to get the vector of one word, the best of the rounds timed.",
    lambda m: 1e6 * m.look_up_seconds,
    ".1f",
)

COLUMNS = (
    *(SIZE, BITS, RATIO, QUALITY, NEIGHBOURS, EXACT, SIMILARITY, ANALOGIES),
    *(ERROR, BOUND, CODING, QUERY, LOOK_UP),
)
"""In the order they are shown."""


def notes(measured: list[tuple[str, Measures]]) -> list[str]:
    """Why shares are missing, each reason once."""
    reasons: dict[str, None] = {}
    for _, measures in measured:
        for column, scores in ((SIMILARITY, measures.spearman), (ANALOGIES, measures.analogies)):
            if scores.note:
                reasons[f"no {column.name}: {scores.note}"] = None
    return list(reasons)
