"""Questions for the nearest words under ``/v1``."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import Request, Response

from embcompress.arrays import Doubles
from embcompress.serve import answered, media, questions
from embcompress.serve.asked import (
    AnalogyQuestion,
    NeighboursQuestion,
    SearchQuestion,
    SumQuestion,
    Term,
    Weighted,
)
from embcompress.serve.requests import versioned_router
from embcompress.serve.service import Service, ServiceOf, TableOf
from embcompress.serve.tables import Table

router = versioned_router()


@router.post("/{table}/neighbours", response_model=answered.NeighboursAnswer)
async def neighbours(asked: NeighboursQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The nearest words of each word, itself left out, or of each vector."""
    queries: list[questions.Query] = [*asked.words] or [_array(each) for each in asked.vectors]
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
    unknown = [word for word, each in zip(asked.words, found, strict=False) if each is None]
    named = [None if each is None else _named(each) for each in found]
    return media.json({"neighbours": named, "unknown": list(dict.fromkeys(unknown))})


@router.post("/{table}/analogy", response_model=answered.AnalogyAnswer)
async def analogy(asked: AnalogyQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The words nearest to a sum of words and vectors: king - man + woman."""
    _allow_terms(asked, service)
    service.allow(asked.k, "neighbours")
    work = _work(asked.positive + asked.negative, table, asked.exact or asked.method == "3cosmul")
    found = await service.threads.run(work, _summed, table, asked, asked.k, exact=asked.exact)
    return media.json({"neighbours": _named(found)})


@router.post("/{table}/scores", response_model=answered.ScoresAnswer, responses=media.NUMERIC)
async def scores(request: Request, asked: SumQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The score of every row with a sum of words and vectors, as JSON or little-endian numbers."""
    _allow_terms(asked, service)
    form = media.accepted(request.headers.get("accept"))
    found = await service.threads.run(len(table.vectors), _summed, table, asked, None, exact=False)
    return media.numbers("scores", found, form)


@router.post("/{table}/search", response_model=answered.SearchAnswer)
async def search(asked: SearchQuestion, table: TableOf, service: ServiceOf) -> Response:
    """The rows nearest to each vector, without their words."""
    service.allow_neighbours(len(asked.vectors), asked.k)
    service.metrics.batch(table.name, len(asked.vectors))

    def searched() -> Response:
        held = table.vectors
        queries: Any = asked.vectors or np.zeros((0, held.vector_size))
        near, rows = held.neighbours(queries, asked.k, asked.restrict_vocab, exact=asked.exact)
        return media.json({"scores": near, "rows": rows})

    return await service.threads.run(_work(asked.vectors, table, asked.exact), searched)


def _work(queries: list[Any], table: Table, every_row: bool) -> int:
    """Words and vectors that answering takes about as long as."""
    return len(table.vectors) if every_row else len(queries)


def _allow_terms(asked: SumQuestion, service: Service) -> None:
    for side in (asked.positive, asked.negative):
        service.allow(len(side), "words or vectors")


def _array(vector: list[float]) -> Doubles:
    return np.array(vector, dtype=np.float64)


def _term(term: Term) -> questions.Term:
    if isinstance(term, Weighted):
        return (term.item if isinstance(term.item, str) else _array(term.item)), term.weight
    return term if isinstance(term, str) else _array(term)


def _summed(table: Table, asked: SumQuestion, topn: int | None, *, exact: bool) -> Any:
    positive, negative = ([_term(term) for term in side] for side in (asked.positive, asked.negative))
    return questions.summed(
        table.vectors,
        positive,
        negative,
        topn,
        multiply=asked.method == "3cosmul",
        exact=exact,
        clip_start=asked.clip_start,
        clip_end=asked.clip_end,
        restrict_vocab=asked.restrict_vocab,
    )


def _named(found: questions.Found) -> list[dict[str, Any]]:
    return [{"word": word, "similarity": score} for word, score in found]
