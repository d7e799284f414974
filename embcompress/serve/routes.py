"""The questions that are answered under ``/v1``."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response

from embcompress.arrays import Floats, Integers, Mask
from embcompress.serve import media, models, questions
from embcompress.serve.problems import MEDIA_TYPE
from embcompress.serve.requests import Route, word_in_path, word_in_query
from embcompress.serve.service import ServiceOf, TableOf
from embcompress.serve.settings import MAX_BODY
from embcompress.serve.tables import Table

WORD_SEGMENT = 4
"""Which part of ``/v1/{table}/vectors/{word}`` the word is."""

Word = Annotated[str, Path(description="Percent-encoded bytes; slashes may stand as they are.")]
Prefix = Annotated[str, Query(description="How the words begin.")]
Limit = Annotated[int, Query(ge=1, description="Words at most.")]

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": models.ProblemDocument, "content": {MEDIA_TYPE: {}}}
    for status in (400, 401, 404, 406, 408, 413, 415, 422)
}
OTHER_FORMS = {
    media.OCTETS: {"schema": {"type": "string", "format": "binary"}},
    media.ARROW: {"schema": {"type": "string", "format": "binary"}},
}

router = APIRouter(prefix="/v1", route_class=Route, responses=REFUSALS)


@router.get("/tables", response_model=models.TablesAnswer)
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


@router.get("/{table}/info", response_model=models.InfoAnswer)
async def info(table: TableOf) -> Response:
    """A table, what it was made from, how its encoding was chosen, and the certificate of what was kept."""
    metadata = table.vectors.metadata
    facts = {key: metadata[key] if isinstance(metadata.get(key), dict) else None for key in INFO_KEYS}
    return media.json({**_summary(table), "ngrams": table.vectors.ngrams, **facts})


@router.get("/{table}/complete", response_model=models.CompleteAnswer)
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


@router.get(
    "/{table}/vectors/{word:path}", response_model=models.VectorAnswer, responses={200: {"content": OTHER_FORMS}}
)
async def vector(request: Request, word: Word, table: TableOf, service: ServiceOf) -> Response:  # noqa: ARG001
    """A word's vector, in the form that ``Accept`` asks for."""
    form = media.accepted(request.headers.get("accept"))
    exactly = word_in_path(request, WORD_SEGMENT)

    def looked_up() -> Response:
        matrix, rows, known = questions.lookup(table.vectors, [exactly])
        if not known[0]:
            raise questions.unknown(table.vectors, [exactly])
        if form != media.JSON:
            return _vectors_as(form, [exactly], matrix, known)
        return media.json({"word": exactly, "row": _row(rows[0]), "vector": matrix[0]})

    return await service.threads.run(1, looked_up)


@router.post("/{table}/vectors", response_model=models.VectorsAnswer, responses={200: {"content": OTHER_FORMS}})
async def vectors(request: Request, asked: models.VectorsQuestion, table: TableOf, service: ServiceOf) -> Response:
    """Words' vectors, in the form that ``Accept`` asks for: JSON, little-endian rows (``;dtype=float16``), Arrow.

    A vector for each word in the order asked. Words without one have null there, in rows of numbers NaN.
    """
    service.allow(len(asked.words), "words")
    form = media.accepted(request.headers.get("accept"))

    def looked_up() -> Response:
        matrix, rows, known = questions.lookup(table.vectors, asked.words)
        if form != media.JSON:
            return _vectors_as(form, asked.words, matrix, known)
        return _vectors_as_json(asked.words, matrix, rows, known)

    return await service.threads.run(len(asked.words), looked_up)


@router.post("/{table}/neighbours", response_model=models.NeighboursAnswer)
async def neighbours(asked: models.NeighboursQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The nearest words of each word, itself left out, or of each vector."""
    queries: list[questions.Query]
    if asked.words is not None:
        queries = list(asked.words)
    else:
        queries = [np.array(each, dtype=np.float64) for each in asked.vectors or []]
    service.allow_neighbours(len(queries), asked.k)
    if len(queries) == 1 and not asked.exact and asked.restrict_vocab is None:
        found = [await table.gatherer.ask(queries[0], asked.k)]
    else:
        service.metrics.batch(table.name, len(queries))
        found = await service.threads.run(
            _work(queries, table, asked.exact),
            questions.neighbours,
            table.vectors,
            queries,
            asked.k,
            exact=asked.exact,
            restrict_vocab=asked.restrict_vocab,
        )
    unknown = [word for word, each in zip(asked.words or [], found, strict=False) if each is None]
    named = [None if each is None else _named(each) for each in found]
    return media.json({"neighbours": named, "unknown": list(dict.fromkeys(unknown))})


@router.post("/{table}/analogy", response_model=models.AnalogyAnswer)
async def analogy(asked: models.AnalogyQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The words nearest to a sum of words and vectors: king - man + woman."""
    positive, negative = (
        [item if isinstance(item, str) else np.array(item, dtype=np.float64) for item in side]
        for side in (asked.positive, asked.negative)
    )
    items = positive + negative
    service.allow_neighbours(len(items), asked.k)
    multiply = asked.method == "3cosmul"
    found = await service.threads.run(
        _work(items, table, asked.exact or multiply),
        questions.analogy,
        table.vectors,
        positive,
        negative,
        asked.k,
        multiply=multiply,
        exact=asked.exact,
        restrict_vocab=asked.restrict_vocab,
    )
    return media.json({"neighbours": _named(found)})


@router.post("/{table}/similarity", response_model=models.SimilarityAnswer)
async def similarity(asked: models.SimilarityQuestion, table: TableOf, service: ServiceOf) -> Response:
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


def _work(queries: list[Any], table: Table, every_row: bool) -> int:
    """Words and vectors that answering takes about as long as."""
    return len(table.vectors) if every_row else len(queries)


def _named(found: questions.Found) -> list[dict[str, Any]]:
    return [{"word": word, "similarity": score} for word, score in found]


def _row(row: Any) -> int | None:
    return int(row) if row >= 0 else None


def _vectors_as(form: str, words: list[str], matrix: Floats, known: Mask) -> Response:
    if form == media.ARROW:
        return media.arrow(words, matrix, known)
    return media.octets(matrix, known, form)


def _vectors_as_json(words: list[str], matrix: Floats, rows: Integers, known: Mask) -> Response:
    return media.json(
        {
            "vectors": [row if there else None for row, there in zip(matrix, known.tolist(), strict=True)],
            "rows": [_row(row) for row in rows.tolist()],
            "unknown": questions.unknown_words(words, known),
        }
    )
