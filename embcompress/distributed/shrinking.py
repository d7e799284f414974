"""The main job on a cluster: shards in, coded shards and their manifest out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embcompress import encodings, file, manifest, vectors
from embcompress.cluster import Cluster
from embcompress.compress import CLIPPED_ROWS, DEFAULT_SPEC, SAMPLE_ROWS
from embcompress.disk import access_error
from embcompress.distributed.coding import CODECS, Coding, code, fit, write_codecs
from embcompress.distributed.parts import Part, paths_of
from embcompress.distributed.sampling import Draw, Lengths, Survey, draw, duplicates, survey
from embcompress.encode import Progress, no_progress, runs
from embcompress.errors import EmbcompressError, UsageError
from embcompress.lengths import LengthScale
from embcompress.scratch_folder import scratch_folder
from embcompress.spec import Spec
from embcompress.vectors import CompressedVectors

SCRATCH = ".scratch-"
DUPLICATES = "words that an earlier shard has"


class Asked(NamedTuple):
    """How the table is to be coded."""

    spec: Spec
    seed: int
    sample_rows: int


class Whole(NamedTuple):
    """A table that its shards make up: their parts, and what was left out or put right, by kind."""

    parts: list[Part]
    bytes: int
    repairs: dict[str, int]


def shrink_shards(
    shards: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    spec: str | Spec = DEFAULT_SPEC,
    *,
    cluster: str = "local",
    seed: int = 0,
    sample_rows: int = SAMPLE_ROWS,
    strict: bool = False,
    progress: Progress = no_progress,
) -> CompressedVectors:
    """Compress the shards of a table on a cluster, each into an ``.embc`` file, all with the same codecs.

    The codes are those that one machine would make of all shards one after the other: the encoding is fitted to rows
    drawn from all of them, and a word that several have is the first one's. Paths travel, never rows, so every machine
    must see the same files. A shard whose worker dies is coded by another; one that an earlier run has finished is
    not coded again.

    Parameters
    ----------
    shards : path-like, or several
        Files in any format that `load` reads, or patterns such as ``shards/*.parquet``, sorted by name.
    out : path-like
        Folder to write, made if need be: an ``.embc`` file a shard, the codecs, and last of all ``manifest.json``.
    spec : str or Spec
    cluster : str
        Address of a Dask scheduler; ``local`` or ``local:N``, processes on this machine.
    seed, sample_rows
        As of `shrink`.
    strict : bool
        Duplicate words and unusable rows are errors.
    progress : callable
        Called with what is being done, how many shards are done, and how many there are.

    Returns
    -------
    CompressedVectors
        Of the folder; its ``metadata["repairs"]`` tells what was left out.

    Raises
    ------
    UsageError
        If there are no shards, they are of different widths, or have rows of n-grams.
    SpecError
        If the spec cannot be read, or does not suit the table.
    FileAccessError, FormatError
        If a shard cannot be read, or a file not be written.
    MissingPackageError, ServiceError
        As of `Cluster`.
    """
    paths, parsed = paths_of(shards), encodings.parse(spec) if isinstance(spec, str) else spec
    folder = Path(out).absolute()
    with Cluster(cluster) as workers, _scratch(folder) as scratch:
        whole = _surveyed(workers, paths, strict, scratch, progress)
        metadata = _coded(workers, whole, Asked(parsed, seed, sample_rows), folder, scratch, progress)
        manifest.write(folder, file.read_codecs(folder, CODECS), metadata.pop("shards"), metadata)
    return vectors.open(folder)


@contextmanager
def _scratch(folder: Path) -> Iterator[str]:
    """A folder within `folder`, which is made if need be, for what is needed within the block."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with scratch_folder(folder, SCRATCH) as scratch:
            yield str(scratch)
    except EmbcompressError:
        raise
    except OSError as error:
        raise access_error("write", folder, error) from None
    finally:
        with suppress(OSError):  # it holds something, or there is none
            folder.rmdir()


def _surveyed(workers: Cluster, paths: list[str], strict: bool, scratch: str, progress: Progress) -> Whole:
    """Which rows of the whole table each shard holds."""
    calls = [(path, number, strict, scratch) for number, path in enumerate(paths)]
    found: list[Survey] = workers.each(survey, calls, lambda done: progress("reading", done, len(calls)))
    for path, each in zip(paths, found, strict=True):
        if each.dims != found[0].dims:
            raise UsageError(
                f"{path} has {each.dims} dimensions, {paths[0]} has {found[0].dims}: shards of a table have the same"
            )
    repairs = Counter[str]()
    for each in found:
        repairs.update(each.repairs)
    parts: list[Part] = []
    first = 0
    for number, twice in enumerate(duplicates([each.rows for each in found], scratch)):
        rows = found[number].rows - len(twice)
        left_out = None
        if len(twice):
            if strict:
                raise UsageError(f"{paths[number]}: {len(twice)} {DUPLICATES}")
            repairs[DUPLICATES] += len(twice)
            left_out = str(Path(scratch) / f"left-out-{number:05}.npy")
            np.save(left_out, twice)
        if rows:
            each = found[number]
            parts.append(
                Part(paths[number], number, range(first, first + rows), each.sha256, each.modified, left_out, strict)
            )
        first += rows
    return Whole(parts, sum(each.bytes for each in found), dict(repairs))


def _coded(
    workers: Cluster, whole: Whole, asked: Asked, folder: Path, scratch: str, progress: Progress
) -> dict[str, Any]:
    """Write the codecs and every shard; gives the manifest's metadata, and the shards."""
    spec, seed, sample_rows = asked
    total, numbers = whole.parts[-1].rows.stop, [part.number for part in whole.parts]
    cut = runs(spec, total)
    draws = [Draw(run, rows) for run in cut for rows in {sample_rows, CLIPPED_ROWS}]
    calls = [(part, draws, cut, seed, scratch) for part in whole.parts]
    lengths: list[list[Lengths]] = workers.each(
        draw, calls, lambda done: progress("drawing a sample", done, len(calls))
    )
    scales = [_scale(of_run) for of_run in zip(*lengths, strict=True)]
    progress(f"fitting {spec}", 0, 1)
    fitted = workers.later(fit, str(spec), total, sample_rows, numbers, seed, scratch)
    (clipped,) = workers.each(write_codecs, [(fitted, str(spec), seed, numbers, str(folder), scratch)])
    progress(f"fitting {spec}", 1, 1)
    coding = Coding(str(folder), str(spec), seed, scales)
    coded = [(part, fitted, coding) for part in whole.parts]
    shards = workers.each(code, coded, lambda done: progress("encoding", done, len(coded)))
    return {
        **spec.facts(),
        **({} if clipped is None else {"clipped_share": clipped}),
        "seed": seed,
        "source": {"name": f"{len(whole.parts)} shards", "bytes": whole.bytes},
        "repairs": whole.repairs,
        "shards": shards,
    }


def _scale(lengths: Sequence[Lengths]) -> LengthScale:
    """The scale of the rows of all shards."""
    ends = np.array([min(each.shortest for each in lengths), max(each.longest for each in lengths)])
    return LengthScale.spanning(ends[np.isfinite(ends)])
