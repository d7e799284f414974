"""What mutants once found in readers, so that it stays mended."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as safetensors_bytes

from embcompress import FormatError, load
from embcompress.text import LONGEST_ERROR, one_line
from tests.test_more_formats import tokenizer
from tests.writers import VECTORS, WORDS, npz, write


@pytest.mark.parametrize("order", "<>")
def test_words_of_characters_that_there_are_not(order: str, tmp_path: Path) -> None:
    words = np.array(["ab", "c"], dtype=f"{order}U2")
    content = io.BytesIO()
    np.savez(content, words=words, vectors=VECTORS[:2])
    assert list(load(write(tmp_path / "table", content.getvalue())).words) == ["ab", "c"]
    words.view(f"{order}u4")[0] = 0x110000
    content = io.BytesIO()
    np.savez(content, words=words, vectors=VECTORS[:2])
    with pytest.raises(FormatError, match=r"is a damaged \.npz \(a word holds a character of number 1114112\)"):
        load(write(tmp_path / "table", content.getvalue()))


def test_errors_are_one_line_whatever_a_file_holds(tmp_path: Path) -> None:
    content = safetensors_bytes({"embeddings": VECTORS})
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["embeddings"]["dtype"] = "\n\x1b[31m" + "x" * 5000
    encoded = json.dumps(header).encode()
    write(tmp_path / "tokenizer.json", tokenizer(WORDS))
    path = write(tmp_path / "table", len(encoded).to_bytes(8, "little") + encoded + content[8 + size :])
    with pytest.raises(FormatError) as caught:
        load(path)
    assert r"tensor 'embeddings' is \n\x1b[31mxxx" in str(caught.value)
    assert len(str(caught.value)) < LONGEST_ERROR + len(str(path)) + 10
    assert str(caught.value).isprintable()


def test_names_within_archives_are_cut(tmp_path: Path) -> None:
    content = npz(WORDS, VECTORS)
    renamed = content.replace(b"words.npy", b"\n" * 9, 1)
    with pytest.raises(FormatError) as caught:
        load(write(tmp_path / "table", renamed))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2 * LONGEST_ERROR


def test_one_line_leaves_words_of_any_language_as_they_are() -> None:
    assert one_line("naïve 東京 'a b'") == "naïve 東京 'a b'"
    assert one_line("a\u2028b\x00\ud800") == r"a\u2028b\x00\ud800"
    assert one_line("x" * LONGEST_ERROR) == "x" * LONGEST_ERROR
    assert one_line("x" * 10_000) == "x" * LONGEST_ERROR + "..."
