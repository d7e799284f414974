"""What tables written as text have in common, whoever reads or writes them."""

from __future__ import annotations

import re

BYTE_ORDER_MARK = re.compile(rb"\xef\xbb\xbf(?! )")
"""Before a space it is a word of its own."""

LONGEST_ERROR = 600
"""Characters of an error about a file: what is left of a text that is itself an attack."""


def is_number(text: bytes) -> bool:
    """Whether a field reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return b"_" not in text  # which Python allows between digits


def is_utf8(word: bytes) -> bool:
    """Whether a word is text."""
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def one_line(text: str) -> str:
    """A text that a stranger may have written parts of, fit for an error: only what prints, cut where it is long."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[:LONGEST_ERROR])
    return shown + ("..." if len(text) > LONGEST_ERROR else "")
