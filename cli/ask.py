"""The verbs that ask an ``.embc`` file for words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embcompress_cli.output import file_argument, json_option, print_json, print_table

if TYPE_CHECKING:
    from embcompress import CompressedVectors

Found = list[tuple[str, float]]

count_option = click.option(
    "-k", "count", type=click.IntRange(min=1), default=10, show_default=True, help="Words to print."
)
exact_option = click.option("--exact", is_flag=True, help="Score every word, instead of those FAISS nominates.")


@click.command()
@file_argument
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option(
    "--batch", type=click.Path(path_type=Path, allow_dash=True), help="Words to ask about, one a line; - reads a pipe."
)
@click.option("--vector", type=click.Path(path_type=Path), help="A .npy file of a vector (d) or of several (m x d).")
@count_option
@exact_option
@json_option
def similar(
    file: Path,
    words: tuple[str, ...],
    batch: Path | None,
    vector: Path | None,
    count: int,
    exact: bool,
    as_json: bool,
) -> None:
    """Print the nearest neighbours of each WORD, of a list of words, or of vectors."""
    import embcompress

    vectors = embcompress.open(file)
    asked = [*words, *(_words_of(batch) if batch else [])]
    found: list[tuple[str, Found]] = []
    if asked:
        found += zip(asked, vectors.most_similar_batch(asked, count, exact=exact), strict=True)
    if vector:
        found += _near_vectors(vectors, vector, count, exact)
    if not found:
        raise click.UsageError("nothing to ask about: give words, --batch FILE or --vector FILE.npy")
    _print_found(found, as_json)


@click.command()
@file_argument
@click.argument("a")
@click.argument("b")
@click.argument("c")
@click.option(
    "--method",
    type=click.Choice(["3cosadd", "3cosmul"]),
    default="3cosadd",
    show_default=True,
    help="Add and subtract directions, or multiply and divide similarities.",
)
@count_option
@exact_option
@json_option
def analogy(file: Path, a: str, b: str, c: str, method: str, count: int, exact: bool, as_json: bool) -> None:
    """A is to B as C is to which word?"""
    import embcompress

    vectors = embcompress.open(file)
    if method == "3cosmul":
        found = vectors.most_similar_cosmul(positive=[b, c], negative=[a], topn=count)
    else:
        found = vectors.most_similar(positive=[b, c], negative=[a], topn=count, exact=exact)
    _print_found([(f"{a} : {b} = {c} : ?", found)], as_json)


@click.command()
@file_argument
@click.argument("prefix")
@count_option
@json_option
def complete(file: Path, prefix: str, count: int, as_json: bool) -> None:
    """Print the most frequent words that begin with PREFIX."""
    import embcompress

    vectors = embcompress.open(file)
    words = vectors.complete(prefix, count)
    rows = [vectors.get_index(word) for word in words]
    if as_json:
        print_json(
            {"prefix": prefix, "words": [{"word": word, "row": row} for word, row in zip(words, rows, strict=True)]}
        )
    else:
        print_table([f"{prefix}...", "row"], zip(words, map(str, rows), strict=True), numbers={"row"})


def _words_of(path: Path) -> list[str]:
    from embcompress.errors import FileAccessError

    try:
        with click.open_file(str(path), encoding="utf-8", errors="surrogateescape") as lines:
            return [word for line in lines if (word := line.rstrip("\r\n"))]
    except OSError as error:
        raise FileAccessError(f"cannot read {path}: {error.strerror}") from None


def _near_vectors(vectors: CompressedVectors, path: Path, count: int, exact: bool) -> list[tuple[str, Found]]:
    import numpy as np

    from embcompress.errors import FileAccessError, FormatError

    try:
        matrix = np.load(path, allow_pickle=False)
    except OSError as error:
        raise FileAccessError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise FormatError(f"{path}: not a .npy file of numbers ({error})") from None
    if not isinstance(matrix, np.ndarray):
        raise FormatError(f"{path}: several arrays, where a .npy file of one belongs")
    scores, rows = vectors.neighbours(np.atleast_2d(matrix), count, exact=exact)
    named: list[tuple[str, Any]] = [
        (f"{path.name}[{place}]", [(vectors.index_to_key[row], score) for row, score in zip(*each, strict=True)])
        for place, each in enumerate(zip(rows.tolist(), scores.tolist(), strict=True))
    ]
    return named


def _print_found(found: list[tuple[str, Found]], as_json: bool) -> None:
    if as_json:
        results = [
            {"query": query, "neighbours": [{"word": word, "similarity": score} for word, score in neighbours]}
            for query, neighbours in found
        ]
        print_json({"results": results})
        return
    for query, neighbours in found:
        rows = [(word, f"{score:.4f}") for word, score in neighbours]
        print_table([query, "similarity"], rows, numbers={"similarity"})
