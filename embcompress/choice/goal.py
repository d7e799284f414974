"""What is asked of a choice."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from embcompress.choice.measures import ALL, MEASURES
from embcompress.choice.profiles import PROFILES, Profile
from embcompress.errors import UsageError

UNITS = {
    unit: factor**power
    for letters, ending, factor in (("kMGT", "B", 1000), ("KMGT", "iB", 1024))
    for power, unit in enumerate([f"{letter}{ending}" for letter in letters], 1)
} | {"B": 1, "": 1}
"""Bytes of a unit, decimal and binary ones."""


@dataclass(frozen=True)
class Goal:
    """A size or a quality; one of the first five is given.

    Parameters
    ----------
    size : int or str, optional
        Of the whole file: bytes, or a text such as ``20MB`` or ``19.5MiB``.
    ratio : float, optional
        Float32 rows and words over the whole file.
    bits : float, optional
        Of the codes, for a dimension.
    keep : float, optional
        Share of `measure` that is kept at least.
    device_profile : str, optional
        One of `PROFILES`: what a file, the process that searches it, and one query may take.
    measure : {"all", "neighbours", "similarity", "analogies"}
        What is to be kept: neighbours between coded words, similarity, analogies, or the geometric mean of all.

    Raises
    ------
    UsageError
        If none or more than one is given, or one is outside of what is allowed.
    """

    size: int | str | None = None
    ratio: float | None = None
    bits: float | None = None
    keep: float | None = None
    device_profile: str | None = None
    measure: str = ALL

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in ("size", "ratio", "bits", "keep", "device_profile")}
        named = [name for name, value in given.items() if value is not None]
        if len(named) != 1:
            raise UsageError(f"{' and '.join(named) or 'nothing'} given: give one of {', '.join(given)}")
        if self.measure not in MEASURES:
            raise UsageError(f"measure {self.measure!r} is unknown: take one of {', '.join(MEASURES)}")
        for name in ("ratio", "bits"):
            if given[name] is not None and not 0 < given[name] < float("inf"):
                raise UsageError(f"{name} {given[name]:g} is not a number above 0: try {name} 4")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise UsageError(f"keep {self.keep:g} is not above 0 and at most 1: try keep 0.98")
        if self.device_profile is not None and self.device_profile not in PROFILES:
            raise UsageError(f"device profile {self.device_profile!r} is unknown: take one of {', '.join(PROFILES)}")

    @property
    def profile(self) -> Profile | None:
        """The limits of the device profile, if one is given."""
        return None if self.device_profile is None else PROFILES[self.device_profile]

    @property
    def asked(self) -> dict[str, int | float | str]:
        """What is given, by name, `measure` too."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def most_bytes(self, float32_bytes: int) -> int | None:
        """What the whole file may take; None if that is not limited."""
        if self.profile is not None:
            return self.profile.file_bytes
        if self.ratio is not None:
            return int(float32_bytes / self.ratio)
        return parse_bytes(self.size) if isinstance(self.size, str) else self.size


def parse_bytes(text: str) -> int:
    """Bytes of a size such as ``20MB``, ``512kB``, ``1.5GiB`` or ``1000000``.

    Raises
    ------
    UsageError
        If it is none.
    """
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([A-Za-z]*)\s*", text)
    units = {unit.lower(): size for unit, size in UNITS.items()}
    if parts is None or parts[2].lower() not in units:
        raise UsageError(f"size {text!r} is not a number of bytes: write it like 20MB, 512kB, 1.5GiB or 1000000")
    return int(float(parts[1]) * units[parts[2].lower()])
