"""Tensors for a layer of PyTorch's that decodes on look-up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embcompress.exports._decoding import decoding_of
from embcompress.exports._format import Kind, library
from embcompress.exports._words import words_beside, write_words
from embcompress.vectors import CompressedVectors

READER = "embcompress.apps.torch_codes.CodedEmbedding"
KINDS = {"": Kind("PyTorch state dict, the codes in it, words in JSON", (".pt",), None)}

beside = words_beside


def write(vectors: CompressedVectors, path: Path) -> None:
    """The state dict of a layer that holds codes as integers and decodes on its device; words in JSON."""
    torch = library("torch", "torch")
    state = {
        f"segments.{number}.{name}": torch.from_numpy(np.array(array))
        for number, part in enumerate(vectors.coded_rows.parts)
        for name, array in decoding_of(part).arrays().items()
    }
    with open(path, "wb") as file:
        torch.save(state, file)
    write_words(words_beside(path)[0], vectors.key_to_index.items())
