"""What is sent to the service, as types; the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

LARGEST = 2**53 - 1
"""Whole numbers up to this one are the same in every reader of JSON."""

FLOAT32_MAX = 3.4028234663852886e38
"""Larger numbers are refused: vectors are float32."""


def _whole(number: object) -> object:
    """A whole number, which JSON may write as 10.0."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


Row = Annotated[int, Field(ge=0, le=LARGEST), BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=1, description="Neighbours of each."), BeforeValidator(_whole)]
Place = Annotated[int, Field(ge=1, le=LARGEST), BeforeValidator(_whole)]
Restrict = Annotated[Place | None, Field(description="Choose from so many most frequent words.")]
Vector = TypeAliasType("Vector", list[float])
Exact = Annotated[bool, Field(description="Score every word, instead of those that the index nominates.")]


class Question(BaseModel):
    """The body of a request: no fields but those named, no values but those of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class EitherQuestion(Question):
    """A question that has one of two fields."""

    either: ClassVar[tuple[str, str]]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.model_config["json_schema_extra"] = {"oneOf": [{"required": [name]} for name in cls.either]}

    @model_validator(mode="after")
    def _one_of_both(self) -> EitherQuestion:
        first, second = self.either
        if (first in self.model_fields_set) == (second in self.model_fields_set):
            raise ValueError(f"give {first} or {second}, one of the two")
        return self


class WordsQuestion(EitherQuestion):
    """Words, or rows."""

    either = "words", "rows"
    words: list[str] = Field(default_factory=list, examples=[["king", "queen"]])
    rows: list[Row] = Field(default_factory=list, description="The words' places by frequency, from 0 on.")


class NeighboursQuestion(EitherQuestion):
    """Words, or vectors, whose nearest words are wanted."""

    either = "words", "vectors"
    words: list[str] = Field(default_factory=list, examples=[["king", "queen"]])
    vectors: list[Vector] = Field(default_factory=list)
    k: Count = 10
    exact: Exact = False
    restrict_vocab: Restrict = None


class SearchQuestion(Question):
    """Vectors whose nearest rows are wanted."""

    vectors: list[Vector]
    k: Count = 10
    exact: Exact = False
    restrict_vocab: Restrict = None


class Weighted(Question):
    """A word or a vector, and how much of it is added: instead of 1, or of -1 of a negative one."""

    item: str | Vector
    weight: float = Field(json_schema_extra={"minimum": -FLOAT32_MAX, "maximum": FLOAT32_MAX})


Term = str | Vector | Weighted


def _sum_of(side: str, method: str) -> dict[str, Any]:
    """What has to hold, besides, of a question by this method that has terms on this side."""
    properties: dict[str, Any] = {side: {"minItems": 1}, "method": {"const": method}}
    if method == "3cosadd":
        return {"required": [side], "properties": properties}
    plain = {"items": {"type": ["string", "array"]}}
    properties |= {"positive": {"minItems": 1, **plain}, "negative": plain}
    properties |= {"exact": {"const": False}, "clip_start": {"const": 0}, "clip_end": {"type": "null"}}
    return {"required": [side, "method"], "properties": properties}


class SumQuestion(Question):
    """Words, or vectors, to add and to subtract: positive king and woman, negative man."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _sum_of("positive", "3cosadd"),
                _sum_of("negative", "3cosadd"),
                _sum_of("positive", "3cosmul"),
            ]
        }
    )

    positive: list[Term] = Field(default_factory=list, examples=[["king", "woman"]])
    negative: list[Term] = Field(default_factory=list, examples=[["man"]])
    method: Literal["3cosadd", "3cosmul"] = "3cosadd"
    clip_start: Row = Field(0, description="Choose from this row on.")
    clip_end: Place | None = Field(None, description="Choose from the rows before this one.")
    restrict_vocab: Restrict = None

    @model_validator(mode="after")
    def _something(self) -> SumQuestion:
        if not self.positive and not self.negative:
            raise ValueError("give at least one positive or negative word")
        return self


class AnalogyQuestion(SumQuestion):
    """Words, or vectors, to add and to subtract, and how many words nearest to the sum are wanted."""

    k: Count = 10
    exact: Exact = False


class SimilarityQuestion(Question):
    """Pairs of words whose cosine is wanted."""

    pairs: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(examples=[[["king", "queen"]]])
