"""Look-ups under ``/v1``: tables, words, rows, vectors, and cosines of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from embcompress.arrays import Floats, Integers, Mask
from embcompress.serve import answered, media, questions
from embcompress.serve.asked import SimilarityQuestion, WordsQuestion
from embcompress.serve.requests import versioned_router, word_in_path, word_in_query
from embcompress.serve.service import ServiceOf, TableOf
from embcompress.serve.settings import MAX_BODY
from embcompress.serve.tables import Table

WORD_SEGMENT = 4
"""Which part of ``/v1/{table}/vectors/{word}`` the word is."""

Word = Annotated[str, Path(description="Percent-encoded bytes; slashes may stand as they are.")]
Prefix = Annotated[str, Query(description="How the words begin.")]
Limit = Annotated[int, Query(ge=1, description="Words at most.")]

router = versioned_router()


@router.get("/tables", response_model=answered.TablesAnswer)
async def tables(service: ServiceOf) -> Response:
    """The tables that are served, and how much may be asked at a time."""
    return media.json(
        {
            "tables": [_summary(table) for table in service.tables],
            "max_batch": service.settings.max_batch,
            "max_neighbours": service.max_neighbours,
            "max_body": MAX_BODY,
        }
    )


INFO_KEYS = ("source", "choice", "certificate")


@router.get("/{table}/info", response_model=answered.InfoAnswer)
async def info(table: TableOf) -> Response:
    """A table, what it was made from, how its encoding was chosen, and the certificate of what was kept."""
    metadata = table.vectors.metadata
    facts = {key: metadata[key] if isinstance(metadata.get(key), dict) else None for key in INFO_KEYS}
    return media.json({**_summary(table), "ngrams": table.vectors.ngrams, **facts})


@router.get("/{table}/complete", response_model=answered.CompleteAnswer)
async def complete(request: Request, table: TableOf, service: ServiceOf, prefix: Prefix, limit: Limit = 10) -> Response:
    """Words by their beginning, the most frequent first."""
    service.allow(limit, "words")
    beginning = word_in_query(request, "prefix") or prefix

    def completed() -> Response:
        words = table.vectors.complete(beginning, limit)
        rows = table.vectors.index_to_key.find_all(words).tolist()
        listed = [{"word": word, "row": row} for word, row in zip(words, rows, strict=True)]
        return media.json({"prefix": beginning, "words": listed})

    return await service.threads.run(limit, completed)


@router.get("/{table}/vectors/{word:path}", response_model=answered.VectorAnswer, responses=media.TABULAR)
async def vector(request: Request, word: Word, table: TableOf, service: ServiceOf) -> Response:  # noqa: ARG001
    """A word's vector, in the form that ``Accept`` asks for."""
    form = media.accepted(request.headers.get("accept"), arrow=True)
    exactly = word_in_path(request, WORD_SEGMENT)

    def looked_up() -> Response:
        matrix, rows, known = questions.lookup(table.vectors, [exactly])
        if not known[0]:
            raise questions.unknown(table.vectors, [exactly])
        if form != media.JSON:
            return _vectors_as(form, [exactly], matrix, known)
        return media.json({"word": exactly, "row": _row(rows[0]), "vector": matrix[0]})

    return await service.threads.run(1, looked_up)


@router.post("/{table}/vectors", response_model=answered.VectorsAnswer, responses=media.TABULAR)
async def vectors(request: Request, wanted: WordsQuestion, table: TableOf, service: ServiceOf) -> Response:
    """Vectors of words or rows, as ``Accept`` asks for: JSON, little-endian rows (``;dtype=float16``), Arrow.

    A vector for each in the order asked. Words without one have null there, in rows of numbers NaN.
    """
    count = max(len(wanted.words), len(wanted.rows))
    service.allow(count, "words or rows")
    form = media.accepted(request.headers.get("accept"), arrow=True)

    def looked_up() -> Response:
        held, words = table.vectors, wanted.words
        if wanted.rows:
            rows = questions.existing(held, wanted.rows)
            matrix, known = questions.decoded(held, rows), rows >= 0
        else:
            matrix, rows, known = questions.lookup(held, words)
        if form == media.JSON:
            return _vectors_as_json(matrix, rows, known, questions.unknown_words(words, known) if words else [])
        return _vectors_as(form, questions.spelt(held, rows) if wanted.rows else words, matrix, known)

    return await service.threads.run(count, looked_up)


@router.post("/{table}/words", response_model=answered.WordsAnswer)
async def words(wanted: WordsQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The rows that words answer with, or the words of rows; null for what there is not."""
    count = max(len(wanted.words), len(wanted.rows))
    service.allow(count, "words or rows")

    def found() -> Response:
        held = table.vectors
        if wanted.words:
            rows = held.index_to_key.find_all(wanted.words)
            return media.json({"words": wanted.words, "rows": [_row(row) for row in rows.tolist()]})
        rows = questions.existing(held, wanted.rows)
        return media.json({"words": questions.spelt(held, rows), "rows": [_row(row) for row in rows.tolist()]})

    return await service.threads.run(count, found)


@router.get("/{table}/norms", response_model=answered.NormsAnswer, responses=media.NUMERIC)
async def norms(request: Request, table: TableOf, service: ServiceOf) -> Response:
    """The length of every row's vector, as JSON or little-endian numbers."""
    form = media.accepted(request.headers.get("accept"))
    return await service.threads.run(len(table.vectors), lambda: media.numbers("norms", table.vectors.norms, form))


@router.post("/{table}/similarity", response_model=answered.SimilarityAnswer)
async def similarity(asked: SimilarityQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The cosine of each pair of words."""
    service.allow(len(asked.pairs), "pairs")
    pairs = [(first, second) for first, second in asked.pairs]
    cosines, unknown = await service.threads.run(len(pairs), questions.similarities, table.vectors, pairs)
    return media.json({"similarities": cosines, "unknown": unknown})


def _summary(table: Table) -> dict[str, Any]:
    held = table.vectors
    return {
        "name": table.name,
        "words": len(held),
        "dims": held.vector_size,
        "spec": held.spec,
        "bytes": table.bytes,
    }


def _row(row: Any) -> int | None:
    return int(row) if row >= 0 else None


def _vectors_as(form: str, words: Sequence[str | None], matrix: Floats, known: Mask) -> Response:
    if form == media.ARROW:
        return media.arrow(words, matrix, known)
    return media.octets(matrix, form, unknown=int(len(known) - known.sum()))


def _vectors_as_json(matrix: Floats, rows: Integers, known: Mask, unknown: list[str]) -> Response:
    return media.json(
        {
            "vectors": [row if there else None for row, there in zip(matrix, known.tolist(), strict=True)],
            "rows": [_row(row) for row in rows.tolist()],
            "unknown": unknown,
        }
    )
