"""An embedding layer of PyTorch's that holds the codes itself and decodes on its device (extra ``torch``)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from embcompress.errors import FormatError, MissingPackageError
from embcompress.radix import symbols_within

try:
    import torch
    from torch.nn.functional import embedding, normalize, pad
except ImportError:
    raise MissingPackageError("CodedEmbedding needs torch: pip install 'embcompress[torch]'") from None

SHORTEST = 1e-15
"""Rows that decode to less are zero."""

ALWAYS = {"codes", "lengths", "levels"}
"""Tensors that every segment has."""


class CodedEmbedding(torch.nn.Module):
    """Frozen word vectors whose codes are buffers of the layer: they move, are saved and are loaded with the model.

    `embcompress.apps.torch.CompressedEmbedding` needs the ``.embc`` file and decodes on the CPU; this one needs what
    ``embcompress export FILE --to torch`` wrote, and decodes where it is. A state dict of the layer is the same again.

    Parameters
    ----------
    state : mapping of str to tensor
        What the export wrote.

    Attributes
    ----------
    num_embeddings : int
        Rows n.
    embedding_dim : int
        Length d of a vector.

    Raises
    ------
    FormatError
        If these are not the tensors of such a layer.

    Examples
    --------
    >>> layer = CodedEmbedding(torch.load("wikipedia.pt", weights_only=True))                   # doctest: +SKIP
    >>> rows = json.loads(Path("wikipedia.pt.words.json").read_text())                          # doctest: +SKIP
    >>> layer(torch.tensor([rows["king"], rows["queen"]]))                                      # doctest: +SKIP
    """

    def __init__(self, state: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        segments = _segments(state)
        self.segments = torch.nn.ModuleList(map(_Segment, segments))
        self._ends = [0, *accumulate(len(tensors["lengths"]) for tensors in segments)]
        self.num_embeddings = self._ends[-1]
        self.embedding_dim = self(torch.zeros(1, dtype=torch.int64, device=segments[0]["codes"].device)).shape[1]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Vectors of rows.

        Parameters
        ----------
        ids : (...) int64 or int32 tensor
            Row numbers, on the layer's device.

        Returns
        -------
        (..., d) float32 tensor

        Raises
        ------
        IndexError
            If an id is out of range. A GPU stops with an error of its own.
        """
        rows = ids.reshape(-1)
        parts = [segment(self._inside(rows, number)) for number, segment in enumerate(self.segments)]
        vectors: torch.Tensor = parts[0]
        for start, part in zip(self._ends[1:], parts[1:], strict=False):
            vectors = torch.where((rows >= start)[:, None], part, vectors)
        return vectors.reshape(*ids.shape, -1)

    def _inside(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Rows as a segment counts them: some row of it where they are another's, out of range by one if nobody's."""
        start, end = self._ends[number : number + 2]
        is_last = end == self.num_embeddings
        return (rows - start).clamp(0 if start else -1, end - start - (0 if is_last else 1))

    def extra_repr(self) -> str:
        """What printing the layer shows of it."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class _Segment(torch.nn.Module):
    """Rows coded the same way; its buffers are described where they are written, in `embcompress.exports`."""

    def __init__(self, tensors: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Vectors (k, d) of its rows (k,)."""
        there = dict(self.named_buffers())
        lengths = there["levels"][embedding(rows, there["lengths"][:, None]).long()]  # (k, 1)
        x = _numbers(there, _stored(there, rows))
        if "matrix" in there:
            x = x @ there["matrix"]
        elif "places" in there:
            x = pad(x, (0, 1))[:, there["places"]]
        if "b" in there:
            x = x + there["b"]
        return normalize(x, dim=1, eps=SHORTEST) * lengths


def _stored(there: Mapping[str, torch.Tensor], rows: torch.Tensor) -> torch.Tensor:
    """Codes of rows, as they are stored."""
    if "pointers" in there:
        digits = embedding(rows, there["pointers"]).long()
        rows = (digits << 8 * torch.arange(digits.shape[1], device=digits.device)).sum(dim=1)
    return embedding(rows, there["codes"])


def _numbers(there: Mapping[str, torch.Tensor], stored: torch.Tensor) -> torch.Tensor:
    """What codes stand for, before the way back."""
    if "step" in there:
        return stored * there["step"] + there["lowest"]
    if "centroids" not in there:
        return stored.float()
    columns, radix, _ = there["centroids"].shape
    powers = radix ** torch.arange(symbols_within(radix, 256), device=stored.device)
    symbols = (stored[:, :, None].long() // powers % radix).flatten(1)[:, :columns]  # (k, M)
    return there["centroids"][torch.arange(columns, device=stored.device), symbols].flatten(1)


def _segments(state: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
    """The tensors of each segment, by name."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in state.items():
        prefix, _, name = key.rpartition(".")
        found.setdefault(prefix, {})[name] = tensor
    names = [f"segments.{number}" for number in range(len(found))]
    if not found or set(found) != set(names) or not all(found[name].keys() >= ALWAYS for name in names):
        raise FormatError(
            f"the tensors {', '.join(list(state)[:4]) or '(none)'} are not those of a CodedEmbedding: "
            "embcompress export FILE --to torch writes them"
        )
    return [found[name] for name in names]
