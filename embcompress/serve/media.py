"""The forms in which vectors travel, and which of them a request accepts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from fastapi import Response

from embcompress.arrays import Floats, Mask
from embcompress.serve.json_text import dumps
from embcompress.serve.problems import Problem

JSON = "application/json"
OCTETS = "application/octet-stream"
ARROW = "application/vnd.apache.arrow.stream"
DTYPES = {"float32": "<f4", "float16": "<f2"}


_BINARY = {"schema": {"type": "string", "format": "binary"}}
NUMERIC: dict[int | str, dict[str, Any]] = {200: {"content": {OCTETS: _BINARY}}}
"""What the OpenAPI document says of answers that are had as little-endian numbers, too."""
TABULAR: dict[int | str, dict[str, Any]] = {200: {"content": {OCTETS: _BINARY, ARROW: _BINARY}}}
"""What it says of those that are also had in Arrow."""


def accepted(header: str | None, *, arrow: bool = False) -> str:
    """The form that an ``Accept`` header asks for: `JSON`, a name of `DTYPES`, or if it is had in it `ARROW`.

    Of forms that are accepted alike, the one that is named first; where any will do, JSON.

    Raises
    ------
    Problem
        406 if no form that there is will do.
    """
    best, choice = 0.0, None
    for media_range in (header or "*/*").split(","):
        kind, *parameters = (part.strip().lower() for part in media_range.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        form = _form(kind, given.get("dtype", "float32").strip('"'))
        weight = _weight(given.get("q", "1"))
        if form and weight > best and (arrow or form != ARROW):
            best, choice = weight, form
    if choice is None:
        listed = [form for form in forms() if arrow or form != ARROW]
        raise Problem(406, "not-acceptable", f"this is sent as: {', '.join(listed)}")
    return choice


@cache
def forms() -> list[str]:
    """What an ``Accept`` header may ask for."""
    arrow = [ARROW] if find_spec("pyarrow") else []
    return [JSON, OCTETS, f"{OCTETS};dtype=float16", *arrow]


def octets(array: Floats, dtype: str, *, unknown: int = 0) -> Response:
    """Rows one after the other, little-endian; headers tell their shape, dtype and how many are unknown, and NaN."""
    with np.errstate(over="ignore"):  # a component beyond float16 is infinite
        content = np.ascontiguousarray(array, dtype=DTYPES[dtype]).tobytes()
    headers = {
        "embcompress-shape": ",".join(map(str, array.shape)),
        "embcompress-dtype": dtype,
        "embcompress-unknown": str(unknown),
    }
    return Response(content, headers=headers, media_type=OCTETS)


def arrow(words: Sequence[str | None], matrix: Floats, known: Mask) -> Response:
    """A stream of one batch: ``word``, in which bytes that are not UTF-8 are replaced, and ``vector``, maybe null."""
    import pyarrow

    text = [word and word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for word in words]
    values = pyarrow.array(np.ascontiguousarray(matrix).reshape(-1))
    vectors = pyarrow.FixedSizeListArray.from_arrays(values, matrix.shape[1], mask=pyarrow.array(~known))
    batch = pyarrow.record_batch({"word": pyarrow.array(text, pyarrow.string()), "vector": vectors})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Response(sink.getvalue().to_pybytes(), media_type=ARROW)


def json(content: object) -> Response:
    """JSON."""
    return Response(dumps(content), media_type=JSON)


def numbers(name: str, values: Floats, form: str) -> Response:
    """An array of numbers by its name in JSON, or as octets."""
    return json({name: values}) if form == JSON else octets(values, form)


def _form(kind: str, dtype: str) -> str | None:
    if kind in (JSON, "application/*", "*/*"):
        return JSON
    if kind == OCTETS and dtype in DTYPES:
        return dtype
    return ARROW if kind == ARROW and ARROW in forms() else None


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
