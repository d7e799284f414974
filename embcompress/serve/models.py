"""What is sent to the service and what it answers, as types; the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Vector = list[float]
Count = Annotated[int, Field(ge=1, description="Neighbours of each.")]
Exact = Annotated[bool, Field(description="Score every word, instead of those that the index nominates.")]
Restrict = Annotated[int | None, Field(ge=1, description="Choose from so many most frequent words.")]
Unknown = Annotated[list[str], Field(description="Words that were asked about and have no vector.")]


class Question(BaseModel):
    """The body of a request: no fields but those named, no values but those of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class VectorsQuestion(Question):
    """Words whose vectors are wanted."""

    words: list[str] = Field(examples=[["king", "queen"]])


class NeighboursQuestion(Question):
    """Words, or vectors, whose nearest words are wanted."""

    words: list[str] | None = Field(None, examples=[["king", "queen"]])
    vectors: list[Vector] | None = None
    k: Count = 10
    exact: Exact = False
    restrict_vocab: Restrict = None

    @model_validator(mode="after")
    def _one_of_both(self) -> NeighboursQuestion:
        if (self.words is None) == (self.vectors is None):
            raise ValueError("give words or vectors, one of the two")
        return self


class AnalogyQuestion(Question):
    """Words, or vectors, to add and to subtract: positive king and woman, negative man."""

    positive: list[str | Vector] = Field([], examples=[["king", "woman"]])
    negative: list[str | Vector] = Field([], examples=[["man"]])
    k: Count = 10
    method: Literal["3cosadd", "3cosmul"] = "3cosadd"
    exact: Exact = False
    restrict_vocab: Restrict = None

    @model_validator(mode="after")
    def _something(self) -> AnalogyQuestion:
        if not self.positive and not self.negative:
            raise ValueError("give at least one positive or negative word")
        return self


class SimilarityQuestion(Question):
    """Pairs of words whose cosine is wanted."""

    pairs: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(examples=[[["king", "queen"]]])


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
    """A vector for each word, null for those that have none."""

    vectors: list[Vector | None]
    rows: list[int | None] = Field(description="The words' places by frequency; null for words without one.")
    unknown: Unknown


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
