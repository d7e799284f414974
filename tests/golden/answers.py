"""What a file answers to a fixed set of questions; imports the reading side only."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import embcompress

ASKED = ["word0", "word41", "naïve", "\udcff\udcfe", "x" * 300]
WITHOUT_A_ROW = ["dropped", "d" * 260, "unseen", "naïveté"]
"""Words that some files have no row for: mapped to another's, or made of n-grams."""


def answers(path: Path) -> dict[str, Any]:
    """Vectors and neighbours, rounded to what every machine computes alike."""
    vectors = embcompress.open(path)
    found = {
        "words": len(vectors),
        "spec": vectors.spec,
        "vectors": {word: [round(float(number), 4) for number in vectors[word]] for word in ASKED},
        "neighbours": {word: [[w, round(s, 4)] for w, s in vectors.most_similar(word, topn=5)] for word in ASKED},
        "analogy": [w for w, _ in vectors.most_similar(positive=["word1", "word2"], negative=["word3"], exact=True)],
    }
    others = {}
    for word in WITHOUT_A_ROW:
        with suppress(KeyError):
            others[word] = [round(float(number), 4) for number in vectors[word]]
    return found | ({"others": others} if others else {})
