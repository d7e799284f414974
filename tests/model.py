"""A transformer for the tests: two layers of random weights and 24 dimensions, saved as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LETTERS = "abcdefghij"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def save_model(folder: Path) -> Path:
    """Write a model whose tokens are letters, at a word's beginning and within it; skips the test without libraries."""
    torch: Any = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    return folder
