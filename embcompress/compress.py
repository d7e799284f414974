"""The main job: a table in, a compressed one out, with what it kept."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from embcompress import encodings
from embcompress.arrays import BLOCK_ROWS, blocks
from embcompress.cores import reproducible, shared_among, usable_cores
from embcompress.encode import Progress, clipped_share, encode_table, fit_table, no_progress, sample_directions
from embcompress.errors import UsageError
from embcompress.evaluation.certificate import certificate
from embcompress.memory import Memory, Sharing
from embcompress.ngram_coding import encode_ngrams, most_useful
from embcompress.search import Search
from embcompress.segment import CodedRows
from embcompress.spec import Spec
from embcompress.table import NgramRows, Table
from embcompress.vectors import CompressedVectors
from embcompress.vocabulary import Vocabulary

DEFAULT_SPEC = "lloyd:4"
"""4 bits a dimension: of the codes that are fitted in seconds it keeps most, on every table measured, without a map."""

MAPPED_AT_ONCE = 256

SAMPLE_ROWS = 200_000
"""Rows an encoding is fitted to, drawn at random."""

CLIPPED_ROWS = 10_000
"""Rows whose clipped numbers are counted."""


@reproducible()
def shrink(
    table: Table,
    spec: str | Spec = DEFAULT_SPEC,
    *,
    seed: int = 0,
    sample_rows: int = SAMPLE_ROWS,
    ngrams: int | None = None,
    dropped: Table | None = None,
    memory: int | None = None,
    progress: Progress = no_progress,
) -> CompressedVectors:
    """Compress a table.

    Parameters
    ----------
    table : Table
        Made by `load`, or from words and an array.
    spec : str or Spec
        The stages, such as ``center,pca:150,int4``; ``embcompress specs`` lists them.
    seed : int
        Decides the sample, random rotations, and where k-means starts. The same seed gives the same file, on any
        number of threads.
    sample_rows : int
        How many rows the encoding is fitted to.
    ngrams : int, optional
        Of a table with rows of n-grams, keep so many, the most useful ones; without it, all. 0 keeps none.
    dropped : Table, optional
        Words that get no row, each to answer with the row of its nearest neighbour.
    memory : int, optional
        Bytes this may take beside Python and its libraries: fewer threads code smaller blocks of rows, and the encoding
        may be fitted to fewer rows, which makes another file.
    progress : callable
        Called with what is being done, how much is done, and how much there is.

    Returns
    -------
    CompressedVectors
        Its ``metadata["certificate"]`` tells what was kept (`embcompress.evaluation.certificate`); ``save`` writes it
        to a file.

    Raises
    ------
    SpecError
        If the spec cannot be read, or does not suit the table.
    UsageError
        If the table has no rows, or takes more memory.
    """
    parsed = encodings.parse(spec) if isinstance(spec, str) else spec
    if not len(table):
        raise UsageError("the table has no rows: there is nothing to compress")
    kept = None
    if table.ngrams is not None and ngrams != 0:
        kept = table.ngrams if ngrams is None else most_useful(table, table.ngrams, ngrams)
    room = None if memory is None else _room(memory, table, kept, dropped)
    if room is not None:
        sample_rows = min(sample_rows, room.sample_rows())
    progress(f"fitting {parsed}", 0, 1)
    sample = partial(sample_directions, table.vectors, sample_rows, seed)
    fitted = fit_table(parsed, len(table), sample, seed=seed)
    progress(f"fitting {parsed}", 1, 1)
    sharing = Sharing(usable_cores(), BLOCK_ROWS)
    if room is not None:
        sharing = room.sharing(max(codec.code_size for _, codec in fitted))
    with shared_among(sharing.threads):
        coded = encode_table(table.vectors, fitted, progress, sharing.block_rows)
        subwords = None
        if kept is not None:
            subwords = encode_ngrams(
                kept, parsed, seed=seed, sample_rows=sample_rows, block_rows=sharing.block_rows, progress=progress
            )
        words = table.words if dropped is None else _with_mapped(table, dropped, coded, progress)
        clipped = clipped_share(fitted, partial(sample_directions, table.vectors, CLIPPED_ROWS, seed))
        metadata: dict[str, Any] = {
            **parsed.facts(),
            **({} if clipped is None else {"clipped_share": clipped}),
            "seed": seed,
            "source": {"name": table.source, "bytes": table.source_bytes},
        }
        vectors = CompressedVectors(words, coded, metadata, subwords)
        progress("measuring", 0, 1)
        metadata["certificate"] = certificate(table, vectors, seed=seed)
        progress("measuring", 1, 1)
    return vectors


def _room(allowed: int, table: Table, ngrams: NgramRows | None, dropped: Table | None) -> Memory:
    searched = 1 if dropped is None else 2
    rows = searched * len(table) + (0 if ngrams is None else int(ngrams.vectors.shape[0]))
    return Memory(allowed, len(table) + (0 if dropped is None else len(dropped)), table.dims, rows)


def _with_mapped(table: Table, dropped: Table, coded: CodedRows, progress: Progress) -> Vocabulary:
    """The vocabulary of a table's words, then the dropped ones with the coded row nearest to each."""
    search = Search(coded)
    nearest = np.empty(len(dropped), dtype=np.int64)
    for part in blocks(len(dropped), MAPPED_AT_ONCE):
        nearest[part] = search.nearest(dropped.rows(part), 1)[1][:, 0]
        progress("mapping dropped words", part.stop, len(dropped))
    return Vocabulary.from_words(chain(table.words.every_word(), dropped.words.every_word()), nearest)
