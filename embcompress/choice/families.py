"""Ways to spend a number of bytes on a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from embcompress import encodings
from embcompress.spec import Grid, Spec


@dataclass(frozen=True)
class Family:
    """Specs that differ only in how many bytes the code of a row takes.

    Parameters
    ----------
    least, most : int
        Code sizes there are, in bytes; a single one where they are equal.
    written : callable
        The spec of a code size.
    """

    least: int
    most: int
    written: Callable[[int], str]


@dataclass(frozen=True)
class Candidate:
    """A family at a code size in bytes."""

    family: Family
    code_size: int

    @property
    def spec(self) -> Spec:
        """How it is asked for."""
        return encodings.parse(self.family.written(self.code_size))


def families(dims: int) -> list[Family]:
    """Every family that may be the best one for a table of so many dimensions, those searched fastest first.

    Columns of 256 centroids stop at 6 bits a dimension: they take minutes to fit, and above that int8, of as many
    principal axes as there are bytes, keeps as much.
    """
    narrow, wide = dims // 2, max(1, dims * 3 // 4)

    def bits(code_size: int) -> str:
        return format(8 * code_size / dims, "g")

    found = [
        _fixed("lloyd:1", -(-dims // 8)),
        Family(1, narrow, lambda size: f"groups:{bits(size)}"),
        Family(1, narrow, lambda size: f"pq:{Grid(2 * size, 4)}:balance"),
        _fixed("ternary", -(-dims // 5)),
        Family(1, dims // 4, lambda size: f"pca:{4 * size},rotate,lloyd:2"),
        _fixed("lloyd:2", -(-dims // 4)),
        Family(1, narrow, lambda size: f"pca:{2 * size},lloyd:4"),
        _fixed("lloyd:4", -(-dims // 2)),
        Family(1, wide, lambda size: f"groups:{bits(size)}:8"),
        Family(1, wide, lambda size: f"pq:{Grid(size, 8)}:balance"),
        *(_leading(axes) for axes in (dims // 3, dims // 2, dims * 2 // 3)),
        Family(1, dims, lambda size: f"pca:{size},int8"),
        _fixed("int8", dims),
        _fixed("float16", 2 * dims),
    ]
    return [family for family in found if family.least <= family.most]


def _leading(axes: int) -> Family:
    """Columns of 256 centroids of the leading principal axes: the others are noise to analogies."""
    return Family(1, axes, lambda size: f"pca:{axes},pq:{Grid(size, 8)}:balance")


def _fixed(text: str, code_size: int) -> Family:
    return Family(code_size, code_size, lambda _: text)
