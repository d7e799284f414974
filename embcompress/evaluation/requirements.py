"""What a person demands of a compressed table: ``analogies>=0.95,neighbours>=0.9``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from embcompress.errors import EmbcompressError, UsageError

FIGURES = {
    "neighbours": ("neighbours", "both_coded"),
    "neighbours_exact": ("neighbours", "exact_query"),
    "spearman": ("spearman", "kept"),
    "analogies": ("analogies", "kept"),
    "ratio": ("ratio",),
    "cosine": ("geometry", "cosine"),
    "eigenspace_overlap": ("geometry", "eigenspace_overlap"),
}
"""Names that can be demanded, and where they stand in ``Evaluation.to_dict`` and in a certificate."""

OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    ">=": (operator.ge, "is below the required"),
    "<=": (operator.le, "is above the allowed"),
    ">": (operator.gt, "is not above the required"),
    "<": (operator.lt, "is not below the allowed"),
}
"""Comparisons, longer signs first, and what is said of a figure that fails one."""

DECIMALS = 3
"""Of a figure that is reported, more where it would look like the bound it fails."""


class NotKeptError(EmbcompressError):
    """A table kept less than was demanded; the text says of what, how much, and what was demanded."""


@dataclass(frozen=True)
class Requirement:
    """A figure's name, one of `OPERATORS`, and a bound."""

    name: str
    sign: str
    bound: float

    def failure(self, measured: Mapping[str, Any]) -> str:
        """What is wrong with what was measured, or an empty text.

        Parameters
        ----------
        measured : dict
            ``Evaluation.to_dict``, or a certificate.
        """
        value = _at(measured, FIGURES[self.name])
        if value is None:
            return f"{self.name} could not be measured ({_reason(measured, self.name)})"
        return "" if self._allows(value) else f"{self._shown(value)} {OPERATORS[self.sign][1]} {self.bound:g}"

    def _allows(self, value: float) -> bool:
        return OPERATORS[self.sign][0](value, self.bound)

    def _shown(self, value: float) -> str:
        rounded = (round(value, decimals) for decimals in range(DECIMALS, 17))
        apart = next((each for each in rounded if not self._allows(each)), value)
        return f"{self.name} {apart:.{DECIMALS}f}" if apart == round(apart, DECIMALS) else f"{self.name} {apart}"


def parse_requirements(text: str) -> tuple[Requirement, ...]:
    """Read ``name>=number`` terms with commas between them.

    Raises
    ------
    UsageError
        If a name, an operator or a number is wrong; the text says what is allowed.
    """
    return tuple(_parse(term.strip()) for term in text.split(","))


def require(requirements: Iterable[Requirement], measured: Mapping[str, Any]) -> None:
    """Check what was measured.

    Parameters
    ----------
    requirements : iterable of Requirement
    measured : dict
        ``Evaluation.to_dict``, or a certificate.

    Raises
    ------
    NotKeptError
        If a figure is not what is demanded, or could not be measured.
    """
    failures = [failure for each in requirements if (failure := each.failure(measured))]
    if failures:
        raise NotKeptError("; ".join(failures))


def _parse(term: str) -> Requirement:
    parts = re.fullmatch(r"([^<>=]*)([<>=]+)([^<>=]*)", term)
    name, sign, number = (part.strip() for part in parts.groups()) if parts else (term, "", "")
    if not parts or sign not in OPERATORS:
        raise UsageError(
            f"requirement {term!r}: write a name, one of {', '.join(OPERATORS)}, and a number, like analogies>=0.95"
        )
    if name not in FIGURES:
        raise UsageError(f"requirement {term!r}: there is no figure {name!r}: take {', '.join(FIGURES)}")
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise UsageError(f"requirement {term!r}: {number!r} is not a number: write it like {name}{sign}0.95")
    return Requirement(name, sign, bound)


def _at(measured: Mapping[str, Any], keys: tuple[str, ...]) -> float | None:
    found: Any = measured
    for key in keys:
        found = None if found is None else found.get(key)
    return None if found is None else float(found)


def _reason(measured: Mapping[str, Any], name: str) -> str:
    if name == "ratio":
        return "the table comes from no file"
    kind = measured.get(FIGURES[name][0])
    return (kind or {}).get("note") or "there is no original: add --against TABLE"
