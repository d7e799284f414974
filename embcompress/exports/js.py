"""A folder that any static server serves: a reader in JavaScript, a page that asks it, and the table."""

from __future__ import annotations

import shutil
from pathlib import Path

from embcompress import file
from embcompress.exports._format import Kind
from embcompress.vectors import CompressedVectors

READER = "browsers, node"
KINDS = {"": Kind("folder for a static server: reader in JavaScript, page, the table as .embc", (".web",), None)}
FOLDER = True

FILES = Path(__file__).parent / "js_files"
TABLE = "table.embc"
LEFT_OUT = {"coders", "packed"}
"""Of the metadata: the reader takes arrays as they are."""


def write(vectors: CompressedVectors, path: Path) -> None:
    """A folder of ``embcompress.js``, ``index.html`` and ``table.embc``, the latter not packed."""
    path.mkdir()
    for each in FILES.iterdir():
        shutil.copyfile(each, path / each.name)
    metadata = {key: value for key, value in vectors.metadata.items() if key not in LEFT_OUT}
    file.write(path / TABLE, file.Contents(vectors.index_to_key, vectors.coded_rows, metadata))
