"""Laws that every encoding obeys, whichever file it came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import embcompress
from embcompress import encodings, shrink
from embcompress.affine import Affine
from embcompress.arrays import directions
from embcompress.codec import Codec
from embcompress.file import VERSION
from embcompress.segment import Segment
from tests.common import ALL_SPECS, DIMS, quantizers, shrunk, small_table, transforms, unit_queries, usable_names

pytestmark = pytest.mark.parametrize("spec", ALL_SPECS)


def parts_of(spec: str) -> tuple[Segment, ...]:
    return shrunk(spec).coded_rows.parts


def test_coding_what_a_code_stands_for_gives_the_code(spec: str) -> None:
    for part in parts_of(spec):
        plain = Codec(Affine(part.codec.affine.components), part.codec.codebook)
        np.testing.assert_array_equal(plain.encode(part.codec.components(part.codes[:])), part.codes[:])


def test_coding_a_decoded_vector_changes_nothing(spec: str) -> None:
    for part in parts_of(spec):
        decoded = part.codec.decode(part.codes[:])
        again = part.codec.encode(decoded)
        if spec.startswith("abtt"):  # removes on purpose what decoding does not restore, and so would remove it twice
            assert not np.array_equal(part.codec.affine.forward(decoded), part.codec.components(part.codes[:]))
        elif "float16" in spec:  # the map's float32 rounding can move a number to its neighbour
            np.testing.assert_allclose(part.codec.decode(again), decoded, atol=1e-3)
        else:
            np.testing.assert_array_equal(again, part.codes[:])


def test_scores_are_cosines_of_decoded_vectors(spec: str) -> None:
    rows, queries = shrunk(spec).coded_rows, 3 * unit_queries(20)
    decoded = rows.decoded(slice(None)).astype(np.float64)
    expected = queries @ decoded.T / np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(decoded, axis=1))
    np.testing.assert_allclose(rows.scores(queries, slice(None)), expected, atol=2e-6)


def test_sizes_are_lengths_of_decoded_vectors(spec: str) -> None:
    for part in parts_of(spec):
        expected = np.linalg.norm(part.codec.decode(part.codes[:]), axis=1)
        np.testing.assert_allclose(part.codec.sizes(part.codes[:]), expected, atol=1e-5)


def test_vectors_have_the_lengths_of_the_table(spec: str) -> None:
    vectors, table = shrunk(spec), small_table()
    lengths = np.linalg.norm(vectors[list(table.words[:200])], axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(table.rows(slice(200)), axis=1), rtol=0.01)


def test_symbols_survive_packing_and_stand_for_the_same_in_a_scan(spec: str) -> None:
    for part in parts_of(spec):
        codebook, codes = part.codec.codebook, part.codes[:]
        if codebook is None:
            assert part.codec.code_size == 2 * part.codec.affine.components
            continue
        np.testing.assert_array_equal(codebook.pack(codebook.unpack(codes)), codes)
        assert codebook.valid(codes)
        if codebook.radix <= 16:
            np.testing.assert_array_equal(codebook.scan().decode(codebook.scan_codes(codes)), codebook.decode(codes))


def test_nominated_neighbours_are_the_exact_ones(spec: str) -> None:
    vectors = shrunk(spec)
    same = 0
    for word in vectors.index_to_key[::7]:
        exact = vectors.most_similar(word, exact=True)
        nominated = vectors.most_similar(word)
        same += [score for _, score in exact] == pytest.approx([score for _, score in nominated], abs=2e-6)
    assert same >= 99


def test_exact_neighbours_are_gensims_on_the_decoded_table(spec: str) -> None:
    vectors = shrunk(spec)
    words = list(vectors.index_to_key)
    keyed = KeyedVectors(DIMS)
    keyed.add_vectors(words, vectors[words])
    for question in ({"positive": ["word5"]}, {"positive": ["word5", "word77"], "negative": ["word300"]}):
        ours = vectors.most_similar(**question, exact=True)  # type: ignore[call-overload]
        theirs = keyed.most_similar(**question)
        assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=2e-6)
        for (word, score), (other, _) in zip(ours, theirs, strict=True):
            assert (
                word == other
                or np.sum(np.isclose([s for _, s in theirs], score, atol=2e-6)) > 1
                or (score == pytest.approx(theirs[-1][1], abs=2e-6))
            )
    assert vectors.similarity("word5", "word6") == pytest.approx(float(keyed.similarity("word5", "word6")), abs=2e-6)


def test_an_opened_file_answers_as_the_table_did(spec: str, tmp_path: Path) -> None:
    vectors = shrunk(spec)
    vectors.save(tmp_path / "table.embc")
    opened = embcompress.open(tmp_path / "table.embc")
    assert opened.spec == vectors.spec
    assert opened.metadata["version"] == VERSION
    assert list(opened.index_to_key) == list(vectors.index_to_key)
    np.testing.assert_array_equal(opened[list(vectors.index_to_key)], vectors[list(vectors.index_to_key)])
    assert opened.most_similar("word42") == vectors.most_similar("word42")
    assert opened.most_similar("word42", exact=True) == vectors.most_similar("word42", exact=True)
    rows = directions(small_table().rows(slice(50)))
    for read, written in zip(opened.coded_rows.parts, vectors.coded_rows.parts, strict=True):
        np.testing.assert_array_equal(read.codes[:], written.codes[:])
        np.testing.assert_array_equal(read.codec.encode(rows), written.codec.encode(rows))


def test_the_same_seed_gives_the_same_bytes(spec: str, tmp_path: Path) -> None:
    for name in ("first", "second"):
        shrink(small_table(), spec, seed=3).save(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_the_written_form_is_read_back(spec: str) -> None:
    assert str(encodings.parse(spec)) == spec
    assert encodings.parse(str(encodings.parse(spec))) == encodings.parse(spec)


def test_the_map_is_consistent_with_its_way_back(spec: str) -> None:
    for part in parts_of(spec):
        affine = part.codec.affine
        y = np.random.default_rng(5).standard_normal((30, affine.components)).astype(np.float32)
        queries = unit_queries(9)
        offset = 0 if affine.b is None else queries @ affine.b
        np.testing.assert_allclose(
            affine.pull(queries) @ y.T + np.reshape(offset, (-1, 1) if np.ndim(offset) else ()),
            queries @ affine.backward(y).T,
            atol=2e-5,
        )


def test_the_registry_is_covered(spec: str) -> None:
    stages = {stage.name for text in ALL_SPECS for stage in encodings.parse(text).stages}
    assert stages == set(usable_names())
    assert len(quantizers()) + len(transforms()) >= len(stages)
    assert shrunk(spec).coded_rows.dims == DIMS


def test_one_row_is_decoded_as_many_are(spec: str) -> None:
    coded = shrunk(spec).coded_rows
    together = coded.vectors(np.arange(50))
    assert np.array([coded.vector(row) for row in range(50)]) == pytest.approx(together, rel=1e-4, abs=1e-6)
    assert together == pytest.approx(coded.directions(np.arange(50)) * coded.norms[:50, None], rel=1e-5, abs=1e-7)
