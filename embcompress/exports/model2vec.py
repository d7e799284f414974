"""A static model: a matrix and a tokenizer, as model2vec and Sentence Transformers load it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embcompress.exports._format import Kind
from embcompress.exports._tensor import write_tensor
from embcompress.exports._words import write_words
from embcompress.table import Table
from embcompress.text import is_utf8

READER = "StaticModel.from_pretrained, SentenceTransformer"
KINDS = {"": Kind("folder of a static model: matrix, tokenizer, settings", (".model2vec",))}
FOLDER = True

UNKNOWN = "[UNK]"
PUNCTUATION_AT_AN_END = r"^[^\w\s]+|[^\w\s]+$"
MODULES = [{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]

holds = is_utf8  # a tokenizer is Rust's, and its texts are Unicode


def write(table: Table, path: Path) -> None:
    """A folder: a float32 matrix, and a tokenizer that cuts text at white space and punctuation off its words."""
    path.mkdir()
    added = [] if UNKNOWN in table.words else [(UNKNOWN, len(table))]
    write_tensor(path / "model.safetensors", "embeddings", table, "<f4", spare=len(added))
    before, after = _tokenizer(table)
    write_words(path / "tokenizer.json", _rows(table, added), before=before, after=after)
    (path / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": False}))
    (path / "modules.json").write_text(json.dumps(MODULES))


def _rows(table: Table, added: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for row, word in enumerate(table.words):
        yield word, row
    yield from added


def _tokenizer(table: Table) -> tuple[str, str]:
    """JSON of a tokenizer up to its vocabulary, and what follows that."""
    is_lower_case = all(word == word.lower() for word in table.words)
    cuts: list[dict[str, Any]] = [
        {"type": "WhitespaceSplit"},
        {"type": "Split", "pattern": {"Regex": PUNCTUATION_AT_AN_END}, "behavior": "Isolated", "invert": False},
    ]
    settings: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if is_lower_case else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "unk_token": UNKNOWN, "vocab": {}},
    }
    before, vocabulary, after = json.dumps(settings).rpartition("{}")
    assert vocabulary
    return before, after
