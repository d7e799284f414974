"""Compress word-embedding tables, and answer from the compressed codes.

>>> import embcompress
>>> vectors = embcompress.open("vectors.embc")          # doctest: +SKIP
>>> vectors.most_similar("king", topn=3)                # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embcompress.choice.choose import choose
    from embcompress.client import connect
    from embcompress.compress import shrink
    from embcompress.distill.repair import repair
    from embcompress.encodings import parse
    from embcompress.errors import (
        EmbcompressError,
        FileAccessError,
        FormatError,
        ServiceError,
        SpecError,
        UnknownWordError,
        UsageError,
    )
    from embcompress.evaluation.evaluate import Evaluation, evaluate
    from embcompress.exports import export
    from embcompress.formats import load
    from embcompress.integrity import verify
    from embcompress.packing import pack, unpack
    from embcompress.spec import Spec
    from embcompress.table import Table
    from embcompress.vectors import CompressedVectors, open  # noqa: A004 - it is what people expect to call

__version__ = "0.1.0"

_HOMES = {
    "CompressedVectors": "vectors",
    "EmbcompressError": "errors",
    "Evaluation": "evaluation.evaluate",
    "FileAccessError": "errors",
    "FormatError": "errors",
    "ServiceError": "errors",
    "Spec": "spec",
    "SpecError": "errors",
    "Table": "table",
    "UnknownWordError": "errors",
    "UsageError": "errors",
    "choose": "choice.choose",
    "connect": "client",
    "evaluate": "evaluation.evaluate",
    "export": "exports",
    "load": "formats",
    "open": "vectors",
    "pack": "packing",
    "parse": "encodings",
    "repair": "distill.repair",
    "shrink": "compress",
    "unpack": "packing",
    "verify": "integrity",
}

__all__ = [
    "CompressedVectors",
    "EmbcompressError",
    "Evaluation",
    "FileAccessError",
    "FormatError",
    "ServiceError",
    "Spec",
    "SpecError",
    "Table",
    "UnknownWordError",
    "UsageError",
    "choose",
    "connect",
    "evaluate",
    "export",
    "load",
    "open",
    "pack",
    "parse",
    "repair",
    "shrink",
    "unpack",
    "verify",
]


def __getattr__(name: str) -> Any:
    # Names are fetched when they are used, so that reading a file never loads what writes one.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
