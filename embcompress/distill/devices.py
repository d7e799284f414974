"""Where training's arrays live: numpy's, or another library's that follows the array API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from embcompress.errors import MissingPackageError, UsageError

Array = Any
"""An array of numpy, torch or cupy: all of them are used through the array API (array-api-compat) alone."""

Arrays = dict[str, Array]
"""Arrays by name: a student's parameters, or their gradients."""

DEVICES = ("numpy", "torch", "torch:cuda", "cupy")


@dataclass(frozen=True)
class Device:
    """A library of arrays and the device it computes on.

    Parameters
    ----------
    name : {"numpy", "torch", "torch:cuda", "cupy"}

    Raises
    ------
    UsageError
        If the name is another, or torch sees no GPU.
    MissingPackageError
        If the library is not installed.
    """

    name: str = "numpy"

    def __post_init__(self) -> None:
        if self.name not in DEVICES:
            raise UsageError(f"device {self.name!r}: give one of {', '.join(DEVICES)}")
        try:
            usable = self.name != "torch:cuda" or self._torch().cuda.is_available()
            self.put(np.zeros(1, dtype=np.float32))
        except ImportError:
            library = self.name.partition(":")[0]
            raise MissingPackageError(
                f"device {self.name} needs {library}: install it with pip install {library}"
            ) from None
        except (RuntimeError, AssertionError):
            usable = False
        if not usable:
            raise UsageError(f"device {self.name}: there is no GPU that it can use: give numpy or torch")

    def put(self, array: np.ndarray[Any, Any]) -> Array:
        """An array of numpy's as one of the device's."""
        if self.name == "numpy":
            return array
        if self.name == "cupy":
            import cupy

            return cupy.asarray(array)
        _, _, place = self.name.partition(":")
        return self._torch().asarray(array, device=place or "cpu")

    def get(self, array: Array) -> np.ndarray[Any, Any]:
        """An array of the device's as one of numpy's."""
        if self.name == "cupy":
            return np.asarray(array.get())
        return np.asarray(array.cpu() if self.name == "torch:cuda" else array)

    @staticmethod
    def _torch() -> Any:
        import torch

        return torch
