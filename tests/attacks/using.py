"""Opening a file and using it, as a program would."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

import embcompress
from embcompress import EmbcompressError, UnknownWordError

SOME = 12
HIGHEST = 1.001


class WrongResultError(AssertionError):
    """What came out is not well-formed."""


def use_embc(path: Path, *, verified: bool) -> dict[str, Any]:
    """Ask an .embc file everything; what it answers.

    Parameters
    ----------
    path : Path
    verified : bool
        Have every byte checked before.
    """
    vectors = embcompress.open(path, verify=verified)
    words = list(vectors.index_to_key)
    _check(all(isinstance(word, str) for word in words), "words are not texts")
    answers: dict[str, Any] = {"words": words, "rows": vectors.vectors, "norms": vectors.norms}
    _check(answers["rows"].shape == (len(words), vectors.vector_size), "another number of rows")
    places = vectors.index_to_key.find_all(words)
    _check(bool(((places >= -1) & (places < len(words))).all()), "rows that are not there")
    known = [word for word, place in zip(words, places.tolist(), strict=True) if place >= 0]
    answers["known"] = places
    if known:
        answers["of words"] = vectors[known]
        asked = known[:: max(1, len(known) // SOME)]
        answers["singly"] = np.array([vectors.get_vector(word) for word in asked])
        for exact in (False, True):
            found = [vectors.most_similar(word, topn=5, exact=exact) for word in asked[:4]]
            found += vectors.most_similar_batch(asked, topn=3, exact=exact)
            found.append(vectors.most_similar([asked[0], asked[-1]], topn=7, restrict_vocab=200, exact=exact))
            answers[f"nearest {exact}"] = [list(map(_neighbour, each)) for each in found]
            distinct = len(set(words)) == len(words)  # damaged words may be alike
            twice = any(len({word for word, _ in each}) < len(each) for each in found)
            _check(not (distinct and twice), "a neighbour twice")
    answers["complete"] = vectors.index_to_key.starting_with("w", 5)
    answers["unseen"] = _unseen(vectors)
    for name in ("rows", "norms", "of words", "singly", "unseen"):
        finite = np.isfinite(answers.get(name, 0))
        _check(bool(np.all(finite)), f"{name} are not finite")
    return answers


def use_elsewhere(path: Path) -> None:
    """Give an .embc file to the other functions that read one."""
    packed = path.with_name("packed.embc")
    embcompress.pack(path, packed)
    embcompress.verify(packed)
    embcompress.unpack(packed, packed)


def show(path: Path) -> None:
    """Print what an .embc file says of itself."""
    from embcompress_cli.main import main

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        for arguments in (["info", str(path)], ["info", str(path), "--json"]):
            _check(main(arguments) in (0, 1), "another exit code")


def use_table(path: Path, *, strict: bool) -> None:
    """Read a table of any format, and all its rows."""
    table = embcompress.load(path, strict=strict)
    rows = table.rows(slice(0, len(table)))
    _check(rows.shape == (len(table), table.dims) and rows.dtype == np.float32, "another number of rows")
    _check(bool(np.isfinite(rows).all()), "rows are not finite")
    words = list(table.words)
    _check(len(words) == len(set(words)) == len(table), "words are not distinct")
    for row in range(0, len(words), max(1, len(words) // SOME)):
        _check(bool(np.array_equal(table[words[row]], rows[row])), "a word has another row's vector")
    if table.ngrams is not None:
        last = np.array([0, table.ngrams.vectors.shape[0] - 1])
        _check(table.ngrams.vectors[last].shape == (2, table.dims), "rows of n-grams of another length")


def _unseen(vectors: embcompress.CompressedVectors) -> Any:
    try:
        return vectors.get_vector("wrod17")
    except UnknownWordError as error:
        str(error)
        return 0.0


def _neighbour(found: tuple[str, float]) -> tuple[str, float]:
    _check(bool(np.isfinite(found[1])) and abs(found[1]) <= HIGHEST, f"a cosine of {found[1]}")
    return found


def _check(fine: bool, otherwise: str) -> None:
    if not fine:
        raise WrongResultError(otherwise)


def refusal(error: EmbcompressError, path: Path) -> str | None:
    """What is wrong with how a file was refused; None if nothing is."""
    text = str(error)
    if not text or "\n" in text or len(text) > 1500:
        return f"its error is not one line: {text[:200]!r}"
    if isinstance(error, embcompress.FormatError) and str(path.parent) not in text:
        return f"its error does not name the file: {text[:200]!r}"
    return None
