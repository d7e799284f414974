"""An export never has the whole table decoded in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embcompress import CompressedVectors, encodings
from embcompress.arrays import directions
from embcompress.encode import fit
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.vocabulary import Vocabulary
from tests.limited import needs_linux, run_limited

ROWS, DIMS = 200_000, 300
ALLOWED = 110 << 20
"""Bytes beyond what the imported libraries hold already; the table's float32 rows alone are 228 << 20."""

IMPORTED = ("faiss", "gensim.models", "embcompress.exports", "embcompress.vectors")

pytestmark = needs_linux


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "table.embc"
    generator = np.random.default_rng(0)
    sample = directions(generator.standard_normal((5000, DIMS)).astype(np.float32))
    codec = fit(encodings.parse("binary"), sample)
    codes = generator.integers(0, 256, (ROWS, codec.code_size), dtype=np.uint8)
    codes[:, -1] &= 15  # 300 signs: the last byte holds four
    segment = Segment(codec, codes, np.ones(ROWS, dtype=np.uint8), LengthScale(0.0, 0.0))
    CompressedVectors(Vocabulary.from_words(f"w{row}" for row in range(ROWS)), segment, {}).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "modules"),
    [("word2vec", "sys"), ("gensim", "sys"), ("parquet", "pyarrow.parquet")],
)
def test_an_export_takes_less_memory_than_the_table(name: str, modules: str, made: Path, tmp_path: Path) -> None:
    pytest.importorskip(modules, reason="writes the format")
    target = tmp_path / "out"
    # Arrow's own pool reserves a gigabyte that it never uses.
    call = ("export", str(made), "--to", name, "-o", str(target))
    done = run_limited(ALLOWED, (*IMPORTED, modules), *call, ARROW_DEFAULT_MEMORY_POOL="system")
    assert done.returncode == 0, done.stderr
    assert target.exists()
