"""JSON from files that may be damaged or made to trick."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from embcompress.disk import access_error
from embcompress.errors import FormatError
from embcompress.header import distinct_keys


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises
    ------
    FileAccessError
        If it cannot be read.
    FormatError
        If it is not JSON, or an object holds a key twice.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise access_error("read", path, error) from None
    return parse_json(str(path), text, "its content")


def parse_json(name: str, text: bytes, what: str) -> Any:
    """`text` of the file called `name` as JSON; FormatError as `read_json`, naming `what` it is."""
    try:
        return json.loads(text, object_pairs_hook=distinct_keys)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name}: {what} is not sound JSON ({error})") from None
