"""The arithmetic of packing: several symbols below a radix in one number, and what such numbers stand for."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Bytes, Floats, Integers, blocks

PIECE_ROWS = 1024
"""Codes looked up at a time: their places in the tables stay in the processor's cache."""


class ByteTables:
    """An entry for each value of each byte of a code.

    Parameters
    ----------
    entries : (code_size, 256, ...) float32
    """

    def __init__(self, entries: Floats) -> None:
        self.entries = entries
        self._flat = entries.reshape(-1, *entries.shape[2:])
        self._starts = np.arange(0, len(self._flat), 256)

    def take_rows(self, codes: Bytes) -> Floats:
        """The entries of codes (n, code_size) or of one (code_size,): (n, code_size, ...) or (code_size, ...)."""
        if codes.ndim == 1 or len(codes) <= PIECE_ROWS:
            return self._flat.take(codes + self._starts, axis=0)
        entries = np.empty((*codes.shape, *self._flat.shape[1:]), dtype=np.float32)
        for piece in blocks(len(codes), PIECE_ROWS):
            # No byte leads outside its table; "clip" spares numpy the copy by which it would undo a failed check.
            self._flat.take(codes[piece] + self._starts, axis=0, out=entries[piece], mode="clip")
        return entries


def symbols_within(radix: int, values: int) -> int:
    """The largest p with ``radix ** p <= values``, at least 1."""
    together = 1
    while radix ** (together + 1) <= values:
        together += 1
    return together


def digits(values: int, radix: int, places: int) -> Integers:
    """The digits of 0 .. values - 1, lowest first, (values, places); numbers with more digits repeat the last one."""
    numbers = np.minimum(np.arange(values), radix**places - 1)
    return np.asarray(numbers[:, None] // radix ** np.arange(places) % radix)


def merge(centroids: Floats, digits: Integers) -> Floats:
    """Centroids (g, p, L, w) of p columns side by side, for symbols given by digits (v, p): (g, v, p * w)."""
    places = np.arange(centroids.shape[1])
    merged = centroids[:, places, digits]  # (g, v, p, w)
    return np.ascontiguousarray(merged.reshape(len(centroids), len(digits), -1), dtype=np.float32)
