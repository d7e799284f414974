"""Every encoding there is: one file each, and this folder is the registry.

A file holds a function ``fit(x, ...)`` of rows ``x (n, c)`` and the arguments a spec may give; its docstring's first
line is the help. What it returns says what it is: an `Affine` is a transform, an `Edit` a change of the table's rows
alone, a `Codebook` (or None: the rows' own numbers as float16) is a quantizer, a `Codec` a quantizer that brings a map
of its own, and a `Head` codes a table's first rows alone. A keyword-only ``seed`` is filled in by the caller. Names
that begin with an underscore are helpers. What may follow the quantizer in a spec is in `embcompress.coders`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_type_hints

from embcompress import coders
from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.codec import Codec
from embcompress.errors import SpecError
from embcompress.spec import Spec, Stage, read_stage, usage

Edit = Callable[[Floats], Floats]
"""What a table's rows are changed to before they are coded, block by block. Queries and decoding know nothing of it."""

HEAD, TRANSFORM, EDIT, QUANTIZER = "head", "transform", "edit", "quantizer"
"""Kinds of stages, in the order they are written; transforms and edits in any."""


@dataclass(frozen=True)
class Head(Codec):
    """The code of a table's first rows; the stages that follow are for the others."""


@dataclass(frozen=True)
class Encoding:
    """A stage that can stand in a spec.

    Parameters
    ----------
    name : str
    fit : callable
        ``fit(x, ...) -> Affine``, or ``-> Edit``, ``-> Head``, ``-> Codebook | None``, or ``-> Codec``.
    """

    name: str
    fit: Callable[..., Any]

    @property
    def kind(self) -> str:
        """``"head"``, ``"transform"``, ``"edit"`` or ``"quantizer"``."""
        return KINDS.get(get_type_hints(self.fit)["return"], QUANTIZER)

    @property
    def usage(self) -> str:
        """How the stage is written."""
        return usage(self.name, self.fit)

    @property
    def help(self) -> str:
        """One line on what it does."""
        return (self.fit.__doc__ or "").strip().splitlines()[0]


KINDS: dict[Any, str] = {Affine: TRANSFORM, Edit: EDIT, Head: HEAD}
"""What a fitter returns, and the kind of stage that makes it; everything else makes it a quantizer."""


def names() -> list[str]:
    """Names of all encodings, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def find(name: str) -> Encoding:
    """The encoding of a name.

    Raises
    ------
    SpecError
        If there is none; the text names those that are spelt nearly like it.
    """
    if name not in names():
        near = get_close_matches(name, {*names(), *coders.names()} - {name}, 3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise SpecError(f"unknown stage {name!r}: {hint}list all with: embcompress specs")
    return Encoding(name, importlib.import_module(f"{__name__}.{name}").fit)


def parse(text: str) -> Spec:
    """Read a spec.

    Parameters
    ----------
    text : str
        Such as ``center,pca:150,int4``.

    Returns
    -------
    Spec

    Raises
    ------
    SpecError
        If a stage or an argument is unknown, or the stages do not end in their only quantizer and coders.
    """
    written = [stage.strip() for stage in text.split(",")]
    if not all(stage.partition(":")[0] for stage in written):
        raise SpecError(f"spec {text!r} has an empty stage: write stages separated by single commas")
    read = [_read(stage) for stage in written]
    packing = [stage for stage in read if stage.name in coders.names()]
    stages = read[: len(read) - len(packing)]
    if read != stages + packing:
        raise SpecError(f"spec {text!r}: the coder {packing[0]} must come last, after the quantizer")
    if len(set(packing)) < len(packing):
        raise SpecError(f"spec {text!r} has a coder twice: give each once")
    for place, stage in enumerate(stages[:-1]):
        if find(stage.name).kind == QUANTIZER:
            raise SpecError(f"spec {text!r}: the quantizer {stage} must come last, but for coders")
        if find(stage.name).kind == HEAD and place:
            raise SpecError(f"spec {text!r}: {stage} must come first, all after it is for the other rows")
    if not stages or find(stages[-1].name).kind != QUANTIZER:
        ended = ",".join(map(str, [*stages, "int8", *packing]))
        raise SpecError(f"spec {text!r} has no quantizer: end it with one, such as {ended}")
    return Spec(tuple(stages), tuple(packing))


def fit_stage(stage: Stage, x: Floats, seed: int) -> Any:
    """What a stage's fitter makes of rows (n, c).

    Raises
    ------
    SpecError
        If the stage does not suit them; the text names it.
    """
    fitter = find(stage.name).fit
    seeded = {"seed": seed} if "seed" in inspect.signature(fitter).parameters else {}
    try:
        return fitter(x, *stage.arguments, **seeded)
    except SpecError as error:
        raise SpecError(f"{stage}: {error}") from None


def _read(written: str) -> Stage:
    name, *arguments = written.split(":")
    fitter = coders.find(name).pack if name in coders.names() else find(name).fit
    return read_stage(name, arguments, fitter, _read_quantizer)


def _read_quantizer(written: str) -> Stage:
    stage = _read(written)
    if stage.name not in names() or find(stage.name).kind != QUANTIZER:
        raise SpecError(f"{stage} is no quantizer: give one, such as int8 or lloyd:4")
    return stage
