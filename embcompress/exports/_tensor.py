"""A .safetensors file of one matrix, written row by row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from embcompress.arrays import blocks
from embcompress.errors import UsageError
from embcompress.table import Table

ALIGNMENT = 8
"""The header is padded so that the matrix starts at a multiple of this, as safetensors asks."""

NAMES = {"<f2": "F16", "<f4": "F32"}


def write_tensor(path: Path, name: str, table: Table, dtype: str, *, spare: int = 0) -> None:
    """Write a table's vectors.

    Parameters
    ----------
    path : Path
    name : str
        The tensor's.
    table : Table
    dtype : {"<f2", "<f4"}
    spare : int
        Rows of zeros after those of the table.

    Raises
    ------
    UsageError
        If a number is too large for float16.
    """
    number = np.dtype(dtype)
    shape = [len(table) + spare, table.dims]
    tensor = {"dtype": NAMES[dtype], "shape": shape, "data_offsets": [0, shape[0] * shape[1] * number.itemsize]}
    header = json.dumps({name: tensor}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % ALIGNMENT)
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for rows in blocks(len(table)):
            with np.errstate(over="ignore"):
                numbers = table.rows(rows).astype(number)
            if not np.isfinite(numbers).all():
                row = rows.start + int(np.argmin(np.isfinite(numbers).all(axis=1)))
                raise UsageError(
                    f"the vector of {table.words[row]!r} has a number that float16 cannot hold, above 65504: "
                    "take a format of float32"
                )
            file.write(numbers.tobytes())
        file.write(bytes(spare * table.dims * number.itemsize))
