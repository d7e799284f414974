"""One encoding on a table: fitted, written to a file, opened, and measured against the original."""

from __future__ import annotations

import tempfile
import time
from functools import cached_property
from pathlib import Path

from embcompress.arrays import Floats
from embcompress.comparison.results import Measures, Scores
from embcompress.compress import SAMPLE_ROWS
from embcompress.encode import encode_table, fit_table, sample_directions
from embcompress.evaluation.analogies import Analogies, analogies
from embcompress.evaluation.geometry import geometry
from embcompress.evaluation.neighbours import neighbour_overlap
from embcompress.evaluation.similarity import Similarity, word_similarity
from embcompress.evaluation.speed import speed
from embcompress.evaluation.test_set_figures import OnTestSet, OnTestSets, pair_sets, question_sets
from embcompress.spec import Spec
from embcompress.table import Table
from embcompress.vectors import CompressedVectors
from embcompress.vectors import open as open_vectors


class Original:
    """A table that encodings are held against; what is the same for all of them is done once, when it is asked for.

    Parameters
    ----------
    table : Table
        Its rows of n-grams are not compared.
    seed : int
        Decides the samples, random rotations, and where k-means starts.
    """

    def __init__(self, table: Table, seed: int) -> None:
        self.table = table
        self.seed = seed

    @cached_property
    def sample(self) -> Floats:
        """Directions that encodings are fitted to, (k, d) float32."""
        return sample_directions(self.table.vectors, SAMPLE_ROWS, self.seed)

    def sample_of(self, rows: range) -> Floats:
        """The same of a run of rows."""
        if len(rows) == len(self.table):
            return self.sample
        return sample_directions(self.table.vectors, SAMPLE_ROWS, self.seed, rows)

    @cached_property
    def similarities(self) -> list[Similarity]:
        """Its figures on the word pairs that come with gensim."""
        return [word_similarity(self.table, each) for each in pair_sets()]

    @cached_property
    def analogies(self) -> list[Analogies]:
        """Its answers to the analogy questions that come with gensim."""
        return [analogies(self.table, each) for each in question_sets()]

    def similarity_of(self, vectors: CompressedVectors) -> OnTestSets:
        """A compressed table's figures on the word pairs, beside its own."""
        figures = (OnTestSet(word_similarity(vectors, each.test_set), each) for each in self.similarities)
        return OnTestSets(tuple(figures))

    def analogies_of(self, vectors: CompressedVectors) -> OnTestSets:
        """A compressed table's answers to the analogy questions, beside its own."""
        figures = (OnTestSet(analogies(vectors, each.questions), each) for each in self.analogies)
        return OnTestSets(tuple(figures))


def measure(original: Original, spec: Spec) -> Measures:
    """Fit an encoding and measure the file it makes.

    Raises
    ------
    SpecError
        If the spec does not suit the table.
    FileAccessError
        If the file cannot be written to the system's folder for temporary files.
    """
    table, seed = original.table, original.seed
    _ = original.sample  # drawn before the clock starts
    started = time.perf_counter()
    codecs = fit_table(spec, len(table), original.sample_of, seed=seed)
    fitted = time.perf_counter()
    coded = encode_table(table.vectors, codecs)
    encoded = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "compared.embc"
        size = CompressedVectors(table.words, coded, {**spec.facts(), "seed": seed}).save(path)
        vectors = open_vectors(path)
        kept = neighbour_overlap(table, vectors, seed=seed)
        shape = geometry(table, vectors, seed=seed)
        timed = speed(vectors, table, seed=seed)
        return Measures(
            bytes=size,
            bits_per_dimension=8 * coded.bytes_a_row / table.dims,
            ratio=table.float32_bytes / size,
            neighbours=kept.both_coded,
            neighbours_exact_query=kept.exact_query,
            spearman=_scores(original.similarity_of(vectors)),
            analogies=_scores(original.analogies_of(vectors)),
            mse=shape.mse,
            rate_distortion_bound=shape.rate_distortion_bound,
            bound_ratio=shape.bound_ratio,
            fit_seconds=fitted - started,
            encode_seconds=encoded - fitted,
            query_seconds=timed.query.table.best,
            look_up_seconds=timed.look_up.table.best,
        )


def _scores(figures: OnTestSets) -> Scores:
    return Scores(figures.kept, figures.value, figures.original, figures.items, figures.note)
