"""What people pass as words, vectors and weights, checked and brought into one form."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from embcompress.arrays import Doubles, Floats
from embcompress.errors import UsageError, WrongKeyError, WrongTypeError
from embcompress.vectors._keys import KEY_TYPES, Key

Vector = np.ndarray[Any, Any]
Item = Key | Vector | tuple[Key | Vector, float]
"""A word, a row number, a vector, or one of these with its weight."""

Items = Item | Sequence[Item] | None


def as_list(items: Any) -> list[Any]:
    """The items of an iterable.

    Raises
    ------
    WrongKeyError
        If it is none, or bytes.
    """
    if isinstance(items, Iterable) and not isinstance(items, bytes | bytearray):
        return list(items)
    raise WrongKeyError(f"words are given as a list, not as {type(items).__name__}")


def as_items(items: Items) -> list[Any]:
    """Items as a list: one word, row number or vector is a list of one, and None an empty one."""
    if items is None:
        return []
    if isinstance(items, KEY_TYPES) or (isinstance(items, np.ndarray) and items.ndim < 2):
        return [items]
    return as_list(items)


def with_weights(items: Items, weight: float) -> list[tuple[Key | Vector, float]]:
    """Items with their own weights, or `weight`.

    Raises
    ------
    WrongKeyError
        If an item is none of what `Item` allows.
    """
    pairs: list[tuple[Key | Vector, float]] = []
    for item in as_items(items):
        if isinstance(item, (*KEY_TYPES, np.ndarray)):
            pairs.append((item, weight))
        elif isinstance(item, tuple | list) and len(item) == 2:
            pairs.append((item[0], float(as_numbers(item[1], "weights").reshape(-1)[0])))
        else:
            allowed = "a word, a row number, a vector, or a pair of one of these and a weight"
            raise WrongKeyError(f"a question is made of items, each {allowed}, not {type(item).__name__}")
    return pairs


def as_numbers(values: Any, what: str) -> Doubles:
    """An array of float64.

    Raises
    ------
    UsageError
        If `values` cannot be read as numbers; the text says `what` they are.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{what} are numbers, not {values!r:.60}") from None


def as_vector(vector: Any, dims: int) -> Floats:
    """A vector (d,) float32 of finite numbers.

    Raises
    ------
    WrongKeyError
        If it is no array or list.
    UsageError
        If its length is wrong, or it holds something that is not finite in float32.
    """
    if not isinstance(vector, np.ndarray | list | tuple):
        raise WrongKeyError(f"a vector is an array or a list of numbers, not {type(vector).__name__}")
    numbers = as_numbers(vector, "a vector's components")
    if numbers.shape != (dims,):
        raise UsageError(f"a vector of shape {numbers.shape} was given, this table's are ({dims},)")
    return as_finite(numbers)


def as_finite(numbers: np.ndarray[Any, Any]) -> Floats:
    """An array of any shape as float32.

    Raises
    ------
    UsageError
        If it holds something that is not finite in float32.
    """
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32)
    if not np.isfinite(single).all():
        raise UsageError("the vector or a weight given holds a number that is not finite (in float32)")
    return single


def as_whole(number: Any, name: str) -> int:
    """A whole number.

    Raises
    ------
    WrongTypeError
        If it is not one.
    """
    try:
        return operator.index(number)
    except TypeError:
        raise WrongTypeError(f"{name} is a whole number, not {number!r:.60}") from None
