"""Codes of rows of which many are equal: each distinct code once, and for every row which one it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embcompress.arrays import Bytes, Integers, blocks
from embcompress.errors import FormatError
from embcompress.vocabulary import row_bytes

HASH_SEED = 0
"""Which multipliers the hash takes; what is found equal does not depend on it."""


class SharedCodes:
    """Codes of n rows, gathered when they are asked for: ``codes[rows]`` is what it is of an array.

    Parameters
    ----------
    distinct : (m, code_size) uint8
        May be memory-mapped, as may `pointers`.
    pointers : (n, k) uint8
        Which of the `distinct` codes each row takes, little-endian.
    name : str
        What errors call the pointers: the array, and the file it was read from.
    """

    def __init__(self, distinct: Bytes, pointers: Bytes, name: str = "") -> None:
        self.distinct = distinct
        self.pointers = pointers
        self._name = name

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, and bytes of a row's code once it is gathered."""
        return len(self.pointers), self.distinct.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes that are stored."""
        return self.distinct.nbytes + self.pointers.nbytes

    def __len__(self) -> int:
        return len(self.pointers)

    def __getitem__(self, rows: int | slice | Integers) -> Bytes:
        """Codes (..., code_size) of chosen rows.

        Raises
        ------
        FormatError
            If one of the rows points past the last code.
        """
        bytes_of = self.pointers[rows]
        numbers = np.zeros((*bytes_of.shape[:-1], 8), dtype=np.uint8)
        numbers[..., : bytes_of.shape[-1]] = bytes_of  # a pointer has at most 7 bytes: none is below zero
        try:
            return np.asarray(self.distinct[numbers.view("<i8")[..., 0]])
        except IndexError:
            raise FormatError(f"{self._name} points past the last of its {len(self.distinct)} codes") from None

    def chosen(self, rows: slice | Integers) -> SharedCodes:
        """Some of the rows, which go on sharing."""
        return SharedCodes(self.distinct, self.pointers[rows], self._name)


Codes = Bytes | SharedCodes


def shared(codes: Bytes) -> Codes:
    """The same codes, each distinct one once where that takes fewer bytes.

    Parameters
    ----------
    codes : (n, code_size) uint8

    Returns
    -------
    Bytes or SharedCodes
        Distinct codes are in the order of the first rows that take them.
    """
    _, first, group = np.unique(row_hashes(codes), return_index=True, return_inverse=True)
    width = row_bytes(len(first))
    if len(first) * codes.shape[1] + len(codes) * width >= codes.nbytes:
        return codes
    by_row = np.argsort(first)
    places = np.empty(len(first), dtype="<u8")
    places[by_row] = np.arange(len(first))
    pointers = np.ascontiguousarray(places[group].view(np.uint8).reshape(-1, 8)[:, :width])
    found = SharedCodes(codes[first[by_row]], pointers)
    # Different codes whose hashes are equal are to be expected once in 2**64 / n**2 tables.
    same = all(np.array_equal(found[rows], codes[rows]) for rows in blocks(len(codes)))
    return found if same else codes


def row_hashes(codes: Codes) -> NDArray[np.uint64]:
    """A number for each row, (n,) uint64: its 8-byte words times random odd numbers, summed modulo 2**64."""
    count, code_size = codes.shape
    width = -(-code_size // 8)
    multipliers = np.random.default_rng(HASH_SEED).integers(2**64, size=width, dtype=np.uint64) | np.uint64(1)
    hashes = np.empty(count, dtype=np.uint64)
    for rows in blocks(count):
        padded = np.zeros((rows.stop - rows.start, width * 8), dtype=np.uint8)
        padded[:, :code_size] = codes[rows]
        hashes[rows] = (padded.view(np.uint64) * multipliers).sum(axis=1)
    return hashes
