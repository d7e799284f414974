"""JSON in and out by orjson, and by the slower standard library for words that are not UTF-8."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson


def dumps(value: Any) -> bytes:
    """JSON of plain values and numpy arrays of finite numbers; lone surrogates are escaped."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # orjson refuses lone surrogates, which stand for bytes that are not UTF-8
        return json.dumps(value, ensure_ascii=True, default=np.ndarray.tolist, separators=(",", ":")).encode()


def loads(text: bytes) -> Any:
    """The value of a JSON text, which may have lone surrogates.

    Raises
    ------
    ValueError
        If it is not JSON in UTF-8, is nested too deeply, or holds NaN or infinity.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if b"\\u" not in text:
            raise
        try:
            return json.loads(text.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise error from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
