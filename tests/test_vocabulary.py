"""Words by row and rows by word."""

from __future__ import annotations

import pickle
from contextlib import suppress
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embcompress import word_hashes as module
from embcompress.arrays import Integers
from embcompress.errors import FormatError
from embcompress.vocabulary import SMALL_BATCH, Vocabulary, row_bytes, to_bytes, to_text

words = st.lists(st.text(max_size=12) | st.text("ab", min_size=250, max_size=260), unique=True, max_size=200)
utf8_words = words.map(lambda listed: [word for word in listed if word.isprintable() or word == ""])


@given(utf8_words, st.text(max_size=5).filter(str.isprintable))
def test_every_word_is_found_and_no_other(listed: list[str], other: str) -> None:
    vocabulary = Vocabulary.from_words(listed)
    assert list(vocabulary) == listed
    assert [vocabulary[row] for row in range(len(listed))] == listed
    assert [vocabulary.find(word) for word in listed] == list(range(len(listed)))
    assert vocabulary.find(other) == (listed.index(other) if other in listed else None)


@given(st.lists(st.binary(max_size=8), unique=True, max_size=100))
def test_any_bytes_are_kept(listed: list[bytes]) -> None:
    vocabulary = Vocabulary.from_words(listed)
    assert [to_bytes(word) for word in vocabulary] == listed
    assert all(vocabulary.find(word) == row for row, word in enumerate(vocabulary))


def test_it_costs_four_bytes_a_word_and_the_words() -> None:
    vocabulary = Vocabulary.from_words([f"w{row}" for row in range(70_000)])
    arrays = (vocabulary.lengths, vocabulary.order, vocabulary.long_lengths)
    assert sum(array.nbytes for array in arrays) == 4 * 70_000
    assert (row_bytes(1), row_bytes(256), row_bytes(257), row_bytes(65_536), row_bytes(65_537)) == (1, 1, 2, 2, 3)


def test_near_spellings() -> None:
    vocabulary = Vocabulary.from_words(["the", "king", "kings", "queen", "King", "NATO", "internationally"])
    assert vocabulary.near("kinng") == ["king"]
    assert vocabulary.near("kins") == ["king", "kings"]
    assert vocabulary.near("nato") == ["NATO"]
    assert vocabulary.near("internation") == ["internationally"]
    assert vocabulary.near("zzzz") == []
    assert vocabulary.near("\ud800") == []


def test_rows_outside() -> None:
    vocabulary = Vocabulary.from_words(["a", "b"])
    assert vocabulary[-1] == "b"
    assert vocabulary[0:9] == ["a", "b"]
    with pytest.raises(IndexError, match="row 2 is outside a vocabulary of 2 words"):
        _ = vocabulary[2]
    assert "\ud800" not in vocabulary  # a surrogate that stands for no byte
    assert not vocabulary.__contains__(7)


any_words = st.lists(
    st.binary(max_size=20) | st.text("ab", min_size=60, max_size=68).map(str.encode) | st.just(b"x" * 300),
    unique=True,
    max_size=150,
)


def found_singly(vocabulary: Vocabulary, words: list[str]) -> list[int]:
    return [-1 if (row := vocabulary.find(word)) is None else row for word in words]


@settings(deadline=None)
@given(any_words, st.lists(st.text(max_size=20) | st.just("\ud800"), max_size=20), st.data())
def test_a_batch_finds_what_single_look_ups_find(listed: list[bytes], others: list[str], data: st.DataObject) -> None:
    mapped = data.draw(st.integers(0, len(listed) - 1 if listed else 0))
    targets = np.arange(mapped, dtype=np.int64) % max(1, len(listed) - mapped)
    vocabulary = Vocabulary.from_words(listed, targets)
    known = data.draw(st.permutations([to_text(word) for word in listed])) if listed else []
    batch = [*known, *others, *known[:3], "", *["nowhere"] * SMALL_BATCH]
    rows = vocabulary.find_all(batch)
    assert rows.dtype == np.int64
    assert rows.tolist() == found_singly(vocabulary, batch)
    assert rows[: len(known)].min(initial=0) == 0, "every word that is there is found"


