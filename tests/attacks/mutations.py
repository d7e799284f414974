"""What damage and malice do to bytes, whatever they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

EDGES = (0, 1, -1, 2, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
"""Numbers next to which programs go wrong."""

FRONT = 256
"""Bytes where headers are, which are hit more often than others."""

NUMBER = re.compile(rb"\d+")

Mutation = Callable[[bytes, Random], bytes]


def mutated(content: bytes, chance: Random) -> bytes:
    """The bytes with one to four things done to them."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        content = chance.choice(MUTATIONS)(content, chance)
    return content


def place_in(content: bytes, chance: Random) -> int:
    """A place of the bytes, as often as not near their beginning."""
    return chance.randrange(1 + min(len(content), FRONT if chance.random() < 0.5 else len(content)))


def _flip_bits(content: bytes, chance: Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8)) if content else 0):
        place = min(place_in(content, chance), len(content) - 1)
        flipped[place] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _overwrite(content: bytes, chance: Random) -> bytes:
    size = chance.choice((1, 2, 4, 8, 30))
    run = chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size), b" " * size, b"\n" * size))
    place = place_in(content, chance)
    return content[:place] + run + content[place + size :]


def _truncate(content: bytes, chance: Random) -> bytes:
    return content[: place_in(content, chance)]


def _insert(content: bytes, chance: Random) -> bytes:
    place = place_in(content, chance)
    return content[:place] + chance.randbytes(chance.choice((1, 2, 8, 200))) + content[place:]


def _piece(content: bytes, chance: Random) -> tuple[int, int]:
    start = place_in(content, chance)
    return start, min(len(content), start + chance.choice((1, 4, 8, 40, 1000)))


def _remove(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    return content[:start] + content[end:]


def _repeat(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    return content[:end] + content[start:end] * chance.choice((1, 1, 2, 100)) + content[end:]


def _copy(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    place = place_in(content, chance)
    return content[:place] + content[start:end] + content[place + end - start :]


def _set_number(content: bytes, chance: Random) -> bytes:
    size = chance.choice((1, 2, 4, 8))
    place = place_in(content, chance)
    place -= place % chance.choice((1, size))
    number = chance.choice((*EDGES, len(content), int.from_bytes(content[place : place + size], "little") + 1))
    return content[:place] + (number % (1 << 8 * size)).to_bytes(size, "little") + content[place + size :]


def _set_written_number(content: bytes, chance: Random) -> bytes:
    found = list(NUMBER.finditer(content, 0, 4096))
    if not found:
        return _set_number(content, chance)
    match = chance.choice(found)
    number = chance.choice((*EDGES, 10**30, int(match[0]) + 1, int(match[0]) * 2))
    return content[: match.start()] + b"%d" % number + content[match.end() :]


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _overwrite,
    _truncate,
    _insert,
    _remove,
    _repeat,
    _copy,
    _set_number,
    _set_number,
    _set_written_number,
)
