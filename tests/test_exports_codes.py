"""Exports that keep codes: FAISS searches the same ones, ONNX and PyTorch decode them, and no file is much larger."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

import embcompress
from embcompress import CompressedVectors, encodings, exports
from embcompress.arrays import Bytes, Floats, directions
from embcompress.encode import encode, fit
from embcompress.errors import FormatError
from embcompress.segment_search import EXPECTED_COSINE
from embcompress.vocabulary import Vocabulary
from tests.common import ALL_SPECS, DIMS, ROWS, shrunk, small_table, unit_queries

KERNELS = {
    "binary": "IndexPQFastScan",
    "ternary": "IndexPQFastScan",
    "pq:6x4:balance": "IndexPQFastScan",
    "center,rotate,lloyd:2": "IndexPQFastScan",
    "groups:2.9:8": "IndexPQ",
    "pq:8x8": "IndexPQ",
    "int8": "IndexScalarQuantizer",
    "center,rotate,delta:0.3": "IndexScalarQuantizer",
    "pca:20,prune:0.5,float16": "IndexScalarQuantizer",
}


def exported(made: CompressedVectors, name: str, folder: Path) -> Path:
    path = folder / f"table{exports.find(name).about.suffixes[0]}"
    embcompress.export(made, path)
    return path


def run(path: Path, ids: Any) -> Floats:
    runtime = pytest.importorskip("onnxruntime", reason="runs graphs of ONNX")
    answer: Floats = runtime.InferenceSession(path).run(["vectors"], {"ids": np.asarray(ids, dtype=np.int64)})[0]
    return answer


def stored(index: Any) -> Bytes:
    return np.asarray(faiss.vector_to_array(index.codes)).reshape(index.ntotal, index.code_size)


@pytest.mark.parametrize("spec", KERNELS)
def test_faiss_holds_the_same_codes(spec: str, tmp_path: Path) -> None:
    made = shrunk(spec)
    read: Any = faiss.read_index(str(exported(made, "faiss", tmp_path)))
    assert type(read).__name__ == "IndexPreTransform"
    assert (read.d, read.ntotal) == (DIMS, ROWS)
    index: Any = faiss.downcast_index(read.index)
    assert type(index).__name__ == KERNELS[spec]
    codes, codebook = np.asarray(made.segment.codes[:]), made.segment.codec.codebook
    if KERNELS[spec] != "IndexPQFastScan":
        np.testing.assert_array_equal(stored(index)[:, : codes.shape[1]], codes)
        return
    assert codebook is not None
    scanned = codebook.scan()
    covered = scanned.flat_axes >= 0
    reconstructed = index.reconstruct_n(0, ROWS)[:, : len(covered)][:, covered]
    np.testing.assert_array_equal(reconstructed, codebook.decode(codes)[:, scanned.flat_axes[covered]])


@pytest.mark.parametrize("spec", KERNELS)
def test_plain_faiss_finds_what_is_nearest(spec: str, tmp_path: Path) -> None:
    made = shrunk(spec)
    read: Any = faiss.read_index(str(exported(made, "faiss", tmp_path)))
    queries = made.get_normed_vectors()[::7]
    _, found = read.search(queries * np.linspace(0.1, 9, len(queries), dtype=np.float32)[:, None], 10)
    _, expected = made.neighbours(queries, k=10, exact=True)
    shared = [len(set(one) & set(other)) for one, other in zip(found.tolist(), expected.tolist(), strict=True)]
    assert np.mean(shared) > 9.7
    rows = json.loads((tmp_path / "table.faiss.words.json").read_text())
    assert rows == dict(made.key_to_index.items())


def test_scores_of_faiss_are_inner_products_less_lengths(tmp_path: Path) -> None:
    made, queries = shrunk("center,float16"), unit_queries(4)
    read: Any = faiss.read_index(str(exported(made, "faiss", tmp_path)))
    decoded = made.segment.decoded(slice(None))
    expected = queries @ decoded.T - EXPECTED_COSINE * np.linalg.norm(decoded, axis=1)
    scores, rows = read.search(queries, 50)
    offset = scores - np.take_along_axis(expected, rows, axis=1)  # what all rows share is not added
    assert np.abs(offset - offset.mean(axis=1, keepdims=True)).max() < 1e-3


def test_faiss_takes_one_segment(tmp_path: Path) -> None:
    with pytest.raises(embcompress.UsageError, match="coded in 2 ways, and an index of FAISS holds one"):
        exported(shrunk("head:60:int8,lloyd:2"), "faiss", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("spec", ALL_SPECS)
def test_onnx_and_torch_decode_every_code(spec: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="writes graphs")
    made = shrunk(spec)
    rows = np.random.default_rng(3).permutation(ROWS)[:150]
    expected = made.coded_rows.vectors(rows)
    tolerance = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(run(exported(made, "onnx", tmp_path), rows), expected, rtol=0, atol=tolerance)
    torch = pytest.importorskip("torch", reason="loads state dicts")
    from embcompress.apps.torch_codes import CodedEmbedding

    layer = CodedEmbedding(torch.load(exported(made, "torch", tmp_path), weights_only=True))
    decoded = layer(torch.from_numpy(rows).reshape(3, 50))
    assert decoded.shape == (3, 50, DIMS)
    np.testing.assert_allclose(decoded.reshape(-1, DIMS).numpy(), expected, rtol=0, atol=tolerance)


def test_zero_rows_are_zero(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="writes graphs")
    rows = small_table().rows(slice(40)).copy()
    rows[7] = 0
    made = embcompress.shrink(embcompress.Table([f"w{row}" for row in range(40)], rows), "center,lloyd:4")
    decoded = run(exported(made, "onnx", tmp_path), range(40))
    assert not decoded[7].any()
    np.testing.assert_allclose(decoded, made.vectors, atol=1e-6)


@pytest.mark.parametrize("spec", ["lloyd:4", "head:60:int8,lloyd:2"])
def test_rows_that_are_not_there_are_refused(spec: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="writes graphs")
    made = shrunk(spec)
    runtime = pytest.importorskip("onnxruntime", reason="runs graphs of ONNX")
    session = runtime.InferenceSession(exported(made, "onnx", tmp_path))
    with pytest.raises(Exception, match="out of data bounds"):
        session.run(None, {"ids": np.array([3, ROWS])})
    torch = pytest.importorskip("torch", reason="loads state dicts")
    from embcompress.apps.torch_codes import CodedEmbedding

    layer = CodedEmbedding(torch.load(exported(made, "torch", tmp_path), weights_only=True))
    for wrong in (-1, ROWS):
        with pytest.raises(IndexError):
            layer(torch.tensor([3, wrong]))
    assert layer(torch.tensor([ROWS - 1])).shape == (1, DIMS)


def test_a_layer_is_saved_and_moved_with_its_model(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="loads state dicts")
    from embcompress.apps.torch_codes import CodedEmbedding

    made = shrunk("head:60:float16,center,vq:30,binary")
    state = torch.load(exported(made, "torch", tmp_path), weights_only=True)
    model = torch.nn.Sequential(CodedEmbedding(state), torch.nn.Linear(DIMS, 2))
    assert {name.removeprefix("0.") for name in model.state_dict() if name.startswith("0.")} == set(state)
    assert all(torch.equal(tensor, model.state_dict()[f"0.{name}"]) for name, tensor in state.items())
    again = CodedEmbedding(model[0].state_dict())
    np.testing.assert_array_equal(again(torch.arange(ROWS)), model[0](torch.arange(ROWS)))
    assert repr(model[0]).startswith(f"CodedEmbedding(\n  {ROWS}, {DIMS}")
    for wrong in ({}, {"weight": torch.ones(3)}, {"segments.1.codes": torch.ones(3)}):
        with pytest.raises(FormatError, match="embcompress export FILE --to torch"):
            CodedEmbedding(wrong)


@cache
def of_20_000_rows(spec: str) -> CompressedVectors:
    rows = np.random.default_rng(0).standard_normal((20_000, 100)).astype(np.float32)
    words = Vocabulary.from_words(f"w{row}" for row in range(len(rows)))
    return CompressedVectors(words, encode(rows, fit(encodings.parse(spec), directions(rows[:4096]))), {})


@pytest.mark.parametrize("name", ["onnx", "torch"])
@pytest.mark.parametrize("spec", ["pq:25x4:balance", "lloyd:4", "int8", "binary", "ternary", "float16"])
def test_files_are_as_small_as_the_codes(name: str, spec: str, tmp_path: Path) -> None:
    pytest.importorskip(name, reason="writes the format")
    made = of_20_000_rows(spec)
    back = made.segment.codec.affine.back
    codes = made.segment.codes[:].nbytes + made.segment.lengths.nbytes + (0 if back is None else back.nbytes)
    size = exported(made, name, tmp_path).stat().st_size
    assert codes < size < 1.1 * codes
