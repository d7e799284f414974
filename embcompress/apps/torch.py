"""An embedding layer of PyTorch's that decodes on look-up (extra ``torch``)."""

from __future__ import annotations

import os

import numpy as np

from embcompress.apps._opening import opened
from embcompress.errors import MissingPackageError, UsageError, WrongTypeError
from embcompress.vectors import CompressedVectors

try:
    import torch
except ImportError:
    raise MissingPackageError("CompressedEmbedding needs torch: pip install 'embcompress[torch]'") from None


class RowError(UsageError, IndexError):
    """An id is not the number of a row."""


class CompressedEmbedding(torch.nn.Module):
    """Frozen word vectors, decoded when they are looked up: the float32 table is never made.

    It has nothing to train and nothing in ``state_dict``: make it from the file, then load the state of the model that
    it is part of. A pickle of it holds the file's path, so that the worker processes of a data loader share its pages.

    Parameters
    ----------
    vectors : CompressedVectors or path-like
        An open table, or an ``.embc`` file. An id is a row of it: ``layer.vectors.key_to_index[word]``.
    padding_idx : int, optional
        An id that gives zeros. As every row is a word's, take a number that is none: -1 is not the last row here.

    Attributes
    ----------
    num_embeddings : int
        Rows n.
    embedding_dim : int
        Length d of a vector.

    Raises
    ------
    FileAccessError, FormatError
        If the file cannot be opened.
    WrongTypeError
        If `vectors` is neither a table nor a path.

    Examples
    --------
    >>> layer = CompressedEmbedding("vectors.embc", padding_idx=-1)                             # doctest: +SKIP
    >>> rows = layer.vectors.key_to_index                                                       # doctest: +SKIP
    >>> layer(torch.tensor([rows.get(word, -1) for word in "the king".split()])).mean(dim=0)    # doctest: +SKIP
    """

    def __init__(self, vectors: CompressedVectors | str | os.PathLike[str], *, padding_idx: int | None = None) -> None:
        super().__init__()
        self.vectors = opened(vectors)
        self.padding_idx = padding_idx
        self.num_embeddings = len(self.vectors)
        self.embedding_dim = self.vectors.vector_size

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch gives it no types
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Vectors of rows; each distinct one is decoded once.

        Parameters
        ----------
        ids : (...) int64 or int32 tensor
            Row numbers, or `padding_idx`.

        Returns
        -------
        (..., d) float32 tensor
            On the device of `ids`.

        Raises
        ------
        RowError
            If an id is out of range; it is an IndexError.
        WrongTypeError
            If `ids` is no tensor of whole numbers.
        """
        if not isinstance(ids, torch.Tensor) or ids.dtype not in (torch.int64, torch.int32):
            given = ids.dtype if isinstance(ids, torch.Tensor) else type(ids).__name__
            raise WrongTypeError(f"ids are a tensor of int64 or int32, not {given}: give row numbers")
        distinct, places = torch.unique(ids, return_inverse=True)
        numbers = distinct.cpu().numpy()  # ascending
        is_row = numbers != self.padding_idx  # of None, true everywhere
        rows = numbers[is_row]
        if len(rows) and not 0 <= rows[0] <= rows[-1] < self.num_embeddings:
            raise self._out_of_range(int(rows[0] if rows[0] < 0 else rows[-1]))
        decoded = np.zeros((len(numbers), self.embedding_dim), dtype=np.float32)
        decoded[is_row] = self.vectors.coded_rows.vectors(rows)
        return torch.from_numpy(decoded).to(ids.device)[places]

    def extra_repr(self) -> str:
        """What printing the layer shows of it."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}, spec={self.vectors.spec}"

    def _out_of_range(self, number: int) -> RowError:
        padding = "" if self.padding_idx is None else f", or {self.padding_idx} for zeros"
        return RowError(
            f"id {number} is no row: give 0 to {self.num_embeddings - 1}{padding}; "
            "vectors.key_to_index has the row of each word"
        )
