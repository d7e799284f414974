"""NumPy's .npz."""

from __future__ import annotations

from pathlib import Path

from embcompress.exports._format import Kind
from embcompress.saving import FORMATS
from embcompress.table import Table

READER = "numpy.load"
KINDS = {"": Kind("NumPy's .npz, arrays words and vectors", (".npz",))}

holds = FORMATS["npz"].holds


def write(table: Table, path: Path) -> None:
    """NumPy's .npz: the arrays ``words`` and ``vectors``."""
    with open(path, "wb") as file:
        FORMATS["npz"].write(table, file)
