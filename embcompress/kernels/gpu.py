"""Nominating on a GPU: which of FAISS's kernels suits a code, and an index of it that threads can share."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.codebook import Codebook
from embcompress.errors import UsageError
from embcompress.kernels.gpu_layouts import NearEvenLevels, PaddedCentroids
from embcompress.kernels.gpu_scans import DirectionScan, GpuScan, ListScan, SignScan
from embcompress.kernels.scalars import Halves
from embcompress.segment import Segment

CPU, CODES, DECODED = DEVICES = "cpu", "gpu", "gpu:float16"
"""The CPU, and the GPU over codes or over decoded directions."""

MOST_NOMINEES = 2048
"""What FAISS's GPU kernels can select at a time."""

EVEN_STEPS = 0.15
"""Standard deviation of the axes' steps from one level to the other, over their mean, up to which Hamming distance
nominates well: at .23 (signs of principal axes) it lost 3 % of analogies' nearest rows, at .45 26 %."""

REPLACE = 'with an NVIDIA GPU, replace faiss-cpu: "pip uninstall faiss-cpu && pip install faiss-gpu-cu12" (both own \
the same folder), or install faiss-gpu with conda'


class GpuIndex:
    """Nominates on a GPU. The index is built by the first search; searches take turns, as FAISS's GPU resources ask.

    Parameters
    ----------
    scan : GpuScan
    """

    def __init__(self, scan: GpuScan) -> None:
        self._scan = scan
        self._resources: Any = None
        self._index: Any = None
        self._lock = Lock()

    def count(self, k: int) -> int:
        """Rows to nominate for k that are wanted."""
        return self._scan.nominees * max(10, k) // 10

    def serves(self, k: int) -> bool:
        """Whether a GPU can nominate enough rows for k that are wanted."""
        return self.count(k) <= MOST_NOMINEES

    def nominate(self, queries: Floats, expected: Floats, count: int) -> Integers:
        """Rows likely to be nearest, (m, count) int64, in no useful order; -1 where FAISS finds no more.

        Parameters
        ----------
        queries : (m, d) float32
        expected : (m,) float32
            The score each expects between nominated and not.
        count : int
            At most `MOST_NOMINEES`.

        Raises
        ------
        UsageError
            If the rows cannot be put on the GPU.
        """
        placed = self._scan.queries(queries, expected)
        with self._lock:
            if self._index is None:
                self._index = self._built()
            return np.asarray(self._index.search(placed, count)[1])

    def _built(self) -> Any:
        import faiss

        self._resources = faiss.StandardGpuResources()
        try:
            return self._scan.index(self._resources)
        except RuntimeError as error:
            raise UsageError(
                f"FAISS cannot put the {len(self._scan.segment)} rows on the GPU "
                f'({" ".join(str(error).split())}): open the table with device="{CPU}"'
            ) from None


def gpu_index(segment: Segment, device: str) -> GpuIndex | None:
    """The index that nominates on a device; None on the CPU.

    Parameters
    ----------
    segment : Segment
    device : str
        "cpu"; "gpu", which holds codes; or "gpu:float16", which holds decoded directions.

    Raises
    ------
    UsageError
        If the device is none of these, FAISS finds no GPU, or has no kernel there for the segment's codes.
    """
    if device not in DEVICES:
        raise UsageError(f"device {device!r} is not known: give {CPU!r}, {CODES!r} or {DECODED!r}")
    if device == CPU:
        return None
    _check_for_gpus(device)
    return GpuIndex(gpu_scan(segment, decoded=device == DECODED))


def gpu_scan(segment: Segment, *, decoded: bool) -> GpuScan:
    """The way FAISS can scan a segment on a GPU.

    Parameters
    ----------
    segment : Segment
    decoded : bool
        Scan directions decoded to half precision instead of codes.

    Raises
    ------
    UsageError
        If FAISS has no kernel for the codes.
    """
    codebook = segment.codec.codebook
    if decoded:
        return DirectionScan(segment)
    if codebook is None:
        return ListScan(Halves(segment))
    if codebook.width == 1 and codebook.axes is None:
        return SignScan(segment, codebook) if _even_signs(codebook) else ListScan(NearEvenLevels(segment, codebook))
    if codebook.radix == 256 and PaddedCentroids.fits(codebook):
        return ListScan(PaddedCentroids(segment, codebook))
    raise UsageError(
        f"FAISS has no GPU kernel for codes of {codebook.columns} symbols of {codebook.radix} values over "
        f'{codebook.width} dimensions: open the table with device="{DECODED}", which decodes it to '
        f'{2 * segment.codec.dims} bytes a row, or with device="{CPU}"'
    )


def _even_signs(codebook: Codebook) -> bool:
    """Whether symbols are signs, of which each says about as much as any other."""
    steps = codebook.centroids[:, -1, 0] - codebook.centroids[:, 0, 0]
    return codebook.radix == 2 and bool(steps.std() <= EVEN_STEPS * steps.mean())


def _check_for_gpus(device: str) -> None:
    import faiss

    if not hasattr(faiss, "StandardGpuResources"):
        raise UsageError(f'device={device!r} needs the GPU build of FAISS: {REPLACE}; device="{CPU}" works without')
    if not faiss.get_num_gpus():
        raise UsageError(
            f"device={device!r}: FAISS finds no GPU (does nvidia-smi show one, with a driver that is new enough?); "
            f'device="{CPU}" works without'
        )
