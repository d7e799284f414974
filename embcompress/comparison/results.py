"""What is known of an encoding on a table, and its form as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


def mean_share(shares: Iterable[float | None]) -> float:
    """Geometric mean of shares that are kept, each at least 0 and at most 1; None, not measured, is left out."""
    clipped = [min(max(share, 0.0), 1.0) for share in shares if share is not None]
    return math.prod(clipped) ** (1 / len(clipped))


@dataclass(frozen=True)
class Scores:
    """Scores on test sets of one kind, as ``evaluation.test_set_figures`` has them.

    Parameters
    ----------
    kept : float or None
        `value` over `original`.
    value, original : float or None
        Mean over the sets, of the compressed and of the original table.
    items : int
        Pairs or questions that count.
    note : str
        Why `kept` is None; empty if it is not.
    """

    kept: float | None
    value: float | None
    original: float | None
    items: int
    note: str


@dataclass(frozen=True)
class Measures:
    """What an encoding costs and keeps.

    Parameters
    ----------
    bytes : int
        Of the whole file.
    bits_per_dimension : float
        Of the codes alone.
    ratio : float
        Float32 rows and words over the file.
    neighbours, neighbours_exact_query : float
        Share of the ten nearest rows that is kept, for coded queries and for original ones.
    spearman, analogies : Scores
    mse : float
    rate_distortion_bound, bound_ratio : float or None
        As in ``evaluation.geometry``.
    fit_seconds, encode_seconds : float
        Fitting the encoding to its sample, and coding all rows.
    query_seconds, look_up_seconds : float
        Finding the ten nearest rows of one vector, and getting the vector of one word: the best round.
    """

    bytes: int
    bits_per_dimension: float
    ratio: float
    neighbours: float
    neighbours_exact_query: float
    spearman: Scores
    analogies: Scores
    mse: float
    rate_distortion_bound: float | None
    bound_ratio: float | None
    fit_seconds: float
    encode_seconds: float
    query_seconds: float
    look_up_seconds: float

    @property
    def size(self) -> float:
        """Bytes of the file to three digits: a few bytes, such as those of the spec's own name, decide nothing."""
        return float(f"{self.bytes:.3g}")

    @property
    def quality(self) -> float:
        """The mean share of neighbours (coded queries), similarity and analogies that is kept; see `mean_share`."""
        return mean_share([self.neighbours, self.spearman.kept, self.analogies.kept])

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {**asdict(self), "quality": self.quality}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Measures:
        """What `to_dict` gave."""
        plain = {name: value for name, value in facts.items() if name != "quality"}
        scores = {name: Scores(**facts[name]) for name in ("spearman", "analogies")}
        return cls(**{**plain, **scores})


@dataclass(frozen=True)
class Result:
    """A spec and how it did.

    Parameters
    ----------
    spec : str
        In its one written form.
    measures : Measures or None
        None if it does not suit the table.
    reason : str
        Why it does not; empty if it does.
    """

    spec: str
    measures: Measures | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        measures = None if self.measures is None else self.measures.to_dict()
        return {"spec": self.spec, "reason": self.reason, "measures": measures}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Result:
        """What `to_dict` gave."""
        measures = facts["measures"]
        return cls(facts["spec"], None if measures is None else Measures.from_dict(measures), facts["reason"])
