"""What is asked of a table's words, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, overload

from embcompress.arrays import Integers


class Words(Protocol):
    """What is asked of a table's words: of a `Vocabulary`, or of one at the other end of a connection."""

    mapped: Integers

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, word: object) -> bool: ...

    def every_word(self) -> Iterator[bytes]:
        """All words' bytes, mapped ones after those that have rows."""

    def find(self, word: str) -> int | None:
        """The row that a word answers with, or None."""

    def find_all(self, words: Sequence[str]) -> Integers:
        """The row that each word answers with, (k,) int64; -1 for words that are not there."""

    def is_mapped(self, word: str) -> bool:
        """Whether a word answers with another's row."""

    def near(self, word: str) -> list[str]:
        """Words spelt nearly like this one."""

    def starting_with(self, prefix: str, limit: int) -> list[str]:
        """The first `limit` words, in row order, that begin with `prefix`."""
