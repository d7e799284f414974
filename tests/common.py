"""What the tests share: a small table with neighbours worth finding, and a spec for every way to write an encoding."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal, get_args, get_origin

import numpy as np

from embcompress import CompressedVectors, Table, encodings, shrink
from embcompress.arrays import Floats
from embcompress.spec import Grid, Stage, arguments_of

DIMS = 24
ROWS = 700


@cache
def small_table() -> Table:
    """700 words in 24 dimensions: 70 clusters of ten, lengths over a factor of ten, axes of unequal spread."""
    generator = np.random.default_rng(7)
    centres = generator.standard_normal((ROWS // 10, DIMS)) * np.linspace(2, 0.5, DIMS) + 0.3
    rows = np.repeat(centres, 10, axis=0) + 0.45 * generator.standard_normal((ROWS, DIMS))
    rows *= generator.uniform(0.3, 3, (ROWS, 1))
    return Table([f"word{row}" for row in range(ROWS)], rows.astype(np.float32))


@cache
def shrunk(spec: str) -> CompressedVectors:
    """The small table under a spec."""
    return shrink(small_table(), spec)


def unit_queries(count: int) -> Floats:
    """Random directions, (count, DIMS) float32."""
    queries = np.random.default_rng(11).standard_normal((count, DIMS)).astype(np.float32)
    return np.asarray(queries / np.linalg.norm(queries, axis=1, keepdims=True))


def written(encoding: encodings.Encoding) -> Iterator[str]:
    """A stage written with its required arguments only, in every form they have."""
    required = [each for each in arguments_of(encoding.fit).values() if each.default is inspect.Parameter.empty]
    texts = [""]
    for parameter in required:
        texts = [f"{text}:{value}" for text in texts for value in values_of(parameter.annotation)]
    yield from (encoding.name + text for text in texts)


def values_of(annotation: Any) -> list[str]:
    """Values for a required argument, for a table of `DIMS` dimensions."""
    if annotation is Grid:
        return ["6x4", "8x8", "5x4"]  # 5 does not divide 24
    if annotation is Stage:
        return ["int8", "lloyd:2"]
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    if annotation is float:
        return ["1.5"]
    if float in get_args(annotation):
        return ["0.5"]
    return ["17"]


def usable_names() -> list[str]:
    """Every stage whose libraries are installed."""
    return [name for name in encodings.names() if name != "cp" or find_spec("tensorly") is not None]


def quantizers() -> list[str]:
    """A spec for every quantizer, as many as its arguments have forms."""
    stages = [encodings.find(name) for name in usable_names()]
    return [text for stage in stages if stage.kind == encodings.QUANTIZER for text in written(stage)]


def transforms() -> list[str]:
    """Every stage that a quantizer has to follow."""
    stages = [encodings.find(name) for name in usable_names()]
    return [text for stage in stages if stage.kind != encodings.QUANTIZER for text in written(stage)]


MORE_SPECS = [
    "ternary:0.6:-0.2",
    "binary:zero",
    "binary:median",
    "binary:0.2",
    "int8:minmax",
    "int4:0.99",
    "dims:threshold:0.5,int8",
    "center,rotate,lloyd:4",
    "pca:13,rotate,lloyd:2",
    "pca:13,pq:13x4",
    "pca:16,int8",
    "abtt:2,rotate,binary",
    "dims:20,center,int4",
    "svd:11,float16",
    "pq:6x4:balance",
    "pq:5x8:balance",
    "pca:13,pq:13x4:balance",
    "groups:0.7",
    "groups:2.9:8",
    "center,rotate,groups:4",
    "pca:11,itq,binary",
    "delta:0.05",
    "center,rotate,delta:0.3",
    "kmeans:3",
    "kmeans:16",
    "kmeans:256",
    "dims:15:variance,kmeans:64",
    "dims:15:neighbours,int4",
    "prune:threshold:0.7,ternary",
    "center,prune:0.4,rotate,delta:0.3",
    "prune:0.3,groups:2",
    "pca:20,prune:0.5,float16",
    "pca:12,vq:40,int8",
    "head:200:groups:3,pca:13,lloyd:2",
    "head:60:float16,center,vq:30,binary",
]
"""Other ways to write quantizers, and quantizers behind maps of every kind."""

ALL_SPECS = quantizers() + [f"{transform},lloyd:4" for transform in transforms()] + MORE_SPECS
