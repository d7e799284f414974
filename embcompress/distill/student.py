"""A codec in training: its way back and its centroids move, its shape and the symbols of rows stay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from array_api_compat import array_namespace

from embcompress.affine import Affine
from embcompress.arrays import Floats, Integers
from embcompress.codec import Codec
from embcompress.distill.columns import Columns
from embcompress.distill.descent import dense
from embcompress.distill.devices import Array, Arrays, Device


class Decoded(NamedTuple):
    """What symbols came to.

    Parameters
    ----------
    symbols : (n, M) int
    y : (n, c)
        What they stand for in code space.
    rows : (n, d)
        What that decodes to.
    """

    symbols: Array
    y: Array
    rows: Array


class CodecStudent:
    """A codec as parameters, and their gradients with the symbols of rows given.

    The way back is trained where it is dense; one that selects axes, or does nothing, stays. The shift and the
    centroids are always trained.

    Parameters
    ----------
    codec : Codec
        Where training starts; it has a codebook.
    device : Device
    still : (M,) int, optional
        The symbol of each column that stands for what was pruned; its level stays. -1 where there is none.
    """

    def __init__(self, codec: Codec, device: Device, still: Integers | None = None) -> None:
        assert codec.codebook is not None
        self._still = None if still is None else device.put(still)
        self._affine = codec.affine
        self._columns = Columns(codec.codebook, device)
        self._device = device
        back = codec.affine.back
        self._trains_back = back is not None and back.ndim == 2
        self._back = None if back is None or self._trains_back else device.put(dense(back, codec.dims))

    def start(self) -> Arrays:
        """The codec's numbers."""
        affine = self._affine
        numbers = {
            "b": np.zeros(affine.dims, dtype=np.float32) if affine.b is None else affine.b,
            **({"Bt": dense(affine.back, affine.dims)} if self._trains_back else {}),
            **self._columns.start(),
        }
        return {name: self._device.put(np.array(array, order="C")) for name, array in numbers.items()}

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are, in shapes that broadcast to theirs."""
        affine = self._affine
        scales = {
            "b": np.full(affine.dims, affine.dims**-0.5),
            **({"Bt": _row_sizes(dense(affine.back, affine.dims))} if self._trains_back else {}),
            **self._columns.scales(still=self._still is not None),
        }
        return {name: self._device.put(np.asarray(scale, dtype=np.float32)) for name, scale in scales.items()}

    def decode(self, parameters: Arrays, symbols: Array) -> Decoded:
        """Rows that symbols (n, M) stand for."""
        y = self._columns.decode(symbols, parameters)
        back = self._back_of(parameters)
        return Decoded(symbols, y, (y if back is None else y @ back) + parameters["b"])

    def pull(self, parameters: Arrays, decoded: Decoded, gradient: Array) -> Arrays:
        """The gradients of the parameters from that of the decoded rows, (n, d); what was pruned passes nothing on."""
        xp = array_namespace(gradient)
        back = self._back_of(parameters)
        pulled = gradient if back is None else gradient @ back.T
        if self._still is not None:
            pulled = xp.where(decoded.symbols == self._still, xp.zeros_like(pulled), pulled)
        return {
            "b": xp.sum(gradient, axis=0),
            **({"Bt": decoded.y.T @ gradient} if self._trains_back else {}),
            **self._columns.pull(decoded.symbols, pulled),
        }

    def codec(self, parameters: Arrays) -> Codec:
        """The codec that decodes as training did, in the form, and so the bytes, of the one that was trained.

        Where that one had a single matrix forth and back, this one's is the way back: decoding and search need no
        other. What it would code by itself is near, and not the same: symbols are chosen by `descent.Descent`.
        """
        numbers = {name: self._device.get(array) for name, array in parameters.items()}
        old, b = self._affine, numbers["b"]
        back = numbers.get("Bt", old.back)
        codebook = self._columns.codebook(numbers)
        if old.Bt is None:
            shift = -Affine(old.dims, back).forward(b[None])[0]
            return Codec(Affine(old.dims, back, shift, None, b), codebook)
        return Codec(Affine(old.dims, old.A, old.a, back, b), codebook)

    def _back_of(self, parameters: Arrays) -> Array | None:
        return parameters["Bt"] if self._trains_back else self._back


def _row_sizes(matrix: Floats) -> Floats:
    """Root mean square of each row, (c, 1)."""
    return np.asarray(np.sqrt(np.square(matrix).mean(axis=1, keepdims=True)))
