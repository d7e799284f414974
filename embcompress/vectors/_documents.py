"""Distance of documents, which are lists of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import compress

import numpy as np

from embcompress.arrays import Doubles, Floats
from embcompress.errors import MissingPackageError
from embcompress.vectors._arguments import as_list
from embcompress.vectors._similarities import Similarities


class Documents(Similarities):
    """Distance of documents."""

    def wmdistance(self, document1: Sequence[str], document2: Sequence[str], norm: bool = True) -> float:
        """Word Mover's Distance of two documents: the least work that makes one's words the other's.

        M. Kusner et al., "From Word Embeddings To Document Distances", 2015; solved by POT (R. Flamary et al., 2021).

        Parameters
        ----------
        document1, document2 : list of str
            Words without a vector are left out.
        norm : bool
            Scale words' vectors to length one first.

        Returns
        -------
        float
            Infinite if a document has no word with a vector.

        Raises
        ------
        MissingPackageError
            If POT is not installed.
        """
        try:
            from ot import emd2
        except ImportError:
            raise MissingPackageError("wmdistance needs POT: pip install 'embcompress[wmd]'") from None
        from scipy.spatial.distance import cdist

        shares, points = zip(*(self._shares(document, norm) for document in (document1, document2)), strict=True)
        if not all(map(len, shares)):
            return float("inf")
        return float(emd2(*shares, cdist(*points)))

    def _shares(self, document: Sequence[str], norm: bool) -> tuple[Doubles, Floats]:
        """Each distinct word's share of a document, (k,) float64, and their vectors, (k, d)."""
        words = as_list(document)
        vectors, known = self._looked_up(words, unit=norm)
        counts = Counter(compress(words, known))
        places = {word: place for place, word in enumerate(words)}
        shares = np.array(list(counts.values())) / max(counts.total(), 1)
        return shares, vectors[[places[word] for word in counts]]
