"""Budgets by name: what a table may take where it is used. Imports nothing: the command line's help names these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """What a file, the process that searches it, and one query may take.

    Parameters
    ----------
    file_bytes : int
        Of the whole file.
    memory_bytes : int
        Private memory that opening and searching takes, beside Python and its libraries.
    query_seconds : float
        Of one search over all rows, on one thread of the machine that `run_time` was measured on.
    """

    file_bytes: int
    memory_bytes: int
    query_seconds: float

    def __str__(self) -> str:
        """The limits, as people read them."""
        return (
            f"{self.file_bytes / 1e6:g} MB of file, {self.memory_bytes / 1e6:g} MB of memory, "
            f"{self.query_seconds * 1000:g} ms a query"
        )


PROFILES = {
    # Unpacked, a function's code may have 250 MB, of which numpy and FAISS need more than half; half of the smallest
    # function's 128 MB; a tenth of a second is "instant" to people, the network takes most of it.
    "lambda": Profile(100_000_000, 64_000_000, 0.025),
    # Four seconds of download at 10 Mbit/s; a tab's share on small devices; half a frame at 60 Hz.
    "browser": Profile(5_000_000, 16_000_000, 0.008),
    # A tenth of the 200 MB that app stores deliver without asking on mobile networks; an eighth of the 256 MB that
    # Android gives an app's heap; half a frame at 60 Hz, of cores about half as fast.
    "phone": Profile(20_000_000, 32_000_000, 0.004),
}
"""Places that tables are used in."""
