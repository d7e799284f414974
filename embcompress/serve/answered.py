"""What the service answers, as types; the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from embcompress.serve.asked import Vector

Unknown = Annotated[list[str], Field(description="Words that were asked about and have no vector.")]


class Neighbour(BaseModel):
    """A word and its cosine with what was asked about; by 3cosmul, its score."""

    word: str
    similarity: float


class TableSummary(BaseModel):
    """A table."""

    name: str
    words: int
    dims: int
    spec: str
    bytes: int


class TablesAnswer(BaseModel):
    """The tables, and how much may be asked at a time."""

    tables: list[TableSummary]
    max_batch: int = Field(description="Words or vectors a request may ask about, and neighbours of each.")
    max_neighbours: int = Field(description="Neighbours a request may ask for in all.")
    max_body: int = Field(description="Bytes a request's body may have.")


class InfoAnswer(TableSummary):
    """A table, what it was made from, how its encoding was chosen, and the certificate of what was kept."""

    ngrams: int = Field(description="Rows of n-grams that vectors of unseen words are made from.")
    source: dict[str, Any] | None
    choice: dict[str, Any] | None = Field(description="Goal and front, if the encoding was chosen for one.")
    certificate: dict[str, Any] | None


class VectorAnswer(BaseModel):
    """A word's vector."""

    word: str
    row: int | None = Field(description="The word's place by frequency; null if its vector is made of n-grams.")
    vector: Vector


class VectorsAnswer(BaseModel):
    """A vector for each word or row, null for those that have none."""

    vectors: list[Vector | None]
    rows: list[int | None] = Field(description="The words' places by frequency; null for words without one.")
    unknown: Unknown


class WordsAnswer(BaseModel):
    """Words and the rows that they answer with, as many as were asked about; null for what there is not."""

    words: list[str | None]
    rows: list[int | None]


class NormsAnswer(BaseModel):
    """The length of each row's vector."""

    norms: list[float]


class ScoresAnswer(BaseModel):
    """The score of each row to choose from, in row order."""

    scores: list[float]


class SearchAnswer(BaseModel):
    """The rows nearest to each vector, best first, and their cosines."""

    scores: list[list[float]]
    rows: list[list[int]]


class NeighboursAnswer(BaseModel):
    """The nearest words of each word or vector, best first; null for words that have no vector."""

    neighbours: list[list[Neighbour] | None]
    unknown: Unknown


class AnalogyAnswer(BaseModel):
    """The words nearest to the sum, best first; those given are left out."""

    neighbours: list[Neighbour]


class SimilarityAnswer(BaseModel):
    """The cosine of each pair, null where a word has no vector."""

    similarities: list[float | None]
    unknown: Unknown


class Completion(BaseModel):
    """A word and its place by frequency."""

    word: str
    row: int


class CompleteAnswer(BaseModel):
    """Words by their beginning, the most frequent first."""

    prefix: str
    words: list[Completion]


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
