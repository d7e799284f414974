"""Nominating and scoring: restrictions, blocks, batches, processes."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from embcompress import Table, shrink
from embcompress.kernels import blocks
from embcompress.search import Search
from tests.common import ROWS, quantizers, shrunk, unit_queries

RANGES = [range(300), range(5, 205), range(120, 600), range(560, ROWS), range(127, 641), range(699), range(1, ROWS)]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 128 rows, so that the small table has six of them."""
    monkeypatch.setattr(blocks, "INDEX_ROWS", 128)
    monkeypatch.setattr(blocks, "INDEX_BYTES", 128)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("spec", quantizers())
def test_restricted_queries_find_the_exact_neighbours(spec: str) -> None:
    search = Search(shrunk(spec).segment)
    queries = unit_queries(6)
    for within in [*RANGES, range(ROWS)]:
        exact, exact_rows = search.nearest(queries, 10, within=within, exact=True)
        for asked in (queries, queries[:1]):
            scores, rows = search.nearest(asked, 10, within=within)
            assert scores == pytest.approx(exact[: len(asked)], abs=2e-6)
            assert within.start <= rows.min() <= rows.max() < within.stop
        assert (exact_rows >= within.start).all()


@pytest.mark.usefixtures("small_blocks")
def test_a_restriction_builds_only_the_blocks_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[slice] = []
    build = blocks.BlockIndex._built

    def noted(self: blocks.BlockIndex, block: slice) -> object:
        built.append(block)
        return build(self, block)

    monkeypatch.setattr(blocks.BlockIndex, "_built", noted)
    search = Search(shrunk("lloyd:4").segment)
    search.nearest(unit_queries(1), 5, within=range(130, 380))
    assert built == [slice(128, 256), slice(256, 384)]
    search.nearest(unit_queries(1), 5)
    assert sorted(block.start for block in built) == [0, 128, 256, 384, 512, 640]


def test_fewer_rows_than_wanted() -> None:
    search = Search(shrunk("int8").segment)
    scores, rows = search.nearest(unit_queries(2), 10, within=range(3, 7))
    assert [sorted(each) for each in rows.tolist()] == [[3, 4, 5, 6]] * 2
    assert (np.diff(scores, axis=1) <= 0).all()
    assert search.nearest(unit_queries(2), 10, within=range(3, 3))[0].shape == (2, 0)
    assert search.nearest(unit_queries(1), 10**6)[1].shape == (1, ROWS)


def test_neighbours_outside_a_restriction_do_not_crowd_out_those_inside() -> None:
    """All that is near to the query lies before the restriction; within it, rows are all but opposite."""
    generator = np.random.default_rng(3)
    near = np.array([1.0] * 16) + 0.1 * generator.standard_normal((2000, 16))
    far = np.array([-1.0] * 16) + 0.5 * generator.standard_normal((2000, 16))
    table = Table([f"w{row}" for row in range(4000)], np.concatenate([near, far]).astype(np.float32))
    for spec in ("lloyd:4", "int8", "pq:8x8"):
        vectors = shrink(table, spec)
        exact = [score for _, score in vectors.most_similar("w0", clip_start=2000, exact=True)]
        found = [score for _, score in vectors.most_similar("w0", clip_start=2000)]
        assert found == pytest.approx(exact, abs=2e-6)


def test_a_batch_gives_what_single_queries_give() -> None:
    for spec in ("binary", "int8", "pq:8x8", "float16"):
        search = Search(shrunk(spec).segment)
        queries = unit_queries(100)
        scores, _ = search.nearest(queries, 10)
        single = np.concatenate([search.nearest(query[None], 10)[0] for query in queries])
        assert scores == pytest.approx(single, abs=2e-6)


FORKED = """
import os, signal, sys
from tests.common import shrunk
vectors = shrunk(sys.argv[1])
queries = vectors.get_normed_vectors()[:300]
before = vectors.neighbours(queries)[1]
child = os.fork()
if child == 0:
    signal.alarm(60)
    same = (vectors.neighbours(queries)[1] == before).all() and vectors.most_similar("word3", exact=True)
    os._exit(0 if same else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("spec", ["lloyd:4", "int8"])
def test_a_forked_worker_answers_after_its_parent_has_searched(spec: str) -> None:
    result = subprocess.run([sys.executable, "-c", FORKED, spec], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr


def test_threads_can_be_set() -> None:
    import faiss

    before = faiss.omp_get_max_threads()
    try:
        search = Search(shrunk("lloyd:4").segment, threads=1)
        search.nearest(unit_queries(3), 10)
        assert faiss.omp_get_max_threads() == 1
    finally:
        faiss.omp_set_num_threads(before)
