"""A transformer as a teacher: the vectors it gives single words, read without their sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from embcompress.arrays import Floats
from embcompress.errors import FormatError, MissingPackageError, UsageError

PREFIX = "sentence-transformers:"
"""Before a model's name or folder, where a table could stand."""

HOME = "sentence-transformers/"
"""Where models are whose names have no owner."""


class Transformer:
    """A model that encodes words, alone or as tokens of its own.

    A word is the mean of what the last layer says of its tokens, those that begin and end a text among them.

    Parameters
    ----------
    name : str
        A folder as ``sentence-transformers`` or ``transformers`` save it, or a name on the Hugging Face hub.
    device : {"cpu", "cuda"}

    Raises
    ------
    MissingPackageError
        If transformers or torch is not installed.
    UsageError
        If there is no such model, or no way to fetch it.
    FormatError
        If the folder holds no model that can be read.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        try:
            torch: Any = import_module("torch")
            transformers: Any = import_module("transformers")
        except ImportError as error:
            raise MissingPackageError(
                f"a transformer as a teacher needs {error.name}: pip install 'embcompress[teacher]'"
            ) from None
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.name = name
        self._torch = torch
        self._device = device
        place = _place(name)
        self._tokenizer = self._read(transformers.AutoTokenizer, place)
        self._model = self._read(transformers.AutoModel, place).to(device).eval()
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token

    @property
    def dims(self) -> int:
        """Length d of its vectors."""
        return int(self._model.config.hidden_size)

    def tokens(self) -> list[str]:
        """The tokens of its own vocabulary, in their order, without those that stand for no text."""
        special = set(self._tokenizer.all_special_ids)
        listed = sorted((number, token) for token, number in self._tokenizer.get_vocab().items())
        return [token for number, token in listed if number not in special]

    def of_words(self, words: Sequence[str]) -> Floats:
        """Vectors of words, (n, d) float32."""
        with self._encoding():
            given = self._tokenizer(list(words), padding=True, truncation=True, return_tensors="pt")
            return self._encode(given["input_ids"], given["attention_mask"])

    def of_tokens(self, tokens: Sequence[str]) -> Floats:
        """Vectors of tokens of its own, each as if it were a text, (n, d) float32."""
        with self._encoding():
            before, after = self._frame()
            numbers = self._tokenizer.convert_tokens_to_ids(list(tokens))
            ids = self._torch.tensor([[*before, number, *after] for number in numbers])
            return self._encode(ids, self._torch.ones_like(ids))

    def _encode(self, ids: Any, mask: Any) -> Floats:
        with self._torch.inference_mode():
            ids, mask = ids.to(self._device), mask.to(self._device)
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state  # (n, t, d)
            weights = mask[:, :, None].to(states.dtype)
            means = (states * weights).sum(dim=1) / weights.sum(dim=1)
        return np.asarray(means.float().cpu().numpy())

    def _frame(self) -> tuple[list[int], list[int]]:
        """What the tokenizer puts before a text and after it."""
        bare = self._tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = self._tokenizer("a")["input_ids"]
        start = next(place for place in range(len(whole)) if whole[place : place + len(bare)] == bare)
        return whole[:start], whole[start + len(bare) :]

    @contextmanager
    def _encoding(self) -> Iterator[None]:
        """Makes one line of whatever a model that is none for texts raises."""
        try:
            yield
        except Exception as error:
            raise FormatError(f"{self.name}: is a model that does not encode words: {_first_line(error)}") from None

    def _read(self, kind: Any, place: str) -> Any:
        folder = Path(place).is_dir()
        try:
            return kind.from_pretrained(place, local_files_only=folder)
        except Exception as error:  # whatever the library makes of a missing, foreign or damaged file
            reason = _first_line(error)
            if folder:
                raise FormatError(f"{place}: is no folder of a transformer that can be read: {reason}") from None
            raise UsageError(
                f"{self.name} is no folder, and the model {place} could not be fetched ({reason}): "
                f"give {PREFIX}FOLDER of a saved model, which needs no network"
            ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _place(name: str) -> str:
    """The folder of a model, or its whole name on the hub: OWNER/NAME.

    Raises
    ------
    UsageError
        If it can be neither.
    """
    if name and Path(name).is_dir():
        return name
    if not name or name.count("/") > 1 or name[0] in "./~":
        raise UsageError(f"{PREFIX}{name}: there is no such folder: give that of a saved model, or a model's name")
    return name if "/" in name else HOME + name
