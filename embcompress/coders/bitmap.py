"""Sparse storage: which bytes are not a run's most frequent one, then only those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embcompress.arrays import Bytes
from embcompress.errors import FormatError

MOST_RUNS = 1 << 16
"""More than a table has columns; a file that claims more of them would keep its reader busy for nothing."""


def pack(runs: Sequence[Bytes]) -> list[Bytes]:
    """Bitmaps of where a column differs from its most frequent byte, as pruned weights do, then the other bytes.

    Written are the number of runs and the length of each (i64, little-endian); each run's most frequent byte; each
    run's bits, lowest bit first, 1 where it has another byte, the last byte filled up with zeros; each run's others.
    """
    if len(runs) > MOST_RUNS:
        runs = [np.concatenate(runs)]
    symbols, bits, others = [], [], []
    for run in map(np.ascontiguousarray, runs):
        symbol = np.bincount(run, minlength=256).argmax()
        differs = run != symbol
        symbols.append(symbol)
        bits.append(np.packbits(differs, bitorder="little"))
        others.append(run[differs])
    lengths = np.array([len(runs), *map(len, runs)], dtype="<i8")
    return [lengths.view(np.uint8), np.array(symbols, dtype=np.uint8), *bits, *others]


def unpack(packed: Bytes, size: int) -> Bytes:
    """The runs, end to end."""
    lengths = _lengths(packed, size)
    next_bits = 8 + 9 * len(lengths)
    next_other = next_bits + sum(-(-length // 8) for length in lengths)
    if next_other > len(packed):
        raise FormatError(f"its bitmaps end after byte {len(packed)}, where {next_other} bytes belong")
    restored = np.empty(size, dtype=np.uint8)
    done = 0
    for symbol, length in zip(packed[8 + 8 * len(lengths) :], lengths, strict=False):
        bits = packed[next_bits : next_bits + -(-length // 8)]
        differs = np.unpackbits(bits, count=length, bitorder="little").view(np.bool_)
        others = packed[next_other : next_other + np.count_nonzero(differs)]
        if len(others) < np.count_nonzero(differs):
            raise FormatError("its bitmaps tell of more bytes than follow them")
        run = restored[done : done + length]
        run.fill(symbol)
        run[differs] = others
        done, next_bits, next_other = done + length, next_bits + len(bits), next_other + len(others)
    if next_other != len(packed):
        raise FormatError(f"its bitmaps tell of {len(packed) - next_other} bytes fewer than follow them")
    return restored


def _lengths(packed: Bytes, size: int) -> list[int]:
    count = int.from_bytes(packed[:8].tobytes(), "little")
    if count > MOST_RUNS or len(packed) < 8 + 9 * count:
        raise FormatError(f"its bitmaps of {count} runs do not fit into {len(packed)} bytes")
    lengths: list[int] = packed[8 : 8 + 8 * count].copy().view("<i8").tolist()
    if min(lengths, default=0) < 0 or sum(lengths) != size:
        raise FormatError(f"its bitmaps are of {sum(lengths)} bytes where {size} belong")
    return lengths
