"""Nominating on a GPU: what is chosen, re-coded and asked, with FAISS's CPU indexes in the places of its GPU ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import faiss
import numpy as np
import pytest

import embcompress
from embcompress import UsageError, load, parse
from embcompress.affine import Affine
from embcompress.arrays import Floats, directions
from embcompress.codebook import Codebook
from embcompress.codec import Codec
from embcompress.encode import encode, fit, sample_directions
from embcompress.kernels.gpu import MOST_NOMINEES, gpu_scan
from embcompress.kernels.gpu_layouts import PQ_COLUMNS, PQ_WIDTHS, NearEvenLevels, PaddedCentroids
from embcompress.kernels.gpu_scans import DirectionScan, ListScan, SignScan
from embcompress.kernels.scalars import Halves
from embcompress.lengths import LengthScale
from embcompress.lists import Lists
from embcompress.search import Search
from embcompress.segment import Segment
from tests.common import shrunk, small_table, unit_queries

SHIPPED = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"
MOVED_TO = "StandardGpuResources", "GpuClonerOptions", "GpuIndexFlatConfig"

KINDS = [
    ("center,rotate,binary", "center,rotate,binary", "gpu"),  # by Hamming distance
    ("pca:60,binary", "pca:13,binary", "gpu"),  # as levels
    ("ternary", "ternary", "gpu"),
    ("int4", "int4", "gpu"),
    ("int8", "int8", "gpu"),
    ("pca:50,lloyd:4", "pca:13,lloyd:4", "gpu"),
    ("float16", "float16", "gpu"),
    ("pq:10x8", "pq:8x8", "gpu"),
    ("pq:10x4", "pq:8x4", "gpu:float16"),
]
"""A spec for 100 dimensions, a like one for 24, and where it is searched."""


@dataclass
class FakeGpu:
    """What was moved to it, and with which options."""

    indexes: list[Any] = field(default_factory=list)
    options: list[Any] = field(default_factory=list)

    def move(self, resources: Any, device: int, index: Any, options: Any = None) -> Any:
        assert type(resources).__name__ == "StandardGpuResources"
        assert device == 0
        self.indexes.append(index)
        self.options.append(options)
        return index

    def empty_halves(self, resources: Any, dims: int, options: Any) -> Any:
        assert options.useFloat16
        index = faiss.IndexScalarQuantizer(dims, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return self.move(resources, options.device, index, options)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    fake = FakeGpu()
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    for name in MOVED_TO:
        monkeypatch.setattr(faiss, name, type(name, (), {}), raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_gpu", fake.move, raising=False)
    monkeypatch.setattr(faiss, "index_binary_cpu_to_gpu", fake.move, raising=False)
    monkeypatch.setattr(faiss, "GpuIndexFlatIP", fake.empty_halves, raising=False)
    return fake


@cache
def wikipedia(spec: str) -> Segment:
    """20,000 real rows under a spec."""
    rows = load(SHIPPED).vectors[:]
    return encode(rows, fit(parse(spec), sample_directions(rows, 4000, seed=0)))


@cache
def small(spec: str) -> Segment:
    rows = small_table().vectors[:]
    return encode(rows, fit(parse(spec), sample_directions(rows, len(rows), seed=0)))


def words_and_analogies(segment: Segment, count: int) -> Floats:
    """Directions of rows, and of b - a + c of as many triples of rows, (2 * count, d)."""
    generator = np.random.default_rng(3)
    words = segment.directions(np.sort(generator.choice(len(segment), count, replace=False)))
    a, b, c = (segment.directions(generator.choice(len(segment), count)) for _ in range(3))
    return np.concatenate([words, directions(b - a + c)])


def agreement(segment: Segment, device: str) -> float:
    """Share of queries whose ten nearest rows on a device score as the ten nearest of all rows do."""
    queries = words_and_analogies(segment, 150)
    search = Search(segment, device=device)
    found = search.nearest(queries, 10)[0]
    exact = search.nearest(queries, 10, exact=True)[0]
    return float((np.abs(found - exact) < 2e-6).all(axis=1).mean())


@pytest.mark.parametrize(
    ("spec", "scan", "layout"),
    [
        ("center,rotate,binary", SignScan, None),
        ("rotate,lloyd:1", SignScan, None),
        ("pca:13,binary", ListScan, NearEvenLevels),  # principal axes weigh too unequally for Hamming distance
        ("ternary", ListScan, NearEvenLevels),
        ("int2", ListScan, NearEvenLevels),
        ("int4", ListScan, NearEvenLevels),
        ("int8", ListScan, NearEvenLevels),
        ("lloyd:4", ListScan, NearEvenLevels),
        ("pq:24x4", ListScan, NearEvenLevels),  # one axis a column
        ("float16", ListScan, Halves),
        ("pq:5x8", ListScan, PaddedCentroids),
    ],
)
def test_codes_choose_the_kernel(spec: str, scan: type, layout: type | None) -> None:
    chosen = gpu_scan(small(spec), decoded=False)
    assert type(chosen) is scan
    if isinstance(chosen, ListScan):
        assert type(chosen.layout) is layout
    assert isinstance(gpu_scan(small(spec), decoded=True), DirectionScan)


def test_codes_without_a_kernel_name_what_works() -> None:
    with pytest.raises(
        UsageError, match=r'no GPU kernel for codes of 8 symbols of 16 values over 3 .*"gpu:float16".*48 '
    ):
        gpu_scan(small("pq:8x4"), decoded=False)


def test_unknown_devices_are_refused() -> None:
    with pytest.raises(UsageError, match="device 'cuda' is not known: give 'cpu', 'gpu' or 'gpu:float16'"):
        Search(small("int8"), device="cuda")


def test_without_the_gpu_build_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(faiss, "StandardGpuResources", raising=False)
    path = tmp_path / "small.embc"
    shrunk("int8").save(path)
    for device in ("gpu", "gpu:float16"):
        with pytest.raises(UsageError, match=r'pip uninstall faiss-cpu && pip install faiss-gpu-cu12.*device="cpu"'):
            embcompress.open(path, device=device)
    assert embcompress.open(path, device="cpu").most_similar("word3") == shrunk("int8").most_similar("word3")


def test_with_the_gpu_build_but_no_gpu_the_error_names_the_driver(
    gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    with pytest.raises(UsageError, match=r'FAISS finds no GPU.*nvidia-smi.*device="cpu"'):
        Search(small("int8"), device="gpu")


@pytest.mark.parametrize("spec", ["int8", "int4", "int2", "binary", "ternary", "lloyd:4", "pq:24x4", "pca:16,int8"])
def test_levels_keep_their_meaning(spec: str) -> None:
    segment = small(spec)
    codebook = segment.codec.codebook
    assert codebook is not None
    layout = NearEvenLevels(segment, codebook)
    lowest, reach = codebook.centroids.min(axis=1)[:, 0], np.ptp(codebook.centroids, axis=1)[:, 0]
    levels = lowest + layout.codes(slice(0, 700))[:, : layout.axes] * (reach / 255)
    rounding = 1e-6 if spec.split(",")[-1].startswith("int") else 0.5 / 255
    assert np.all(np.abs(levels - segment.codec.components(segment.codes[:])) <= 1.001 * rounding * reach + 1e-6)


@pytest.mark.parametrize(("spec", "columns", "width"), [("pq:3x8", 4, 8), ("pq:5x8", 8, 6), ("pq:12x8", 16, 2)])
def test_padded_centroids_score_as_the_codes_do(gpu: FakeGpu, spec: str, columns: int, width: int) -> None:
    segment = small(spec)
    scan = gpu_scan(segment, decoded=False)
    assert isinstance(scan, ListScan)
    assert isinstance(scan.layout, PaddedCentroids)
    queries, expected = unit_queries(5), np.linspace(0.2, 0.8, 5, dtype=np.float32)
    index = scan.index(faiss.StandardGpuResources())
    assert (index.pq.M, index.pq.dsub) == (columns, width)
    assert columns in PQ_COLUMNS
    assert width in PQ_WIDTHS
    scores, rows = index.search(scan.queries(queries, expected), len(segment))
    lengths = scan.layout.lengths
    less = lengths.levels[lengths.symbols(segment.codes[:])]
    products = queries @ segment.codec.decode(segment.codes[:]).T + expected[:, None] * less
    np.testing.assert_allclose(scores, np.take_along_axis(products, rows, axis=1), atol=1e-5)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(700), (5, 1)))


@pytest.mark.parametrize(("columns", "padded", "halves"), [(47, 48, False), (48, 56, True), (75, 96, True)])
def test_many_symbols_need_tables_of_half_precision(gpu: FakeGpu, columns: int, padded: int, halves: bool) -> None:
    segment = with_random_centroids(columns, 2)
    gpu_scan(segment, decoded=False).index(faiss.StandardGpuResources())
    assert [index.pq.M for index in gpu.indexes] == [padded]
    assert [options.useFloat16 for options in gpu.options] == [halves]


@pytest.mark.parametrize(("columns", "width"), [(96, 2), (2, 33)])
def test_symbols_too_many_or_too_wide_have_no_kernel(columns: int, width: int) -> None:
    with pytest.raises(
        UsageError, match=f"no GPU kernel for codes of {columns} symbols of 256 values over {width} dim"
    ):
        gpu_scan(with_random_centroids(columns, width), decoded=False)


def with_random_centroids(columns: int, width: int) -> Segment:
    generator = np.random.default_rng(5)
    centroids = generator.standard_normal((columns, 256, width)).astype(np.float32)
    codec = Codec(Affine(columns * width), Codebook(columns * width, centroids))
    codes = generator.integers(256, size=(30, columns), dtype=np.uint8)
    return Segment(codec, codes, np.full(30, 9, dtype=np.uint8), LengthScale(0.0, 1.0))


@pytest.mark.parametrize("expected", [0.0, 0.6])
@pytest.mark.parametrize("spec", ["center,rotate,binary", "rotate,lloyd:1", "dims:21,rotate,binary:zero"])
def test_signs_are_compared_by_hamming_distance(gpu: FakeGpu, spec: str, expected: float) -> None:
    segment = small(spec)
    scan = gpu_scan(segment, decoded=False)
    index = scan.index(faiss.StandardGpuResources())
    assert index.d == 24  # bits, whole bytes of them
    queries = unit_queries(6)
    placed = scan.queries(queries, np.full(6, expected, dtype=np.float32))
    distances, rows = index.search(placed, len(segment))
    assert segment.codec.codebook is not None
    bits = segment.codec.codebook.unpack(segment.codes[:])
    wrong = (bits[None] != better_bits(segment, queries, expected)[:, None]).sum(axis=2)
    np.testing.assert_array_equal(distances, np.take_along_axis(wrong, rows, axis=1))


def better_bits(segment: Segment, queries: Floats, expected: float) -> Any:
    """By trial: which bit of each axis, all others half-way, makes ``q . x - t |x|^2 / 2`` larger, (m, c)."""
    codec = segment.codec
    assert codec.codebook is not None
    levels = codec.codebook.centroids[:, :, 0].astype(np.float64)  # (c, 2)
    gains = []
    for bit in (0, 1):
        y = np.tile(levels.mean(axis=1), (len(levels), 1))
        np.fill_diagonal(y, levels[:, bit])
        x = codec.affine.backward(y.astype(np.float32)).astype(np.float64)  # (c, d)
        gains.append(queries @ x.T - expected * np.square(x).sum(axis=1) / 2)
    return gains[1] > gains[0]


@pytest.mark.parametrize(("spec", "small_spec", "device"), KINDS)
def test_the_nearest_rows_are_the_exact_ones(gpu: FakeGpu, spec: str, small_spec: str, device: str) -> None:
    assert agreement(wikipedia(spec), device) >= 0.99
    assert agreement(small(small_spec), device) >= 0.99
    # Hamming distance would have to nominate all of so few rows: they are scored without it.
    nominated = [20_000] if spec == "center,rotate,binary" else [20_000, 700]
    assert [index.ntotal for index in gpu.indexes] == nominated


@pytest.mark.parametrize(
    "ask",
    [
        lambda search, queries, exact: search.nearest(queries, 10, within=range(2000, 9000), exact=exact),
        lambda search, queries, exact: search.nearest(queries, 400, exact=exact),
    ],
    ids=["restricted", "more than a GPU selects"],
)
def test_the_cpu_nominates_what_a_gpu_cannot(gpu: FakeGpu, ask: Callable[[Search, Floats, bool], Any]) -> None:
    segment = wikipedia("ternary")
    search = Search(segment, device="gpu")
    queries = words_and_analogies(segment, 10)
    scores, rows = ask(search, queries, False)
    exact, exact_rows = ask(search, queries, True)
    assert np.mean(np.abs(scores - exact) < 2e-6) >= 0.995
    assert np.mean(rows == exact_rows) >= 0.99
    assert not gpu.indexes


def test_a_gpu_is_asked_for_no_more_than_it_selects(gpu: FakeGpu) -> None:
    search = Search(wikipedia("ternary"), device="gpu")
    queries = words_and_analogies(wikipedia("ternary"), 3)
    most = MOST_NOMINEES // 6
    assert search.nearest(queries, most + 1)[0].shape == (6, most + 1)
    assert not gpu.indexes
    assert search.nearest(queries, most)[0].shape == (6, most)
    assert len(gpu.indexes) == 1


def test_a_gpu_scans_every_row_though_there_are_lists(gpu: FakeGpu) -> None:
    segment = wikipedia("int4")
    lists = Lists(
        centroids=np.eye(2, 100, dtype=np.float32),
        rows=np.arange(20_000, dtype=np.int32),
        sizes=np.array([10_000, 10_000], dtype=np.int32),
        nprobe=1,
        recall=0.5,
    )
    search = Search(segment, lists, device="gpu")
    queries = words_and_analogies(segment, 20)
    np.testing.assert_array_equal(search.nearest(queries, 10)[1], search.nearest(queries, 10, exact=True)[1])
    assert search.lists is lists


def test_searches_on_a_gpu_take_turns(gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = wikipedia("int4")
    search = Search(segment, device="gpu")
    queries = words_and_analogies(segment, 20)
    answers = [search.nearest(queries[[row]], 10)[1][0] for row in range(len(queries))]
    index, busy = gpu.indexes[0], Lock()
    search_alone = index.search

    def search_once(*arguments: Any) -> Any:
        assert busy.acquire(blocking=False), "two searches at a time"
        try:
            return search_alone(*arguments)
        finally:
            busy.release()

    monkeypatch.setattr(index, "search", search_once)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: search.nearest(queries[[row]], 10)[1][0], range(len(queries))))
    np.testing.assert_array_equal(found, answers)
    assert len(gpu.indexes) == 1


def test_rows_that_a_gpu_cannot_take_are_one_clear_error(gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> Any:
        raise RuntimeError("Error: 'err == cudaSuccess' failed:\nout of memory")

    monkeypatch.setattr(faiss, "index_cpu_to_gpu", full, raising=False)
    search = Search(small("int8"), device="gpu")
    with pytest.raises(
        UsageError, match=r'cannot put the 700 rows on the GPU .*failed: out of memory.*device="cpu"'
    ) as e:
        search.nearest(unit_queries(1), 10)
    assert "\n" not in str(e.value)


@pytest.mark.skipif(
    not hasattr(faiss, "StandardGpuResources") or not faiss.get_num_gpus(),
    reason="needs a GPU and FAISS's GPU build (faiss-gpu-cu12)",
)
@pytest.mark.parametrize(("spec", "small_spec", "device"), KINDS)
def test_on_a_gpu(spec: str, small_spec: str, device: str) -> None:
    assert agreement(wikipedia(spec), device) >= 0.99
    assert agreement(small(small_spec), device) >= 0.99
