"""Tables as apps hand them over."""

from __future__ import annotations

import os

from embcompress import vectors
from embcompress.errors import WrongTypeError
from embcompress.vectors import CompressedVectors


def opened(given: CompressedVectors | str | os.PathLike[str]) -> CompressedVectors:
    """Vectors as they are, or the file at a path opened.

    Raises
    ------
    WrongTypeError
        If it is neither.
    FileAccessError, FormatError
        As `embcompress.open` does.
    """
    if isinstance(given, CompressedVectors):
        return given
    if isinstance(given, str | os.PathLike):
        return vectors.open(given)
    raise WrongTypeError(
        f"{type(given).__name__} is no compressed table: give the path of an .embc file, or what embcompress.open gives"
    )
