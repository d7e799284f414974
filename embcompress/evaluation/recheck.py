"""Whether a certificate still holds: its figures measured again, with the same seed and samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

from embcompress.errors import FormatError
from embcompress.evaluation.certificate import Samples, certificate

MOST = Samples(10_000, 1 << 40, 100_000, 100_000, 1 << 40, 1 << 40)
"""Larger samples are none that a certificate is measured on, and would take memory without bounds."""

MEASURED = ("neighbours", "spearman", "analogies", "geometry", "float32_bytes")
"""Keys of a certificate whose figures are measured; the others say how."""

TOLERANCE = 0.005
"""Figures that differ by no more, or by no more than this share of themselves, are equal: processors sum in other
orders."""


@dataclass(frozen=True)
class Recheck:
    """A figure of a certificate, and the same measured again.

    Parameters
    ----------
    name : str
        Its keys, with points between them.
    stored, measured : float or None
        A damaged certificate may hold anything.
    """

    name: str
    stored: Any
    measured: Any

    @property
    def holds(self) -> bool:
        """Whether the two are equal, but for the order in which processors sum."""
        if not isinstance(self.stored, float | int) or not isinstance(self.measured, float | int):
            return bool(self.stored == self.measured)
        return abs(self.stored - self.measured) <= TOLERANCE * max(1.0, abs(self.stored))

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return {**asdict(self), "holds": self.holds}


def recheck(original: Any, vectors: Any, stored: Any) -> list[Recheck]:
    """Measure a certificate again, with the same seed and samples.

    Parameters
    ----------
    original, vectors : Table, CompressedVectors or gensim KeyedVectors
    stored : dict
        The certificate: ``vectors.metadata["certificate"]``.

    Returns
    -------
    list of Recheck
        One for each figure that it holds.

    Raises
    ------
    FormatError
        If there is no certificate, or not all that is needed to measure it again.
    UsageError
        If the tables have no word in common, or vectors of different lengths.
    """
    if not isinstance(stored, dict):
        raise FormatError("there is no certificate: make the file again with embcompress shrink")
    seed, drawn = stored.get("seed"), _samples(stored.get("samples"))
    if drawn is None or not _is_whole(seed) or seed < 0:
        raise FormatError(
            "the certificate does not say what it was measured on: make the file again with embcompress shrink"
        )
    again = certificate(original, vectors, seed=seed, samples=drawn)
    return [each for name in MEASURED if name in stored for each in _compared(name, stored[name], again[name])]


def _samples(stored: Any) -> Samples | None:
    """The samples of a certificate, if they are such as a certificate is measured on."""
    if not isinstance(stored, dict):
        return None
    sizes = {
        name: size for name, most in asdict(MOST).items() if _is_whole(size := stored.get(name)) and 1 <= size <= most
    }
    return Samples(**sizes) if len(sizes) == len(asdict(MOST)) else None


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _compared(name: str, stored: Any, measured: Any) -> Iterator[Recheck]:
    """Every figure that was measured and that the certificate holds."""
    if isinstance(measured, dict) and isinstance(stored, dict):
        parts = [(key, stored[key], measured[key]) for key in measured if key in stored]
    elif isinstance(measured, list) and isinstance(stored, list) and len(measured) == len(stored):
        parts = [(str(place), *both) for place, both in enumerate(zip(stored, measured, strict=True))]
    else:
        if not isinstance(measured, str):  # names and notes are no figures
            yield Recheck(name, stored, measured)
        return
    for key, old, new in parts:
        yield from _compared(f"{name}.{key}", old, new)
