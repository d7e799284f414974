"""An index of an inverted file's lists, of which a query searches those nearest to it."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Integers
from embcompress.kernels.layout import Layout
from embcompress.lists import Lists


class InvertedIndex:
    """Searches the lists nearest to a query.

    Parameters
    ----------
    layout : Layout
    lists : Lists
    """

    def __init__(self, layout: Layout, lists: Lists) -> None:
        self.layout = layout
        self.lists = lists
        self._index: Any = None
        self._lock = Lock()

    def nominate(self, queries: Floats, placed: Floats, count: int, nprobe: int) -> Integers:
        """Rows likely to be nearest, (m, count) int64, in no useful order; -1 where the lists searched have no more.

        Parameters
        ----------
        queries : (m, d) float32
        placed : (m, width) float32
            The same, as the layout places them.
        count : int
        nprobe : int
            Lists searched for each query.
        """
        nprobe = min(nprobe, len(self.lists.centroids))
        cosines = queries @ self.lists.centroids.T
        probed = np.argpartition(-cosines, nprobe - 1, axis=1)[:, :nprobe]
        index = self._built()
        index.nprobe = nprobe
        found = index.search_preassigned(placed, count, probed, np.take_along_axis(cosines, probed, axis=1))
        return np.asarray(found[1])

    def _built(self) -> Any:
        with self._lock:
            if self._index is None:
                self._index = self._filled()
            return self._index

    def _filled(self) -> Any:
        import faiss

        self.lists.check_rows()
        index = self.layout.empty_lists(len(self.lists.sizes))
        end = 0
        for number, size in enumerate(self.lists.sizes.tolist()):
            if size:
                rows = self.lists.rows[end : end + size].astype(np.int64)
                codes = np.ascontiguousarray(self.layout.codes(rows))
                index.invlists.add_entries(number, size, faiss.swig_ptr(rows), faiss.swig_ptr(codes))
            end += size
        index.ntotal = end
        return self.layout.packed(index)
