"""A file from which an interrupted encoding of words goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embcompress.arrays import Floats
from embcompress.disk import access_error
from embcompress.errors import FormatError, UsageError


class EncodedRows:
    """A line that says what the file holds, and float32 rows after it, batch by batch.

    Batches are added at the end: an interruption leaves whole ones and a part of one, which is encoded again.

    Parameters
    ----------
    path : Path or None
        Without one, nothing is written or found.
    name : str
        What the words are encoded by.
    words : sequence of str
    batch : int
        Rows that are added at a time; at the end there may be fewer.
    """

    def __init__(self, path: Path | None, name: str, words: Sequence[str], batch: int) -> None:
        self._path = path
        self._batch = batch
        digest = hashlib.sha256("\n".join(words).encode("utf-8", "surrogateescape")).hexdigest()
        self._line = json.dumps({"encoder": name, "words": len(words), "sha256": digest}).encode() + b"\n"

    def read(self, vectors: Floats) -> int:
        """Fill in the rows that are there, and make the file ready for more.

        Returns
        -------
        int
            How many rows there were: whole batches.

        Raises
        ------
        UsageError
            If the file is of another run.
        FormatError
            If it holds too much.
        FileAccessError
            If it cannot be read or written.
        """
        if self._path is None:
            return 0
        try:
            content = self._path.read_bytes() if self._path.exists() else b""
            if not self._line.startswith(content[: len(self._line)]):
                raise UsageError(
                    f"{self._path}: a checkpoint of another run: repeat that one's model and words, or remove the file"
                )
            size = vectors.shape[1] * vectors.itemsize
            rows: int = max(0, len(content) - len(self._line)) // size
            if rows > len(vectors):
                raise FormatError(f"{self._path}: holds more rows than there are words: remove it to start again")
            rows = rows if rows == len(vectors) else rows // self._batch * self._batch
            whole = self._line + content[len(self._line) : len(self._line) + rows * size]
            self._path.write_bytes(whole)
        except OSError as error:
            raise access_error("write", self._path, error) from None
        if rows:
            vectors[:rows] = np.frombuffer(whole[len(self._line) :], dtype=np.float32).reshape(rows, -1)
        return rows

    def add(self, vectors: Floats) -> None:
        """Add a batch of rows.

        Raises
        ------
        FileAccessError
            If the file cannot be written.
        """
        if self._path is None:
            return
        try:
            with self._path.open("ab") as file:
                file.write(np.ascontiguousarray(vectors).tobytes())
        except OSError as error:
            raise access_error("write", self._path, error) from None

    def remove(self) -> None:
        """Remove the file: the run is done."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
