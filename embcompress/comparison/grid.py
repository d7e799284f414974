"""The specs that ``--all`` compares: every quantizer in every form, made from what its arguments are."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from embcompress import encodings
from embcompress.codebook import Codebook
from embcompress.spec import Grid, Spec, arguments_of

LEVELS = 16
"""For an argument that is a plain count."""

NUMBERS = "0.5", "1", "2"
"""For an argument that is any number, such as bits a dimension."""


def every_spec(dims: int) -> list[Spec]:
    """A spec for every quantizer in all forms its required arguments take, alone and behind a map.

    The maps are the leading half of the principal axes and a random rotation. A rotation evens out axes, so it goes
    before quantizers that fit each axis by itself; those that cluster rows would lose what ties their axes together.
    Numbers that are not coded at all stand alone.

    Parameters
    ----------
    dims : int
        Length d of a vector.
    """
    stages = [encodings.find(name) for name in encodings.names()]
    texts: list[str] = []
    for stage in stages:
        if stage.kind != encodings.QUANTIZER:
            continue
        forms = list(_forms(stage, dims))
        texts += forms
        for transform in _maps(stage, dims):
            texts += [f"{transform},{form}" for form in forms]
    return [encodings.parse(text) for text in texts]


def _maps(stage: encodings.Encoding, dims: int) -> list[str]:
    fitted = get_type_hints(stage.fit)["return"]
    if Codebook not in (get_args(fitted) or (fitted,)) or type(None) in get_args(fitted):
        return []  # it brings its own map, or is no code
    half = f"pca:{max(1, dims // 2)}"
    clusters = "seed" in inspect.signature(stage.fit).parameters  # k-means has to begin somewhere
    return [half] if clusters else [half, "rotate"]


def _forms(stage: encodings.Encoding, dims: int) -> Iterator[str]:
    """A stage for each combination of its required arguments' values, and of one further one that names its choices."""
    texts, further = [stage.name], True
    for parameter in arguments_of(stage.fit).values():
        if parameter.default is inspect.Parameter.empty:
            texts = [f"{text}:{value}" for text in texts for value in _values(parameter.annotation, dims)]
        elif further:
            choices = [value for value in _choices(parameter.annotation) if value != parameter.default]
            texts += [f"{text}:{value}" for text in texts for value in choices]
            further = False
    yield from texts


def _choices(annotation: Any) -> list[Any]:
    """The values of an argument that can be nothing but named choices."""
    kinds = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) in (Union, types.UnionType) and len(kinds) == 1:
        annotation = kinds[0]
    return list(get_args(annotation)) if get_origin(annotation) is Literal else []


def _values(annotation: Any, dims: int) -> list[str]:
    if get_origin(annotation) in (Union, types.UnionType):
        return _values(get_args(annotation)[0], dims)
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    if annotation is Grid:  # 1 bit a dimension in narrow and in wide columns, and 2 bits
        narrow, wide = max(1, dims // 4), max(1, dims // 8)
        return [str(Grid(narrow, 4)), str(Grid(wide, 8)), str(Grid(narrow, 8))]
    return [str(LEVELS)] if annotation is int else list(NUMBERS)
