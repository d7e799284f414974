"""A codec in training: its maps and centroids move, its shape stays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from array_api_compat import array_namespace

from embcompress.affine import Affine, Linear
from embcompress.arrays import Floats, Integers
from embcompress.codec import Codec
from embcompress.distill.columns import Columns
from embcompress.distill.devices import Array, Arrays, Device


class Coding(NamedTuple):
    """What coding a batch came to.

    Parameters
    ----------
    x : (n, d)
        The batch.
    symbols : (n, M) int
    moving : (n, M) bool or None
        Symbols whose centroids and numbers are trained; None: all of them.
    y : (n, c)
        What the symbols stand for.
    rows : (n, d)
        The decoded batch.
    """

    x: Array
    symbols: Array
    moving: Array | None
    y: Array
    rows: Array


class CodecStudent:
    """A codec as parameters, and their gradients through codes.

    The map is always trained, as a dense one: no file need hold what chooses codes. The way back is trained where it is
    dense; one that selects axes, or does nothing, stays. Shifts and centroids are always trained.

    Parameters
    ----------
    codec : Codec
        Where training starts; it has a codebook.
    device : Device
    zero : (M,) int64, optional
        The symbol of each column that stands for what was pruned; its level stays. -1 where there is none.
    """

    def __init__(self, codec: Codec, device: Device, zero: Integers | None = None) -> None:
        assert codec.codebook is not None
        self._zero = None if zero is None else device.put(zero)
        self._affine = codec.affine
        self._columns = Columns(codec.codebook, device)
        self._device = device
        back = codec.affine.back
        self._back = None if back is None else device.put(_dense(back, codec.dims))
        self._trains_back = back is not None and back.ndim == 2

    def start(self) -> Arrays:
        """The codec's numbers."""
        affine = self._affine
        zeros = np.zeros(max(affine.components, affine.dims), dtype=np.float32)
        numbers = {
            "A": _dense(affine.A, affine.dims),
            "a": zeros[: affine.components] if affine.a is None else affine.a,
            "b": zeros[: affine.dims] if affine.b is None else affine.b,
            **({"Bt": _dense(affine.back, affine.dims)} if self._trains_back else {}),
            **self._columns.start(),
        }
        return {name: self._device.put(np.array(array, order="C")) for name, array in numbers.items()}

    def scales(self) -> Arrays:
        """How large the numbers of each parameter are, in shapes that broadcast to theirs."""
        affine = self._affine
        scales = {
            "A": _row_sizes(_dense(affine.A, affine.dims)),
            "a": self._columns.axis_scales(),
            "b": np.full(affine.dims, affine.dims**-0.5),
            **({"Bt": _row_sizes(_dense(affine.back, affine.dims))} if self._trains_back else {}),
            **self._columns.scales(still=self._zero is not None),
        }
        return {name: self._device.put(np.asarray(scale, dtype=np.float32)) for name, scale in scales.items()}

    def code(self, parameters: Arrays, x: Array, pruned: Array | None = None) -> Coding:
        """Code and decode directions.

        Parameters
        ----------
        parameters : Arrays
        x : (n, d)
        pruned : (n, M) bool, optional
            What has to stay zero.
        """
        xp = array_namespace(x)
        symbols, y = self._columns.code(x @ parameters["A"].T + parameters["a"], parameters)
        moving = None
        if pruned is not None:
            symbols = xp.where(pruned, self._zero, symbols)
            y = self._columns.decode(symbols, parameters)
            moving = symbols != self._zero
        back = self._back_of(parameters)
        return Coding(x, symbols, moving, y, (y if back is None else y @ back) + parameters["b"])

    def pull(self, parameters: Arrays, coding: Coding, gradient: Array) -> Arrays:
        """The gradients of the parameters from that of the decoded rows, (n, d).

        Symbols jump where numbers move, so the map's gradient is taken as if what was coded had passed unchanged
        (straight-through, Bengio et al. 2013); what is zero after pruning passes nothing on.
        """
        xp = array_namespace(gradient)
        back = self._back_of(parameters)
        pulled = gradient if back is None else gradient @ back.T
        if coding.moving is not None:
            pulled = xp.where(coding.moving, pulled, xp.zeros_like(pulled))
        return {
            "A": pulled.T @ coding.x,
            "a": xp.sum(pulled, axis=0),
            "b": xp.sum(gradient, axis=0),
            **({"Bt": coding.y.T @ gradient} if self._trains_back else {}),
            **self._columns.pull(coding.symbols, pulled),
        }

    def codec(self, parameters: Arrays) -> Codec:
        """The codec that codes as training did."""
        numbers = {name: self._device.get(array) for name, array in parameters.items()}
        dims = self._affine.dims
        back = numbers.get("Bt", self._affine.back)
        ways = Affine(
            dims, numbers["A"], numbers["a"], np.arange(dims, dtype=np.int32) if back is None else back, numbers["b"]
        )
        return Codec(ways, self._columns.codebook(numbers))

    def stored(self, codec: Codec) -> Codec:
        """The codec that decodes what `codec` codes, in the form, and so the bytes, of the one that was trained.

        Where that one had a single matrix forth and back, this one's is the way back: decoding and search need no
        other. What it would code again is nearly, not always, the same.
        """
        old, new = self._affine, codec.affine
        back = new.Bt if self._trains_back else old.back
        if old.Bt is None:
            assert new.b is not None
            shift = -Affine(old.dims, back).forward(new.b[None])[0]
            return Codec(Affine(old.dims, back, shift, None, new.b), codec.codebook)
        forth = new.A if old.A is not None and old.A.ndim == 2 else old.A
        return Codec(Affine(old.dims, forth, new.a, back, new.b), codec.codebook)

    def _back_of(self, parameters: Arrays) -> Array | None:
        return parameters["Bt"] if self._trains_back else self._back


def _dense(linear: Linear, dims: int) -> Floats:
    """The matrix (c, d) of a linear map."""
    if linear is not None and linear.ndim == 2:
        return np.asarray(linear, dtype=np.float32)
    return np.eye(dims, dtype=np.float32)[slice(None) if linear is None else linear]


def _row_sizes(matrix: Floats) -> Floats:
    """Root mean square of each row, (c, 1)."""
    return np.asarray(np.sqrt(np.square(matrix).mean(axis=1, keepdims=True)))