@settings(deadline=None)
@given(st.lists(st.text("ab", max_size=8), unique=True, min_size=1, max_size=100))
def test_words_whose_hashes_are_all_alike_are_told_apart(listed: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "HASH_MULTIPLIER", 0)
        batch = [*listed, "abc" * 4] * SMALL_BATCH
        assert Vocabulary.from_words(listed).find_all(batch).tolist() == [*range(len(listed)), -1] * SMALL_BATCH


def test_hashes_of_different_words_differ() -> None:
    words = [f"{head}{tail}" for head in ("", "a", "aaaaaaaa", "the ", "é" * 7) for tail in range(4000)]
    vocabulary = Vocabulary.from_words(words)
    sizes = np.array([len(word.encode()) for word in words])
    text = np.frombuffer("".join(words).encode(), dtype=np.uint8)
    numbers, unsure = vocabulary._hashes.numbers(text, np.cumsum(sizes) - sizes, sizes)
    assert numbers.tolist() == list(range(len(words)))
    assert not unsure.any()


def test_hashing_begins_once_it_pays() -> None:
    vocabulary = Vocabulary.from_words([f"w{row}" for row in range(20_000)])
    batch = [f"w{row}" for row in range(0, 3000, 30)]
    assert vocabulary.find_all(batch).tolist() == list(range(0, 3000, 30))
    assert "_hashes" not in vars(vocabulary)
    assert vocabulary.find_all(batch).tolist() == list(range(0, 3000, 30))
    assert "_hashes" in vars(vocabulary)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.binary(max_size=6), unique=True, min_size=2, max_size=60), st.randoms())
def test_damage_leads_nowhere_outside(listed: list[bytes], chance: Random) -> None:
    whole = Vocabulary.from_words(listed)
    lengths, order = whole.lengths.copy(), whole.order.copy()
    lengths[chance.randrange(len(lengths))] = chance.randrange(255)
    order[chance.randrange(len(order))] = chance.randrange(256)
    for long_lengths in ([], [-(2**63)], [-5], [2**63 - 1]):
        if long_lengths:
            lengths[0] = 255
        damaged = Vocabulary(whole.text, lengths, order, np.array(long_lengths, dtype=np.int64))
        words = [*map(to_text, listed), *["nowhere"] * SMALL_BATCH]
        with suppress(FormatError):
            assert all(-1 <= row < len(listed) for row in damaged.find_all(words))
        with suppress(FormatError):
            assert all(-1 <= row < len(listed) for row in found_singly(damaged, words))
        with suppress(FormatError):
            assert len(list(damaged.every_word())) == len(listed)


def test_missing_long_lengths_are_damage() -> None:
    whole = Vocabulary.from_words(["a" * 300, "b"])
    none: Integers = np.zeros(0, dtype=np.int64)
    reason = r"a\.embc: 1 words have 255 bytes or more, 'words\.long_lengths' gives 0.*verify FILE"
    with pytest.raises(FormatError, match=reason):
        Vocabulary(whole.text, whole.lengths, whole.order, none, file="a.embc").find("b")


def test_lengths_that_do_not_add_up_are_damage() -> None:
    whole = Vocabulary.from_words(["a", "bc", "def"])
    damaged = Vocabulary(whole.text, whole.lengths + np.uint8(1), whole.order, whole.long_lengths, file="a.embc")
    with pytest.raises(FormatError, match=r"a\.embc: array 'words\.lengths' adds up to 9 bytes, 'words\.text' has 6"):
        damaged.find("a")


@pytest.mark.parametrize("order", [[0, 0, 2], [0, 1, 3], [0, 1, 255]])
def test_an_order_that_is_no_permutation_is_refused_when_it_is_used(order: list[int]) -> None:
    whole = Vocabulary.from_words(["a", "bc", "def"])
    damaged = Vocabulary(
        whole.text, whole.lengths, np.array(order, dtype=np.uint8)[:, None], whole.long_lengths, file="a.embc"
    )
    assert damaged[1] == "bc"  # which needs no order
    with pytest.raises(
        FormatError, match=r"a\.embc: array 'words\.order' names a word that is not there, or one twice"
    ):
        damaged.starting_with("d", 3)


def test_it_survives_pickling_after_use() -> None:
    vocabulary = Vocabulary.from_words([f"w{row}" for row in range(100)])
    vocabulary.find_all(["w7"] * SMALL_BATCH)
    again = pickle.loads(pickle.dumps(vocabulary))
    assert list(again) == list(vocabulary)
    assert again.find("w99") == 99
