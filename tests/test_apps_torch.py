"""The layer looks up what the table decodes, as PyTorch's own layer would in the decoded table."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import embcompress
from embcompress import EmbcompressError, FileAccessError
from embcompress.errors import WrongTypeError
from tests.common import DIMS, ROWS, shrunk

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
CompressedEmbedding = pytest.importorskip("embcompress.apps.torch").CompressedEmbedding


@pytest.fixture
def path(tmp_path: Path) -> Path:
    shrunk("lloyd:4").save(tmp_path / "table.embc")
    return tmp_path / "table.embc"


@pytest.mark.parametrize("spec", ["int8", "head:200:groups:3,pca:13,lloyd:2", "pca:12,vq:40,int8"])
@pytest.mark.parametrize("dtype", ["int64", "int32"])
@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4), (0,), (2, 0)])
def test_it_is_the_layer_of_the_decoded_table(spec: str, dtype: str, shape: tuple[int, ...]) -> None:
    vectors = shrunk(spec)
    ids = torch.from_numpy(np.random.default_rng(3).integers(ROWS, size=shape).astype(dtype))
    own = torch.nn.Embedding.from_pretrained(torch.from_numpy(vectors.vectors.copy()))
    found = CompressedEmbedding(vectors)(ids)
    assert (found.shape, found.dtype, found.requires_grad) == ((*shape, DIMS), torch.float32, False)
    torch.testing.assert_close(found, own(ids), rtol=1e-5, atol=1e-6)


def test_words_by_the_rows_of_the_file(path: Path) -> None:
    layer = CompressedEmbedding(path, padding_idx=-1)
    rows = layer.vectors.key_to_index
    words = ["word3", "missing", "word699", "word3"]
    found = layer(torch.tensor([rows.get(word, -1) for word in words])).numpy()
    np.testing.assert_array_equal(found[1], 0)
    np.testing.assert_allclose(found[[0, 2, 3]], embcompress.open(path)[["word3", "word699", "word3"]], rtol=1e-5)
    assert (layer.num_embeddings, layer.embedding_dim, layer.padding_idx) == (ROWS, DIMS, -1)
    assert repr(layer) == f"CompressedEmbedding({ROWS}, {DIMS}, padding_idx=-1, spec=lloyd:4)"


@pytest.mark.parametrize("padding", [0, 17, ROWS, -100])
def test_padding_is_zero(padding: int) -> None:
    found = CompressedEmbedding(shrunk("int8"), padding_idx=padding)(torch.tensor([[padding, 5], [6, padding]]))
    np.testing.assert_array_equal(found[[0, 1], [0, 1]].numpy(), 0)
    np.testing.assert_allclose(found[[0, 1], [1, 0]].numpy(), shrunk("int8")[[5, 6]], rtol=1e-5)
    only = CompressedEmbedding(shrunk("int8"), padding_idx=padding)(torch.full((3,), padding))
    np.testing.assert_array_equal(only.numpy(), np.zeros((3, DIMS)))


@pytest.mark.parametrize("number", [-1, ROWS, 2**40])
def test_ids_out_of_range(number: int) -> None:
    ids = torch.tensor([3, number])
    with pytest.raises(IndexError, match=rf"^id {number} is no row: give 0 to 699; vectors\.key_to_index has"):
        CompressedEmbedding(shrunk("int8"))(ids)
    with pytest.raises(EmbcompressError, match=r"give 0 to 699, or -7 for zeros;"):
        CompressedEmbedding(shrunk("int8"), padding_idx=-7)(ids)


def test_ids_of_a_wrong_type() -> None:
    layer = CompressedEmbedding(shrunk("int8"))
    for ids, given in [(torch.ones(2), r"torch\.float32"), (torch.tensor([True]), r"torch\.bool"), ([1], "list")]:
        with pytest.raises(WrongTypeError, match=f"not {given}: give row numbers"):
            layer(ids)


def test_tables_of_a_wrong_type(tmp_path: Path) -> None:
    with pytest.raises(WrongTypeError, match=r"^ndarray is no compressed table: give the path of an \.embc file"):
        CompressedEmbedding(np.ones((3, 2)))
    with pytest.raises(FileAccessError, match=r"missing\.embc"):
        CompressedEmbedding(tmp_path / "missing.embc")


def test_a_model_is_trained_around_it_and_its_state_holds_no_table(path: Path) -> None:
    def model() -> Any:
        return torch.nn.Sequential(CompressedEmbedding(path), torch.nn.Linear(DIMS, 2))

    first, ids, labels = model(), torch.arange(200), (torch.arange(200) < 100).long()
    before = first[0](ids)
    assert [name for name, _ in first.named_parameters()] == ["1.weight", "1.bias"]
    optimiser = torch.optim.SGD(first.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(first(ids), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert torch.equal(first[0](ids), before)
    assert set(first.state_dict()) == {"1.weight", "1.bias"}
    second = model()
    second.load_state_dict(first.state_dict())
    assert torch.equal(second(ids), first(ids))


def test_pickles_and_copies_are_the_path(path: Path) -> None:
    layer = CompressedEmbedding(path, padding_idx=2)
    written = pickle.dumps(layer)
    assert len(written) < 2000 < path.stat().st_size
    saved = io.BytesIO()
    torch.save(layer, saved)
    saved.seek(0)
    ids = torch.tensor([1, 2, 3])
    for other in (pickle.loads(written), copy.deepcopy(layer), torch.load(saved, weights_only=False)):
        assert other.vectors.path == path
        assert torch.equal(other(ids), layer(ids))


def test_a_compiled_model_answers_the_same(path: Path) -> None:
    model = torch.nn.Sequential(CompressedEmbedding(path), torch.nn.Linear(DIMS, 2))
    ids = torch.tensor([[1, 2], [1, 5]])
    compiled = torch.compile(model, backend="eager")
    torch.testing.assert_close(compiled(ids), model(ids))
    with pytest.raises(IndexError, match="id 704 is no row"):
        compiled(ids + 699)


def test_without_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import embcompress.apps; import embcompress.apps.torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == (
        "embcompress.errors.MissingPackageError: CompressedEmbedding needs torch: pip install 'embcompress[torch]'"
    )
