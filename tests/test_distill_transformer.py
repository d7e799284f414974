"""A transformer as a teacher: a small one with random weights, made here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embcompress import FormatError, UsageError
from embcompress.distill.encoded_rows import EncodedRows
from embcompress.distill.transformer import Transformer
from embcompress.distill.vocabulary_teacher import WORDS_AT_ONCE, Asked, asked_of, encoded
from embcompress.errors import MissingPackageError
from tests.common import small_table
from tests.model import PIECES, save_model

has_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None or importlib.util.find_spec("torch") is None,
    reason="transformers and torch are not installed",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("model"))


@has_transformers
def test_a_word_is_the_mean_of_what_the_model_says_of_its_tokens(folder: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    words = ["a", "bad", "cafe", "hide"]
    found = Transformer(str(folder)).of_words(words)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    for word, vector in zip(words, found, strict=True):
        ids = [2, PIECES.index(word[0]), *(PIECES.index(f"##{letter}") for letter in word[1:]), 3]
        with torch.inference_mode():
            expected = model(torch.tensor([ids])).last_hidden_state[0].mean(dim=0).numpy()
        np.testing.assert_allclose(vector, expected, atol=1e-5)


@has_transformers
def test_a_token_is_read_as_a_text_of_its_own(folder: Path) -> None:
    model = Transformer(str(folder))
    assert model.tokens() == PIECES[5:]
    np.testing.assert_allclose(model.of_tokens(["c", "d"]), model.of_words(["c", "d"]), atol=1e-5)
    assert np.abs(model.of_tokens(["##c"]) - model.of_tokens(["c"])).max() > 0.01
    table = encoded(asked_of(model, "tokenizer"))
    assert list(table.words) == PIECES[5:]


@has_transformers
@pytest.mark.parametrize("name", ["", "elsewhere"])
def test_a_folder_without_a_model_is_refused(name: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{" if name else '{"model_type": "bert"}')
    with pytest.raises(FormatError, match=r"is no folder of a transformer that can be read: ") as error:
        Transformer(str(tmp_path))
    assert "\n" not in str(error.value)


@has_transformers
def test_a_model_that_does_not_encode_words_is_refused(folder: Path) -> None:
    model = Transformer(str(folder))
    model._model.forward = None
    for encode in (model.of_words, model.of_tokens):
        with pytest.raises(FormatError, match="is a model that does not encode words: "):
            encode(["a"])


@has_transformers
def test_a_model_that_cannot_be_fetched_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match=r"nowhere is no folder, and the model sentence-transformers/nowhere could"):
        Transformer("nowhere")


@pytest.mark.parametrize("name", ["", "./missing", "/a/b", "some/where/else"])
@has_transformers
def test_a_folder_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        Transformer(name)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPackageError, match=r"needs (transformers|torch): pip install 'embcompress\[teacher\]'"):
        Transformer("any")


class Encoder:
    """Gives the small table's rows, and stops after some batches."""

    def __init__(self, stops_at: int = 1 << 30) -> None:
        self.calls, self.stops_at = 0, stops_at

    def __call__(self, words: Any) -> Any:
        self.calls += 1
        if self.calls == self.stops_at:
            raise KeyboardInterrupt
        return np.stack([small_table()[word] for word in words])


def asked(encoder: Encoder) -> Asked:
    return Asked(list(small_table().words), encoder, small_table().dims, "an encoder")


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    whole = encoded(asked(Encoder()), dims=5, sif=True)
    with pytest.raises(KeyboardInterrupt):
        encoded(asked(Encoder(stops_at=3)), checkpoint=path)
    path.write_bytes(path.read_bytes() + b"a part of a batch")
    again = Encoder()
    resumed = encoded(asked(again), dims=5, sif=True, checkpoint=path)
    assert again.calls == 1, "two batches of three were in the file"
    assert resumed.vectors.tobytes() == whole.vectors.tobytes()  # type: ignore[attr-defined]
    assert not path.exists()


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    with pytest.raises(KeyboardInterrupt):
        encoded(asked(Encoder(stops_at=2)), checkpoint=path)
    with pytest.raises(UsageError, match="a checkpoint of another run"):
        EncodedRows(path, "another encoder", list(small_table().words), WORDS_AT_ONCE).read(
            np.zeros((700, 24), np.float32)
        )
    path.write_bytes(path.read_bytes() + bytes(700 * 24 * 4))
    with pytest.raises(FormatError, match="more rows than there are words"):
        encoded(asked(Encoder()), checkpoint=path)
    with pytest.raises(OSError, match="cannot write"):
        encoded(asked(Encoder()), checkpoint=tmp_path / "missing" / "run.ckpt")


def test_principal_axes_and_shorter_frequent_words() -> None:
    exact = small_table().rows(slice(None))
    table = encoded(asked(Encoder()), dims=7)
    centred = exact - exact.mean(axis=0)
    spreads = np.linalg.svd(centred, compute_uv=False)[:7]
    np.testing.assert_allclose(np.linalg.norm(table.rows(slice(None)), axis=0), spreads, rtol=1e-3)
    weighted = encoded(asked(Encoder()), sif=True).rows(slice(None))
    shares = np.linalg.norm(weighted, axis=1) / np.linalg.norm(exact, axis=1)
    probabilities = (1 / np.arange(2, 702)) / (1 / np.arange(2, 702)).sum()
    np.testing.assert_allclose(shares, 1e-4 / (1e-4 + probabilities), rtol=1e-4)
    with pytest.raises(UsageError, match="dims = 25: 700 words in 24 dimensions have 1 to 24"):
        encoded(asked(Encoder()), dims=25)


@has_transformers
def test_words_of_a_file_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    model = Transformer(str(folder))
    path = tmp_path / "words.txt"
    path.write_text("\n  \n")
    with pytest.raises(UsageError, match=r"words.txt holds no word: give a file of one word a line, or tokenizer"):
        asked_of(model, path)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(FormatError, match="not UTF-8"):
        asked_of(model, path)
    path.write_text("bad\r\ncafe\nbad\n")
    assert list(asked_of(model, path).words) == ["bad", "cafe"]
