"""Words spelt nearly like one that is not there."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_SPELLING = 40
"""Characters of an unknown word that near spellings are looked for by."""


def near(
    word: str,
    limit: int,
    find: Callable[[str], int | None],
    word_of: Callable[[int], str],
    starting_with: Callable[[str, int], list[str]],
) -> list[str]:
    """Words spelt nearly like `word`: other cases, one edit away, most frequent first; else sharing its start.

    The edits are made and looked up (P. Norvig, "How to write a spelling corrector"), so the cost does not depend on
    the size of the vocabulary.

    Parameters
    ----------
    word : str
    limit : int
        Words wanted, at most.
    find : callable
        The number of a word, or None; frequent words have low numbers.
    word_of : callable
        The word of a number.
    starting_with : callable
        So many words, at most, that begin with a text.

    Returns
    -------
    list of str
    """
    variants = {word.lower(), word.upper(), word.capitalize(), word.title(), *_one_edit(word[:LONGEST_SPELLING])}
    numbers = {number for variant in variants if (number := find(variant)) is not None}
    if numbers:
        return [word_of(number) for number in sorted(numbers)[:limit]]
    for size in range(min(len(word), LONGEST_SPELLING), 2, -1):
        found = starting_with(word[:size], limit)
        if found:
            return found
    return []


def _one_edit(word: str) -> set[str]:
    letters = set("abcdefghijklmnopqrstuvwxyz" + word)
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    deleted = {head + tail[1:] for head, tail in splits if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    replaced = {head + letter + tail[1:] for head, tail in splits if tail for letter in letters}
    inserted = {head + letter + tail for head, tail in splits for letter in letters}
    return (deleted | swapped | replaced | inserted) - {word, ""}
