"""Rows coded by a spec of ours, by a FAISS index, or by a line of arithmetic: what each can be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from embcompress import parse
from embcompress.arrays import Floats, Integers
from embcompress.choice.file_size import FileSize
from embcompress.encode import encode, fit
from embcompress.search import Search
from embcompress.vocabulary import Vocabulary

TOP = 10

Rows = slice | Integers


@dataclass(frozen=True)
class Coded:
    """A table's directions under a code.

    Parameters
    ----------
    code_size : int
        Bytes of a row, all that a row needs: norms and correction factors counted.
    decode : callable
        What is decoded for chosen rows, (k, d) float32, of any length.
    nearest : callable or None
        Searches the codes for the ten rows nearest to queries (m, d); None where there is no search to time.
    shared_bytes : int
        What all rows share, centroids and maps, takes so many bytes besides.
    fit_seconds, encode_seconds : float
        Processor time of all threads: on a busy machine the clock tells little.
    """

    code_size: int
    decode: Callable[[Rows], Floats]
    nearest: Callable[[Floats], object] | None
    shared_bytes: int
    fit_seconds: float
    encode_seconds: float


Code = Callable[[Floats, Floats], Coded]
"""Fits to a sample of directions (k, d), and codes directions (n, d)."""


def spec(text: str) -> Code:
    """A spec of ours."""

    def code(sample: Floats, rows: Floats) -> Coded:
        started = time.process_time()
        codec = fit(parse(text), sample)
        fitted = time.process_time()
        segment = encode(rows, codec)
        encoded = time.process_time()
        search, nothing = Search(segment), FileSize(Vocabulary.from_words([]))
        return Coded(
            codec.code_size,
            lambda chosen: codec.decode(segment.codes[chosen]),
            lambda queries: search.nearest(queries, TOP),
            nothing.of(codec) - nothing.without_codes,
            fitted - started,
            encoded - fitted,
        )

    return code


def index(
    factory: str,
    *,
    adjust: Callable[[Any], None] = lambda _: None,
    most_rows: int | None = None,
    centred: bool = False,
    decoded: Callable[[Any], Floats] = lambda index: np.asarray(index.reconstruct_n(0, index.ntotal)),
) -> Code:
    """A FAISS index by its factory string.

    Parameters
    ----------
    factory : str
    adjust : callable
        Sets what the string does not say, of the index without the maps before it.
    most_rows : int, optional
        Trained on at most so many rows of the sample, evenly spread.
    centred : bool
        Code the rows less their mean: FAISS's way back from fewer axes loses what of the mean lies outside of them.
    decoded : callable
        All decoded rows of the index.
    """

    def code(sample: Floats, rows: Floats) -> Coded:
        made = faiss.index_factory(rows.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        adjust(faiss.downcast_index(made.index) if isinstance(made, faiss.IndexPreTransform) else made)
        started = time.process_time()
        mean = sample.mean(axis=0) if centred else np.float32(0)
        made.train(sample[:: 1 if most_rows is None else -(-len(sample) // most_rows)] - mean)
        fitted = time.process_time()
        made.add(rows - mean)
        encoded = time.process_time()
        vectors = decoded(made) + mean
        code_size = made.sa_code_size()
        return Coded(
            code_size,
            vectors.__getitem__,
            lambda queries: made.search(queries, TOP),
            faiss.serialize_index(made).nbytes - len(rows) * code_size,
            fitted - started,
            encoded - fitted,
        )

    return code


def by_products(made: Any) -> Floats:
    """Decoded rows of an index as its own estimate of inner products sees them.

    RaBitQ's ``reconstruct`` leaves out all but the first bit. Its estimate is affine in the query, so that the
    estimates for the axes, less that for zero, are the vector it stands for.
    """
    queries = np.vstack([np.eye(made.d, dtype=np.float32), np.zeros((1, made.d), dtype=np.float32)])
    estimates = np.empty((made.ntotal, made.d + 1), dtype=np.float32)
    for axis, query in enumerate(queries):
        scores, rows = made.search(query[None], made.ntotal)
        estimates[rows[0], axis] = scores[0]
    return np.asarray(estimates[:, :-1] - estimates[:, -1:])


def sentence_transformers_int8(sample: Floats, rows: Floats) -> Coded:
    """What its ``quantize_embeddings`` does for int8: 255 steps from the least to the largest of each dimension."""
    started = time.process_time()
    least = sample.min(axis=0)
    steps = (sample.max(axis=0) - least) / np.float32(255)
    fitted = time.process_time()
    codes = np.clip((rows - least) / steps - 128, -128, 127).astype(np.int8)
    encoded = time.process_time()
    return Coded(
        rows.shape[1],
        lambda chosen: (codes[chosen].astype(np.float32) + 128) * steps + least,
        None,
        2 * steps.nbytes,
        fitted - started,
        encoded - fitted,
    )


def signs(sample: Floats, rows: Floats) -> Coded:
    """Plain sign bits, which is also sentence-transformers' binary; searched by Hamming distance."""
    started = time.process_time()
    size = np.float32(np.abs(sample).mean())
    fitted = time.process_time()
    codes = np.packbits(rows > 0, axis=1)
    encoded = time.process_time()
    dims = rows.shape[1]
    flat = faiss.IndexBinaryFlat(8 * codes.shape[1])
    flat.add(codes)
    return Coded(
        codes.shape[1],
        lambda chosen: (2 * np.unpackbits(codes[chosen], axis=1, count=dims).astype(np.float32) - 1) * size,
        lambda queries: flat.search(np.packbits(queries > 0, axis=1), TOP),
        size.nbytes,
        fitted - started,
        encoded - fitted,
    )
