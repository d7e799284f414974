"""Which analogy questions a table answers correctly, under either protocol."""

from __future__ import annotations

import numpy as np

from embcompress.arrays import Integers, Mask
from embcompress.evaluation._analogy_scan import Masked, Method, best_rows
from embcompress.evaluation._answers import Answers
from embcompress.evaluation._protocol import Protocol
from embcompress.evaluation.questions import Question

GENSIM_LISTED = 5
"""How many of the most similar words gensim looks through for one that is no case variant of the question's."""


def answer(table: Answers, words: tuple[Question, ...], protocol: Protocol, method: Method) -> tuple[Mask, Mask]:
    """Which questions are known, and which are answered correctly, each (q,) bool."""
    keys = [tuple(map(protocol.key, question)) for question in words]
    rows = protocol.find(table, (key for question in keys for key in question))
    known = np.array([all(key in rows for key in question) for question in keys], dtype=np.bool_)
    answered = [question for question, is_known in zip(keys, known.tolist(), strict=True) if is_known]
    correct = np.zeros(len(keys), dtype=np.bool_)
    if answered:
        predicted = _predictions(table, answered, rows, protocol, method)
        correct[known] = [key == question[3] for key, question in zip(predicted, answered, strict=True)]
    return known, correct


def _predictions(
    table: Answers, questions: list[tuple[str, ...]], rows: dict[str, list[int]], protocol: Protocol, method: Method
) -> list[str | None]:
    """The key that each question is answered with; None where no row is left."""
    asked = np.array([[rows[key][0] for key in question[:3]] for question in questions])  # (q, 3)
    taken = [sorted({row for key in question[:3] for row in rows[key]}) for question in questions]
    masked = Masked(np.repeat(np.arange(len(taken)), list(map(len, taken))), np.concatenate(taken))
    scores, best = best_rows(table, asked, masked, protocol.rows(table), method, protocol.tie)
    named = {row: protocol.key(table.words[row]) for row in set(best.tolist()) - {-1}}
    predicted = [named.get(row) for row in best.tolist()]
    for question, variants in enumerate(taken):
        others = sorted(set(variants) - set(asked[question].tolist()))
        if len(others) >= GENSIM_LISTED or (others and best[question] < 0):
            crowding = _crowding(table, asked[question], np.array(others), method, float(scores[question]))
            if crowding is not None:
                predicted[question] = protocol.key(table.words[crowding])
    return predicted


def _crowding(table: Answers, asked: Integers, variants: Integers, method: Method, score: float) -> int | None:
    """The case variant that gensim answers with where variants are all it looks at, else None.

    It leaves the three rows asked about out of its list, but not other case variants of their words. It passes over
    these, and if no other word is in the list, the last of them remains as its answer.
    """
    a, b, c = method.prepare(table.units(asked) @ table.units(variants).T)  # (variants,) each
    scores = method.combine(method.pair(a, b), c)
    ahead = variants[np.argsort(-scores, kind="stable")][: np.count_nonzero(scores > score)][:GENSIM_LISTED]
    full = len(ahead) == GENSIM_LISTED or score == -np.inf
    return int(ahead[-1]) if full else None
