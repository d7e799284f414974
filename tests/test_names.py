"""The public names are those that are meant to be."""

from __future__ import annotations

import inspect

import pytest

import embcompress

PUBLIC = {
    "CompressedVectors",
    "EmbcompressError",
    "Evaluation",
    "FileAccessError",
    "FormatError",
    "ServiceError",
    "Spec",
    "SpecError",
    "Table",
    "UnknownWordError",
    "UsageError",
    "choose",
    "connect",
    "evaluate",
    "export",
    "load",
    "open",
    "pack",
    "parse",
    "repair",
    "shrink",
    "unpack",
    "verify",
}


def test_exported_names() -> None:
    assert set(embcompress.__all__) == PUBLIC
    assert embcompress.__all__ == sorted(embcompress.__all__)
    assert set(dir(embcompress)) >= PUBLIC
    with pytest.raises(AttributeError, match="has no attribute 'compact'"):
        _ = embcompress.compact


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_names_are_documented(name: str) -> None:
    value = getattr(embcompress, name)
    assert inspect.getdoc(value)
    if inspect.isfunction(value) or name == "Table":
        documented = inspect.getdoc(value) or ""
        signature = inspect.signature(value)
        missing = [each for each in signature.parameters if each not in documented]
        assert not missing
    if inspect.isclass(value):
        for member, method in inspect.getmembers(value, inspect.isfunction):
            assert member.startswith("_") or inspect.getdoc(method), f"{name}.{member}"


def test_errors_are_what_python_users_catch() -> None:
    assert issubclass(embcompress.UnknownWordError, KeyError)
    assert issubclass(embcompress.FormatError, ValueError)
    assert issubclass(embcompress.SpecError, ValueError)
    assert issubclass(embcompress.FileAccessError, OSError)
    assert issubclass(embcompress.ServiceError, OSError)
    for name in PUBLIC:
        if name.endswith("Error"):
            assert issubclass(getattr(embcompress, name), embcompress.EmbcompressError)
