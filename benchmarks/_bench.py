"""Every figure of a code, by the project's own measures of the rows that the code decodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
from _coded import Code, Coded
from _timing import timed
from threadpoolctl import threadpool_limits

from embcompress import Table
from embcompress.arrays import Floats, directions
from embcompress.compress import SAMPLE_ROWS
from embcompress.encode import sample_directions
from embcompress.evaluation._answers import answers
from embcompress.evaluation.analogies import Analogies, analogies
from embcompress.evaluation.geometry import geometry
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.questions import Question, Questions
from embcompress.evaluation.rate_distortion import gaussian_bound
from embcompress.evaluation.test_set_figures import kept_share, pair_sets, question_sets, similarity_on

RESTRICTION = 30_000
QUERIES, ROUNDS = 10, 20


class Bench:
    """A table, and what is the same for all codes of it.

    Parameters
    ----------
    table : Table
    pairs : iterable of Path
        Word pairs besides SimLex-999 and WordSim-353.
    """

    def __init__(self, table: Table, pairs: Iterable[Path]) -> None:
        self.table = table
        self._original = answers(table)
        self._directions = directions(table.rows(slice(0, len(table))))
        self._sample = sample_directions(self._directions, SAMPLE_ROWS, seed=0)
        self._pairs = pair_sets(pairs)

    @cached_property
    def _analogies(self) -> Analogies:
        """The table's own answers."""
        return analogies(self.table, in_lower_case(question_sets()[0]), restrict=RESTRICTION)

    def measure(self, code: Code) -> dict[str, float | None]:
        """Fit a code, code the table with it, and measure what was kept."""
        coded = code(self._sample, self._directions)
        unscaled = replace(self._original, units=coded.decode)
        decoded = replace(self._original, units=lambda rows: directions(coded.decode(rows)))
        shape = geometry(self._original, unscaled)
        overlap = neighbour_overlap(self._original, decoded)
        answered = analogies(decoded, self._analogies.questions, restrict=RESTRICTION)
        return {
            "bits/dim": 8 * coded.code_size / self.table.dims,
            "mse": shape.mse,
            "times bound": shape.mse / gaussian_bound(shape.spectrum, 8 * coded.code_size),
            "nn": overlap.both_coded,
            "asym": overlap.exact_query,
            "sim": similarity_on(self._pairs, decoded, self._original, "plain", None, None).kept,
            "an": kept_share(answered.total.share, self._analogies.total.share),
            "shared kB": coded.shared_bytes / 1e3,
            "fit, CPU s": coded.fit_seconds,
            "encode, CPU s": coded.encode_seconds,
            "times numpy": self._times_numpy(coded),
        }

    def _times_numpy(self, coded: Coded) -> float | None:
        """How many times faster than the bare product one query is, one thread, best against best."""
        if coded.nearest is None:
            return None
        queries = [self._directions[row : row + 1] for row in range(QUERIES)]
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        with threadpool_limits(1):
            seconds = timed({"numpy": self._product, "codes": coded.nearest}, queries, ROUNDS)
        faiss.omp_set_num_threads(threads)
        return min(seconds["numpy"]) / min(seconds["codes"])

    def _product(self, query: Floats) -> Floats:
        return np.asarray(self._directions @ query[0])


def in_lower_case(questions: Questions) -> Questions:
    """The same questions for a table whose words are in lower case."""

    def lowered(question: Question) -> Question:
        a, b, c, d = question
        return a.lower(), b.lower(), c.lower(), d.lower()

    return replace(questions, words=tuple(map(lowered, questions.words)))
