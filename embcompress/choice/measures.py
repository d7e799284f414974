"""What a choice can be made by. Imports nothing: the command line names these before anything is asked for."""

from __future__ import annotations

ALL = "all"
"""The geometric mean of all shares."""

SHARES = ("neighbours", "similarity", "analogies")
"""What can be kept."""

MEASURES = (*SHARES, ALL)
