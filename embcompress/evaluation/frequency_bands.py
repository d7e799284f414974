"""Words by how frequent they are: the first thousand, the next nine thousand, and so on by factors of ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embcompress.arrays import Floats, Integers, Mask

FIRST_BAND = 1000


@dataclass(frozen=True)
class Band:
    """What words of like frequency kept.

    Parameters
    ----------
    first, last : int
        Ranks in the original's order, from 1, both within.
    words, sampled : int
        Words compared, and those whose neighbours were looked for.
    overlap : float
        Mean share of neighbours kept.
    kept_all, kept_none : float
        Share of words that kept all their neighbours, or none.
    cosine : float
        Mean cosine of compressed vectors with original ones, over all words of the band.
    """

    first: int
    last: int
    words: int
    sampled: int
    overlap: float
    kept_all: float
    kept_none: float
    cosine: float


@dataclass(frozen=True)
class BandRows:
    """Rows whose ranks run from `first` to `last`, from 1, both within."""

    first: int
    last: int
    rows: slice

    def __len__(self) -> int:
        return int(self.rows.stop - self.rows.start)


def cut_into_bands(ranks: Integers) -> list[BandRows]:
    """Cut rows of falling frequency where their ranks pass 1,000, 10,000, 100,000 ...; empty bands are left out.

    Parameters
    ----------
    ranks : (c,) int64
        Ascending places in the whole table's order, from 1.
    """
    found, first, last, highest = [], 1, FIRST_BAND, int(ranks[-1])
    while first <= highest:
        start, stop = np.searchsorted(ranks, [first, last + 1]).tolist()
        if start < stop:
            found.append(BandRows(first, min(last, highest), slice(start, stop)))
        first, last = last + 1, last * 10
    return found


def draw_evenly(cut: list[BandRows], sample: int, seed: int) -> Integers:
    """At most `sample` rows, ascending, (m,) int64: as many from each band, and all of a band that has fewer."""
    generator = np.random.default_rng(seed)
    left, chosen = sample, []
    for bands_left, band in zip(range(len(cut), 0, -1), sorted(cut, key=len), strict=True):
        size = min(left // bands_left, len(band))
        chosen.append(band.rows.start + generator.choice(len(band), size, replace=False))
        left -= size
    return np.sort(np.concatenate(chosen))


def measure_band(band: BandRows, sampled: Integers, kept: Mask, cosines: Floats) -> Band:
    """The figures of a band.

    Parameters
    ----------
    band : BandRows
    sampled : (m,) int64
        Rows drawn from all bands, at least one from this.
    kept : (m, k) bool
        Which neighbours each of them kept.
    cosines : (c,) float32
    """
    inside = kept[(sampled >= band.rows.start) & (sampled < band.rows.stop)]
    return Band(
        first=band.first,
        last=band.last,
        words=len(band),
        sampled=len(inside),
        overlap=float(inside.mean()),
        kept_all=float(inside.all(axis=1).mean()),
        kept_none=float((~inside.any(axis=1)).mean()),
        cosine=float(cosines[band.rows].mean(dtype=np.float64)),
    )
