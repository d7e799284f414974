"""Every coder there is: bytes to fewer bytes, for a file at rest. One file each, and this folder is the registry.

A file holds two functions. ``pack(runs)`` takes the runs of bytes that an array is made of, each run of one kind (the
codes' byte of one column), so that it can be coded by its own frequencies, and returns runs again: coders are applied
one after another. ``unpack(packed, size)`` takes what `pack` returned, its runs end to end, and gives back the ``size``
bytes of the runs that it was made from; it raises FormatError where that is impossible, and takes no more memory than
a few times ``size``. The first line of `pack`'s docstring is the help.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embcompress.arrays import Bytes
from embcompress.errors import UsageError


@dataclass(frozen=True)
class Coder:
    """A way to store bytes.

    Parameters
    ----------
    name : str
    pack : callable
        ``pack(runs) -> runs``: sequences of (k,) uint8, k of any size.
    unpack : callable
        ``unpack(packed (k,), size) -> (size,)``, all uint8.
    """

    name: str
    pack: Callable[[Sequence[Bytes]], list[Bytes]]
    unpack: Callable[[Bytes, int], Bytes]

    kind = "coder"
    """What sort of a spec's stages it is."""

    @property
    def usage(self) -> str:
        """How it is written in a spec."""
        return self.name

    @property
    def help(self) -> str:
        """One line on what it does."""
        return (self.pack.__doc__ or "").strip().splitlines()[0]


def names() -> list[str]:
    """Names of all coders, sorted; in this order several of them are applied to an array."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def find(name: str) -> Coder:
    """The coder of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in names():
        raise UsageError(f"unknown coder {name!r}: there are {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    return Coder(name, module.pack, module.unpack)
