"""A table in shards: a folder of ``.embc`` files that share their codecs, and ``manifest.json``, which lists them.

The manifest is a JSON object, written last, when all it lists is there:

============  ========================================================================================================
``format``    ``"embcompress shards"``
``version``   ``"major.minor"``, as of the ``.embc`` file (`embcompress.file`)
``words``     rows of all shards; no word is in two of them
``dims``      d
``codec``     ``file`` and ``digest`` of the codecs that every shard shares
``shards``    ``file``, ``rows`` and ``digest`` of each, in the order of their rows
``metadata``  what is said of the table: ``spec``, ``seed``, ``source``
``digest``    SHA-256 of the JSON text (keys sorted, no spaces) of all the rest
============  ========================================================================================================

A file's digest is its ``embcompress.digest`` (`embcompress.container`), which its arrays' digests are part of.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from embcompress import container, file
from embcompress.container import Container
from embcompress.disk import access_error, replacing
from embcompress.errors import FileAccessError, FormatError
from embcompress.file import PLAIN_NAME, CodecFile, Contents
from embcompress.header import parse_object
from embcompress.segmented_rows import in_one
from embcompress.sharded_words import ShardedWords
from embcompress.text import one_line
from embcompress.vocabulary import Vocabulary

NAME = "manifest.json"
FORMAT = "embcompress shards"
VERSION = "1.0"

LONGEST = 64 << 20
"""Bytes of a manifest."""

Meaning = Callable[[Container, CodecFile | None], Contents]
"""What makes contents of a container, given the codecs that it may share."""


class Shard(NamedTuple):
    """What the manifest says of a shard: its file's name, its rows, and what tells it from any other."""

    file: str
    rows: int
    digest: str


class Manifest(NamedTuple):
    """What the file says, checked by itself."""

    codec_file: str
    codec_digest: str
    shards: tuple[Shard, ...]
    words: int
    dims: int
    metadata: dict[str, Any]


def read(path: str | os.PathLike[str], meaning: Meaning = file.from_container, only: range | None = None) -> Contents:
    """What an ``.embc`` file or a folder of shards holds.

    Parameters
    ----------
    path : path-like
    meaning : callable
        Makes contents of each file.
    only : range, optional
        Of a folder, some of its shards; by default all.

    Raises
    ------
    FileAccessError
        If a file cannot be opened, or the folder has no manifest.
    FormatError
        If a file is damaged, or is not the one that the manifest lists.
    """
    if not Path(path).is_dir():
        return meaning(container.read(path), None)
    folder = Path(path)
    listed = read_manifest(folder)
    codec_file = file.read_codecs(folder, listed.codec_file)
    if codec_file.digest != listed.codec_digest:
        raise _not_the_listed(folder, listed.codec_file)
    wanted = listed.shards if only is None else listed.shards[only.start : only.stop]
    shards = [_shard(folder, shard, meaning, codec_file) for shard in wanted]
    words = ShardedWords([each.words for each in shards if isinstance(each.words, Vocabulary)])
    rows = in_one([part for each in shards for part in each.rows.parts])
    if only is None and (len(words), rows.dims) != (listed.words, listed.dims):
        raise _error(folder, f"it gives {listed.words} x {listed.dims} numbers, the shards {len(words)} x {rows.dims}")
    return Contents(words, rows, listed.metadata)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, no file of which is opened but itself; raises as `read`."""
    facts = _facts(folder)
    match facts:
        case {
            "codec": {"file": str(codec_file), "digest": str(codec_digest)},
            "shards": list(shards),
            "words": int(words),
            "dims": int(dims),
            "metadata": dict(metadata),
        } if shards:
            listed = tuple(_listed(folder, each) for each in shards)
        case _:
            raise _error(folder, "it does not give codec, shards, words, dims and metadata")
    if not all(PLAIN_NAME.fullmatch(name) for name in (codec_file, *(each.file for each in listed))):
        raise _error(folder, "it lists a file that is not in its folder")
    return Manifest(codec_file, codec_digest, listed, words, dims, metadata)


def write(folder: Path, codec_file: CodecFile, shards: Sequence[Shard], metadata: dict[str, Any]) -> None:
    """Write the manifest of files that are there.

    Raises
    ------
    FileAccessError
        If it cannot be written.
    """
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "words": sum(shard.rows for shard in shards),
        "dims": codec_file.codecs[0].dims,
        "codec": {"file": codec_file.name, "digest": codec_file.digest},
        "shards": [shard._asdict() for shard in shards],
        "metadata": metadata,
    }
    with replacing(folder / NAME) as out:
        out.write(json.dumps(facts | {"digest": _digest(facts)}, indent=1).encode())


def stored_bytes(path: str | os.PathLike[str]) -> int:
    """Bytes of an ``.embc`` file, or of a folder's manifest and all that it lists; raises as `read`."""
    if not Path(path).is_dir():
        return Path(path).stat().st_size
    listed = read_manifest(Path(path))
    names = NAME, listed.codec_file, *(shard.file for shard in listed.shards)
    return sum((Path(path) / name).stat().st_size for name in names)


def _facts(folder: Path) -> dict[str, Any]:
    try:
        with open(folder / NAME, "rb") as source:
            content = source.read(LONGEST + 1)
    except FileNotFoundError:
        raise FileAccessError(
            f"cannot read {folder}: a folder without {NAME}, which 'embcompress shrink --cluster' writes when all "
            "shards are done; to finish a run that was interrupted, run its command again"
        ) from None
    except OSError as error:
        raise access_error("read", folder / NAME, error) from None
    if len(content) > LONGEST:
        raise _error(folder, f"it has more than {LONGEST:,} bytes")
    try:
        facts = parse_object(content.decode(), "it")
    except (FormatError, UnicodeDecodeError) as error:
        raise _error(folder, one_line(str(error))) from None
    digest = facts.pop("digest", None)
    if facts.get("format") != FORMAT:
        raise _error(folder, f"its format is {facts.get('format')!r:.40}, not {FORMAT!r}")
    if str(facts.get("version")).split(".")[0] != VERSION.split(".")[0]:
        raise _error(folder, f"its version is {facts.get('version')!r:.20}, this release reads {VERSION}")
    if digest != _digest(facts):
        raise _error(folder, "it is not what was written: its SHA-256 is another")
    return facts


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _listed(folder: Path, facts: Any) -> Shard:
    match facts:
        case {"file": str(name), "rows": int(rows), "digest": str(digest)}:
            return Shard(name, rows, digest)
        case _:
            raise _error(folder, f"it lists a shard as {facts!r:.100}")


def _shard(folder: Path, shard: Shard, meaning: Meaning, codec_file: CodecFile) -> Contents:
    stored = container.read(folder / shard.file)
    if stored.digest != shard.digest:
        raise _not_the_listed(folder, shard.file)
    contents = meaning(stored, codec_file)
    if len(contents.rows) != shard.rows or contents.subwords or contents.lists or len(contents.words.mapped):
        raise _error(folder, f"{shard.file} holds other than {shard.rows} words and their rows")
    return contents


def _not_the_listed(folder: Path, name: str) -> FormatError:
    return _error(
        folder, f"{name} is not the file that it lists (the digests differ): put that one back, or shrink all anew"
    )


def _error(folder: Path, text: str) -> FormatError:
    return FormatError(f"{folder / NAME}: {text}")
