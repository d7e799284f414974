"""Every encoding there is: one file each, and this folder is the registry.

A file holds a function ``fit(x, ...)`` of rows ``x (n, c)`` and the arguments a spec may give; its docstring's first
line is the help. What it returns says what it is: an `Affine` is a transform, an `Edit` a change of the table's rows
alone, a `Codebook` (or None: the rows' own numbers as float16) is a quantizer, and a `Codec` a quantizer that brings a
map of its own. A keyword-only ``seed`` is filled in by the caller. Names that begin with an underscore are helpers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_type_hints

from embcompress.affine import Affine
from embcompress.arrays import Floats
from embcompress.errors import SpecError
from embcompress.spec import Spec, read_stage, usage

Edit = Callable[[Floats], Floats]
"""What a table's rows are changed to before they are coded, block by block. Queries and decoding know nothing of it."""


@dataclass(frozen=True)
class Encoding:
    """A stage that can stand in a spec.

    Parameters
    ----------
    name : str
    fit : callable
        ``fit(x, ...) -> Affine``, or ``-> Edit``, or ``-> Codebook | None``, or ``-> Codec``.
    """

    name: str
    fit: Callable[..., Any]

    @property
    def is_transform(self) -> bool:
        """Whether the stage is a map or an edit of rows; otherwise it is a quantizer."""
        return get_type_hints(self.fit)["return"] in (Affine, Edit)

    @property
    def kind(self) -> str:
        """``"transform"``, ``"edit"`` or ``"quantizer"``."""
        if not self.is_transform:
            return "quantizer"
        return "transform" if get_type_hints(self.fit)["return"] is Affine else "edit"

    @property
    def usage(self) -> str:
        """How the stage is written."""
        return usage(self.name, self.fit)

    @property
    def help(self) -> str:
        """One line on what it does."""
        return (self.fit.__doc__ or "").strip().splitlines()[0]


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
        near = get_close_matches(name, names(), 3)
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
        If a stage or an argument is unknown, or the stages do not end in their only quantizer.
    """
    stages = []
    for written in text.split(","):
        name, *arguments = written.strip().split(":")
        if not name:
            raise SpecError(f"spec {text!r} has an empty stage: write stages separated by single commas")
        stages.append(read_stage(name, arguments, find(name).fit))
    *transforms, last = stages
    for stage in transforms:
        if not find(stage.name).is_transform:
            raise SpecError(f"spec {text!r}: the quantizer {stage} must come last")
    if find(last.name).is_transform:
        raise SpecError(f"spec {text!r} has no quantizer: end it with one, such as {text},int8")
    return Spec(tuple(stages))
