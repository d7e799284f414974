"""What gensim's own evaluation functions return, for any table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from embcompress.errors import FormatError
from embcompress.evaluation._analogy_scan import METHODS
from embcompress.evaluation._answering import answer
from embcompress.evaluation._answers import answers
from embcompress.evaluation._protocol import GENSIM_RESTRICTION, Protocol
from embcompress.evaluation._test_sets import read_lines
from embcompress.evaluation.questions import Question, read_questions
from embcompress.evaluation.similarity import pair_cosines


def gensim_pairs(
    vectors: Any,
    path: str | os.PathLike[str],
    delimiter: str = "\t",
    encoding: str = "utf8",
    restrict_vocab: int | None = GENSIM_RESTRICTION,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> tuple[Any, Any, float]:
    """What gensim's ``KeyedVectors.evaluate_word_pairs`` returns.

    Parameters
    ----------
    vectors : Table, CompressedVectors or gensim KeyedVectors
    path : path-like
        Lines that are not two words and a score are passed over, as gensim does.
    delimiter, encoding : str
    restrict_vocab : int, optional
        Only so many first rows take part.
    case_insensitive : bool
        Compare words in upper case; the first of a word's case variants counts.
    dummy4unknown : bool
        Pairs with an unknown word count with a cosine of 0 instead of being left out.

    Returns
    -------
    pearson, spearman
        scipy's results: statistic and two-sided p-value.
    oov_ratio : float
        Per cent of the pairs with an unknown word.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If no pair counts.
    """
    from scipy import stats

    read = list(_scored_pairs(path, delimiter, encoding))
    words = tuple((first, second) for first, second, _ in read)
    cosines, known = pair_cosines(answers(vectors), Protocol(case_insensitive, restrict_vocab), words)
    counted = known | dummy4unknown
    if not counted.any():
        raise FormatError(f"{os.fspath(path)}: no pair of words and a score, separated by {delimiter!r}, is known")
    scores, measured = np.array([score for _, _, score in read])[counted], cosines[counted]
    spearman = stats.spearmanr(scores, measured)
    return stats.pearsonr(scores, measured), spearman, float((~known).sum()) / len(read) * 100


def _scored_pairs(path: str | os.PathLike[str], delimiter: str, encoding: str) -> Iterator[tuple[str, str, float]]:
    for line in read_lines(path, encoding):
        fields = line.split(delimiter)
        if line.startswith("#") or len(fields) != 3:
            continue
        try:
            score = float(fields[2])
        except ValueError:
            continue
        yield fields[0], fields[1], score


def gensim_analogies(
    vectors: Any,
    path: str | os.PathLike[str],
    restrict_vocab: int | None = GENSIM_RESTRICTION,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> tuple[float, list[dict[str, Any]]]:
    """What gensim's ``KeyedVectors.evaluate_word_analogies`` returns.

    Scores alone decide, as there; of answers that score alike to float32's last digits, gensim may choose another.

    Parameters
    ----------
    vectors : Table, CompressedVectors or gensim KeyedVectors
    path : path-like
    restrict_vocab : int, optional
        Only so many first rows take part.
    case_insensitive : bool
        Compare words in upper case; the first of a word's case variants counts.
    dummy4unknown : bool
        Questions with an unknown word count as wrong instead of being left out.

    Returns
    -------
    score : float
        Accuracy over all questions that count; 0 if none does.
    sections : list of dict
        ``section``, its name, and the questions ``correct`` and ``incorrect``, their words in upper case if these are
        compared so; the last is of all sections together.

    Raises
    ------
    FileAccessError
        If the file cannot be read.
    FormatError
        If a line comes before the first section, or there is no question.
    """
    protocol = Protocol(case_insensitive, restrict_vocab)
    questions = read_questions(path)
    known, correct = answer(answers(vectors), questions.words, protocol, METHODS["3cosadd"])
    sections: list[dict[str, Any]] = [{"section": name, "correct": [], "incorrect": []} for name in questions.sections]
    for number in np.flatnonzero(known | dummy4unknown).tolist():
        words = questions.words[number]
        listed: list[Question] = sections[questions.section[number]]["correct" if correct[number] else "incorrect"]
        listed.append((protocol.key(words[0]), protocol.key(words[1]), protocol.key(words[2]), protocol.key(words[3])))
    total = {
        "section": "Total accuracy",
        "correct": [question for section in sections for question in section["correct"]],
        "incorrect": [question for section in sections for question in section["incorrect"]],
    }
    counted = len(total["correct"]) + len(total["incorrect"])
    return len(total["correct"]) / counted if counted else 0.0, [*sections, total]
