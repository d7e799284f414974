"""What gensim's tables do to themselves and compressed ones do not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from embcompress.errors import ReadOnlyError

REPLACED = {
    "index2entity": "index_to_key",
    "index2word": "index_to_key",
    "vectors_norm": "get_normed_vectors()",
    "vocab": "key_to_index and index_to_key",
}
"""Names that gensim 4 removed, and what to use instead."""


def _refuse(name: str) -> NoReturn:
    raise ReadOnlyError(f"{name}: compressed tables are read-only; change a copy of the table, made by to_gensim()")


def _refusing(name: str) -> Callable[..., NoReturn]:
    def method(self: object, *_arguments: Any, **_keywords: Any) -> NoReturn:  # noqa: ARG001
        _refuse(name)

    method.__name__ = name
    method.__doc__ = "Raise ReadOnlyError: compressed tables are read-only."
    return method


class ReadOnly:
    """The methods of gensim's ``KeyedVectors`` that change the table, each of which says that it cannot."""

    __setitem__ = _refusing("assignment")
    add_vector = _refusing("add_vector")
    add_vectors = _refusing("add_vectors")
    allocate_vecattrs = _refusing("allocate_vecattrs")
    intersect_word2vec_format = _refusing("intersect_word2vec_format")
    resize_vectors = _refusing("resize_vectors")
    set_vecattr = _refusing("set_vecattr")
    sort_by_descending_frequency = _refusing("sort_by_descending_frequency")
    unit_normalize_all = _refusing("unit_normalize_all")

    def fill_norms(self, force: bool = False) -> None:
        """Do nothing: the lengths of rows are always known."""

    def init_sims(self, replace: bool = False) -> None:
        """Old name of `fill_norms`; raises ReadOnlyError if vectors are to be replaced by normalized ones."""
        warnings.warn("init_sims is not needed: lengths of rows are always known", DeprecationWarning, stacklevel=2)
        if replace:
            _refuse("init_sims(replace=True)")

    if not TYPE_CHECKING:  # a type checker would take it that every attribute is there

        def __getattr__(self, name: str) -> NoReturn:
            if name in REPLACED:
                raise AttributeError(f"{name} was removed in gensim 4: use {REPLACED[name]}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
