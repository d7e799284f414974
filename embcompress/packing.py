"""An ``.embc`` file made smaller for keeping and sending, and made one again whose pages are mapped."""

from __future__ import annotations

import os
from collections.abc import Sequence

from embcompress import coders, container, file


def pack(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> int:
    """Write a file with each array stored by the coders that make it smallest.

    It answers as before, yet whoever opens it expands the packed arrays into memory of its own, instead of mapping
    pages that are shared. Its ``digests`` stay what they are.

    Parameters
    ----------
    path : path-like
        An ``.embc`` file, packed or not.
    out : path-like
        File to write, replaced only when the new one is complete; may be `path` itself.

    Returns
    -------
    int
        Its bytes.

    Raises
    ------
    FileAccessError, FormatError
        If `path` cannot be read, an array of it is not the one that was written, or `out` cannot be written.
    """
    return _rewrite(path, out, coders.names())


def unpack(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> int:
    """Write a file with every array as it is, to be memory-mapped: the very bytes of the file before it was packed.

    Parameters
    ----------
    path : path-like
        An ``.embc`` file, packed or not.
    out : path-like
        File to write, replaced only when the new one is complete; may be `path` itself.

    Returns
    -------
    int
        Its bytes.

    Raises
    ------
    FileAccessError, FormatError
        As `pack`.
    """
    return _rewrite(path, out, [])


def _rewrite(path: str | os.PathLike[str], out: str | os.PathLike[str], names: Sequence[str]) -> int:
    stored = container.read(path)
    file.from_container(stored)  # raises where parts do not fit together
    container.check_digests(stored)  # or the digests of damaged arrays would be written anew
    metadata = {key: value for key, value in stored.metadata.items() if key != "coders"}
    return container.write(out, metadata | ({"coders": list(names)} if names else {}), stored.arrays)
