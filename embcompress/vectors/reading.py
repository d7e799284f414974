"""All ways to read a table, made of a few questions that files and services answer each in their own way."""

from __future__ import annotations

from embcompress.vectors._arguments import Vector, as_finite, as_vector
from embcompress.vectors._gensim import Gensim
from embcompress.vectors._keys import Key
from embcompress.vectors._more_neighbours import MoreNeighbours
from embcompress.vectors._neighbours import Found
from embcompress.vectors._read_only import ReadOnly
from embcompress.vectors._sums import Sum

__all__ = ["Found", "Key", "Reading", "Sum", "Vector", "as_finite", "as_vector"]


class Reading(MoreNeighbours, Gensim, ReadOnly):
    """The reading methods of gensim's ``KeyedVectors``, and more, over the methods that are abstract here."""
