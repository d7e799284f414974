"""Where a segment's codes and queries lie in a FAISS index. Nothing from a user reaches FAISS unchecked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from embcompress.arrays import Bytes, Floats, Integers
from embcompress.segment import Segment


class Layout(ABC):
    """What an index of a segment is made of: codes as FAISS stores them, queries as it takes them, an empty index.

    Parameters
    ----------
    segment : Segment
    width : int
        Numbers in a query as FAISS takes it.
    """

    most_queries: int | None = None
    """Queries at once up to which the kernel beats decoding blocks of rows and multiplying; None: always."""

    def __init__(self, segment: Segment, width: int) -> None:
        self.segment = segment
        self.width = width

    @abstractmethod
    def codes(self, rows: slice | Integers) -> Bytes:
        """Codes of some rows as FAISS stores them, (k, FAISS's code size) uint8."""

    @abstractmethod
    def queries(self, pulled: Floats, expected: Floats) -> Floats:
        """Queries as FAISS takes them, (m, width) float32.

        Parameters
        ----------
        pulled : (m, c) float32
            Queries in code space.
        expected : (m,) float32
            The score each expects between nominated and not.
        """

    @abstractmethod
    def empty(self) -> Any:
        """A trained flat index without rows."""

    @abstractmethod
    def empty_lists(self, count: int) -> Any:
        """A trained inverted file of so many lists, without rows; its lists are chosen by whoever searches it."""

    def packed(self, index: Any) -> Any:
        """The index that searches the rows of one made by `empty` or `empty_lists`: by default itself."""
        return index
