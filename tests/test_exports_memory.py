"""An export never has the whole table decoded in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embcompress import CompressedVectors, encodings
from embcompress.arrays import directions
from embcompress.encode import fit
from embcompress.lengths import LengthScale
from embcompress.segment import Segment
from embcompress.vocabulary import Vocabulary

ROWS, DIMS = 200_000, 300
ALLOWED = 110 << 20
"""Bytes beyond what the imported libraries hold already; the table's float32 rows alone are 228 << 20."""

EXPORT = """
import importlib, re, resource, sys
import faiss, gensim.models, numpy, safetensors
import embcompress.exports, embcompress.vectors
import embcompress_cli.main as command
for name in sys.argv[2].split(","):
    importlib.import_module(name)
numpy.ones((500, 500)) @ numpy.ones((500, 500))  # the linear algebra library takes its buffers at first use
held = 1024 * int(re.search(r"VmData:\\s+(\\d+)", open("/proc/self/status").read())[1])
limit = held + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.exit(command.main(sys.argv[3:]))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to know and limit memory")


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
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, str(ALLOWED), modules, "export", str(made), "--to", name, "-o", str(target)],
        env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # Arrow's own reserves a gigabyte that it never uses
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert target.exists()
