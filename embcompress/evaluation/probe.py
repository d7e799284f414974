"""How well a classifier of texts works on the vectors: the one measure of a use rather than of the vectors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from embcompress.arrays import Floats, Mask
from embcompress.errors import FormatError
from embcompress.evaluation._answers import Answers, answers
from embcompress.evaluation._test_sets import default_paths, read_lines
from embcompress.evaluation.text_means import mean_directions

FOLDS = 5

ITERATIONS = 1000
"""Far more than the classifier needs on standardized features."""

REVIEWS = {"film reviews": "pang_lee_polarity.cor"}
"""Labelled texts among gensim's test files: 200 sentences of the movie review data (Pang & Lee 2005)."""

FASTTEXT_LABEL = "__label__"


@dataclass(frozen=True)
class Probe:
    """Accuracy of logistic regression on mean-of-words features, every text classified by a fold that had not seen it.

    Parameters
    ----------
    accuracy : float
        Share of texts classified right.
    majority : float
        Share of the most frequent label: the accuracy without any vectors.
    folds : tuple of float
        Accuracy of each fold.
    texts, labels : int
        How many there are.
    coverage : float
        Share of the texts' tokens that are in the vocabulary.
    correct : (texts,) bool
        Which texts were classified right, in the file's order: for pairing with another table.
    """

    accuracy: float
    majority: float
    folds: tuple[float, ...]
    texts: int
    labels: int
    coverage: float
    correct: Mask = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, those of single texts left out."""
        figures = {name: value for name, value in asdict(self).items() if name != "correct"}
        return figures | {"folds": list(self.folds)}


def probe(vectors: Any, path: str | os.PathLike[str] | None = None, *, seed: int = 0) -> Probe:
    """Classify labelled texts by the mean direction of their words.

    scikit-learn's ``LogisticRegression`` on standardized features, in five stratified folds that depend on the texts
    and the seed only, so that two tables can be compared text by text.

    Parameters
    ----------
    vectors : Table, CompressedVectors, gensim KeyedVectors or Answers
    path : path-like, optional
        A labelled text file, see `read_labelled`. By default the 200 film reviews among gensim's test files: so few
        that an accuracy is uncertain by 6 points.
    seed : int
        Decides the folds.

    Returns
    -------
    Probe
        A text without a known word has a feature of zeros.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If a line has no label, or there are fewer than two labels, or fewer than five texts of one.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    labels, texts = _bundled() if path is None else read_labelled(path)
    names, classes = np.unique(labels, return_inverse=True)
    features, coverage = text_features(answers(vectors), texts)
    correct: Mask = np.zeros(len(texts), dtype=np.bool_)
    folds = []
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(features, classes):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
        correct[unseen] = classifier.fit(features[seen], classes[seen]).predict(features[unseen]) == classes[unseen]
        folds.append(float(correct[unseen].mean()))
    majority = float(np.bincount(classes).max()) / len(classes)
    return Probe(float(correct.mean()), majority, tuple(folds), len(texts), len(names), coverage, correct)


def read_labelled(path: str | os.PathLike[str], encoding: str = "utf-8-sig") -> tuple[list[str], list[str]]:
    """Labels and texts of a file of lines ``label<TAB>text``, or ``__label__NAME text`` as fastText has them.

    Blank lines are passed over.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If it is not text in that encoding, a line has no label, or there are fewer than two labels, or fewer than five
        texts of one.
    """
    lines = read_lines(path, encoding)
    pairs = [_label_and_text(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    labels = [label for label, _ in pairs]
    _require_folds(labels, path)
    return labels, [text for _, text in pairs]


def _label_and_text(line: str, path: str | os.PathLike[str], number: int) -> tuple[str, str]:
    label, separator, text = line.partition(" " if line.startswith(FASTTEXT_LABEL) else "\t")
    if not separator or not label.strip():
        raise FormatError(
            f"{os.fspath(path)}, line {number}: {line.strip()[:40]!r} has no label: "
            f"write label<TAB>text, or {FASTTEXT_LABEL}NAME text"
        )
    return label.strip(), text


def _require_folds(labels: list[str], path: str | os.PathLike[str]) -> None:
    counts = Counter(labels)
    if len(counts) < 2:
        given = f"only the label {labels[0]!r}" if labels else "no labelled line"
        raise FormatError(f"{os.fspath(path)} has {given}: a classifier needs texts of at least two labels")
    rare, count = counts.most_common()[-1]
    if count < FOLDS:
        raise FormatError(
            f"{os.fspath(path)} has {count} texts labelled {rare!r}: {FOLDS} folds need at least {FOLDS} of every label"
        )


def text_features(vectors: Answers, texts: Sequence[str]) -> tuple[Floats, float]:
    """Mean direction of each text's known words, tokens separated by white space.

    A token that is not in the vocabulary is looked up in lower case.

    Returns
    -------
    features : (texts, d) float32
    coverage : float
        Share of the tokens that are known; 0.0 where there is none.
    """
    tokens = [text.split() for text in texts]
    found = {token: _row(vectors, token) for token in {token for text in tokens for token in text}}
    listed = [[row for token in text if (row := found[token]) is not None] for text in tokens]
    features = mean_directions(listed, lambda rows: vectors.units(np.array(rows)), vectors.dims)
    total = sum(map(len, tokens))
    return features, sum(map(len, listed)) / total if total else 0.0


def _row(vectors: Answers, token: str) -> int | None:
    row = vectors.find(token)
    return vectors.find(token.lower()) if row is None else row


def _bundled() -> tuple[list[str], list[str]]:
    return read_labelled(default_paths(REVIEWS)["film reviews"], encoding="cp1252")
