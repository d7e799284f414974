"""The written form of an encoding: ``center,pca:150,int4``.

Stages are separated by commas, a stage's arguments follow it after colons, so a spec needs no quoting in a shell. What
a stage is called and which arguments it takes is read from its fitter's signature; nothing is registered by hand.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from embcompress.errors import SpecError


class Grid(NamedTuple):
    """``MxB``: M columns of B bits each; plain ``M`` is ``Mx8``."""

    M: int
    nbits: int

    @classmethod
    def parse(cls, text: str) -> Grid:
        """Read ``75x4`` or ``75``; ValueError otherwise."""
        match = re.fullmatch(r"(\d{1,9})(?:x(\d{1,2}))?", text)
        if match is None:
            raise ValueError(text)
        return cls(int(match[1]), int(match[2] or 8))

    def __str__(self) -> str:
        return f"{self.M}x{self.nbits}"


@dataclass(frozen=True)
class Stage:
    """One stage of a spec: its name and the arguments that were given, typed.

    Parameters
    ----------
    name : str
    arguments : tuple
        In the order of the fitter's parameters; those not given are missing from the end.
    """

    name: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return ":".join([self.name, *(_written(value) for value in self.arguments)])


@dataclass(frozen=True)
class Spec:
    """Stages in the order they are written, one quantizer last. ``str`` prints the one written form.

    Parameters
    ----------
    stages : tuple of Stage
    coders : tuple of Stage
        How arrays are stored in the file; they follow the quantizer.
    """

    stages: tuple[Stage, ...]
    coders: tuple[Stage, ...] = ()

    def __str__(self) -> str:
        return ",".join(str(stage) for stage in self.stages + self.coders)

    def facts(self) -> dict[str, Any]:
        """What a file's metadata say of it: ``spec``, which packing does not change, and ``coders``, if there are."""
        coders = {"coders": [stage.name for stage in self.coders]} if self.coders else {}
        return {"spec": str(Spec(self.stages)), **coders}


def arguments_of(fitter: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters of a fitter that a spec can set: those after the rows, keyword-only ones (the seed) excepted."""
    signature = inspect.signature(fitter)
    hints = get_type_hints(fitter)
    parameters = list(signature.parameters.values())[1:]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {each.name: each.replace(annotation=hints[each.name]) for each in parameters if each.kind in kinds}


def usage(name: str, fitter: Callable[..., Any]) -> str:
    """How a stage is written, optional arguments in brackets: ``pq:MxB``, ``binary[:mean|median|zero|NUMBER]``."""
    text = name
    closing = ""
    for parameter in arguments_of(fitter).values():
        form = ":" + _form(parameter.annotation, parameter.name)
        if parameter.default is inspect.Parameter.empty:
            text += form
        else:
            text, closing = f"{text}[{form}", closing + "]"
    return text + closing


def read_stage(name: str, texts: list[str], fitter: Callable[..., Any], nested: Callable[[str], Stage]) -> Stage:
    """Type a stage's arguments after its fitter's signature.

    Parameters
    ----------
    name : str
    texts : list of str
        What is written after the name, between colons.
    fitter : callable
        Where its last parameter is a `Stage`, that takes all the texts that are left.
    nested : callable
        Reads such a stage.

    Raises
    ------
    SpecError
        If there are too few or too many, or one cannot be read; the text says how the stage is written.
    """
    parameters = list(arguments_of(fitter).values())
    given = ":".join([name, *texts])
    if parameters and parameters[-1].annotation is Stage and len(texts) > len(parameters):
        texts = [*texts[: len(parameters) - 1], ":".join(texts[len(parameters) - 1 :])]
    required = [each for each in parameters if each.default is inspect.Parameter.empty]
    if not len(required) <= len(texts) <= len(parameters):
        amount = str(len(required)) if len(required) == len(parameters) else f"{len(required)} to {len(parameters)}"
        raise SpecError(f"{given}: {name} takes {amount} arguments, written {usage(name, fitter)}")
    values = []
    for text, parameter in zip(texts, parameters, strict=False):
        if parameter.annotation is Stage:
            values.append(nested(text))  # which says itself what is wrong
            continue
        try:
            values.append(_read(text, parameter.annotation))
        except ValueError:
            form = _form(parameter.annotation, parameter.name)
            raise SpecError(
                f"{given}: {text!r} is not a value of {parameter.name} ({form}), written {usage(name, fitter)}"
            ) from None
    return Stage(name, tuple(values))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    union = get_origin(annotation) in (Union, types.UnionType)
    return tuple(each for each in get_args(annotation) if each is not type(None)) if union else (annotation,)


def _read(text: str, annotation: Any) -> Any:
    for each in _alternatives(annotation):
        if get_origin(each) is Literal:
            for value in get_args(each):
                if text == str(value):
                    return value
        elif each is int and re.fullmatch(r"\d{1,18}", text):
            return int(text)
        elif each is float and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.IGNORECASE):
            return float(text)
        elif each is Grid:
            return Grid.parse(text)
    raise ValueError(text)


def _form(annotation: Any, name: str) -> str:
    forms = []
    for each in _alternatives(annotation):
        if get_origin(each) is Literal:
            forms += [str(value) for value in get_args(each)]
        elif each is Grid:
            forms.append("M[xB]")
        elif each is Stage:
            forms.append(name.upper())
        else:
            forms.append(name)
    return "|".join(forms)


def _written(value: Any) -> str:
    return format(value, "g") if isinstance(value, float) else str(value)
