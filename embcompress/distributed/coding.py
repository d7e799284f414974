"""What workers do once the samples are drawn: one fits the codecs, then each shard is coded with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embcompress import container, encodings, file
from embcompress.arrays import inside
from embcompress.codec import Codec
from embcompress.compress import CLIPPED_ROWS
from embcompress.cores import reproducible
from embcompress.distributed.parts import Part
from embcompress.distributed.sampling import Draw, gathered
from embcompress.encode import Fitted, clipped_share, encode, fit_table
from embcompress.errors import EmbcompressError
from embcompress.evaluation.certificate import certificate
from embcompress.file import CodecFile, Contents
from embcompress.lengths import LengthScale
from embcompress.manifest import Shard
from embcompress.segment import Segment
from embcompress.segmented_rows import in_one
from embcompress.vectors import CompressedVectors
from embcompress.vocabulary import Vocabulary

CODECS = "codec.embc"


class Coding(NamedTuple):
    """How every shard is coded.

    Parameters
    ----------
    folder : str
        Where the codecs are, and the shards go.
    spec : str
    seed : int
    scales : sequence of LengthScale
        Of each run of rows that has a codec of its own.
    """

    folder: str
    spec: str
    seed: int
    scales: Sequence[LengthScale]


def fit(spec: str, rows: int, sample_rows: int, numbers: Sequence[int], seed: int, scratch: str) -> Fitted:
    """The codecs of a table of so many rows, fitted to the samples that the shards with these numbers left."""
    with reproducible():
        return fit_table(
            encodings.parse(spec), rows, lambda within: gathered(Draw(within, sample_rows), numbers, scratch), seed=seed
        )


def write_codecs(fitted: Fitted, spec: str, seed: int, numbers: Sequence[int], folder: str, scratch: str) -> Any:
    """Write the codecs as a file without rows; gives the share of numbers that they clip."""
    codecs = [Codec(codec.affine, codec.codebook) for _, codec in fitted]
    facts = {**encodings.parse(spec).facts(), "seed": seed}
    empty = in_one([_without_rows(codec) for codec in codecs])
    file.write(Path(folder) / CODECS, Contents(Vocabulary.from_words([]), empty, facts))
    return clipped_share(fitted, lambda within: gathered(Draw(within, CLIPPED_ROWS), numbers, scratch))


def code(part: Part, fitted: Fitted, coding: Coding) -> Shard:
    """Write a shard's ``.embc`` file, unless it is there; gives what the manifest says of it."""
    path = Path(coding.folder) / f"{part.number:05}.embc"
    codec_file = file.read_codecs(path.parent, CODECS)
    origin = _origin(part, coding)
    done = _digest_if_done(path, codec_file, origin)
    if done is not None:
        return Shard(path.name, len(part.rows), done)
    table = part.table()
    coded = []
    for (run, codec), shared, scale in zip(fitted, codec_file.codecs, coding.scales, strict=True):
        own = inside(run, part.rows)
        if len(own):
            segment = encode(table.vectors, codec, within=own, scale=scale)
            coded.append(replace(segment, codec=shared))
    rows = in_one(coded)
    metadata: dict[str, Any] = {
        **encodings.parse(coding.spec).facts(),
        "seed": coding.seed,
        "source": {"name": table.source, "bytes": table.source_bytes, "sha256": part.sha256},
        "origin": origin,
    }
    metadata["certificate"] = certificate(table, CompressedVectors(table.words, rows, metadata), seed=coding.seed)
    file.write(path, Contents(table.words, rows, metadata), codec_file)
    return Shard(path.name, len(rows), container.read(path).digest or "")


def _without_rows(codec: Codec) -> Segment:
    return Segment(
        codec, np.zeros((0, codec.code_size), dtype=np.uint8), np.zeros(0, dtype=np.uint8), LengthScale(0.0, 0.0)
    )


def _origin(part: Part, coding: Coding) -> str:
    """A digest of all that a shard's codes are made of but the codecs."""
    facts = part.sha256, part.rows, part.rows_left_out().tolist(), coding.spec, coding.seed, coding.scales
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _digest_if_done(path: Path, codec_file: CodecFile, origin: str) -> str | None:
    """The digest of a shard's file that an earlier run finished: of the same origin, and not damaged since."""
    with suppress(EmbcompressError):
        stored = container.read(path)
        file.from_container(stored, codec_file)
        container.check_digests(stored)
        if stored.metadata.get("origin") == origin:
            return stored.digest
    return None
