"""Laws of every coder: what it packs comes back, and nothing that a stranger wrote does harm."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from embcompress import FormatError, UsageError, coders, container, encodings
from embcompress.arrays import Array, Bytes
from embcompress.coders import bitmap, zstd
from embcompress.header import DTYPES
from embcompress.packed_arrays import EXPANSION, PackedArray

EVERY = pytest.mark.parametrize("name", coders.names())


def joined(runs: list[Bytes]) -> Bytes:
    return np.concatenate([np.zeros(0, dtype=np.uint8), *runs])


def as_bytes(text: bytes) -> Bytes:
    return np.frombuffer(text, dtype=np.uint8)


def skewed(rows: int, columns: int, share: float = 0.6, seed: int = 0) -> Bytes:
    """Codes of which a share is one symbol, another in every column, and the rest is spread as a Gaussian's."""
    generator = np.random.default_rng(seed)
    symbols = np.clip(generator.normal(128, 20, (rows, columns)), 0, 255).astype(np.uint8)
    zero = np.arange(columns, dtype=np.uint8) + 100
    return np.where(generator.random((rows, columns)) < share, zero, symbols)


def entropy(codes: Bytes) -> float:
    """Bytes that the columns (n, m) take at their order-0 entropy."""
    shares = np.array([np.bincount(column, minlength=256) for column in codes.T]) / len(codes)
    bits = -(shares * np.log2(np.where(shares > 0, shares, 1))).sum()
    return float(bits * len(codes) / 8)


@EVERY
@given(st.lists(st.binary(max_size=40) | st.integers(0, 3000).map(bytes), max_size=12))
def test_what_is_packed_comes_back(name: str, texts: list[bytes]) -> None:
    coder, runs = coders.find(name), [as_bytes(text) for text in texts]
    packed = joined(coder.pack(runs))
    np.testing.assert_array_equal(coder.unpack(packed, sum(map(len, runs))), joined(runs))


@EVERY
def test_long_columns_come_back(name: str) -> None:
    coder, codes = coders.find(name), skewed(9000, 70)
    packed = joined(coder.pack(list(codes.T)))
    assert len(packed) < 0.85 * codes.size
    np.testing.assert_array_equal(coder.unpack(packed, codes.size).reshape(70, 9000).T, codes)


@EVERY
@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_another_size_than_was_packed_is_refused(name: str, difference: int) -> None:
    coder, codes = coders.find(name), skewed(300, 8)
    packed = joined(coder.pack(list(codes.T)))
    with pytest.raises(FormatError, match="belong"):
        coder.unpack(packed, codes.size + difference)


@EVERY
def test_every_truncation_is_refused(name: str) -> None:
    coder, codes = coders.find(name), skewed(200, 5)
    packed = joined(coder.pack(list(codes.T)))
    for size in range(len(packed)):
        with pytest.raises(FormatError):
            coder.unpack(packed[:size], codes.size)


@EVERY
@settings(max_examples=300)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_stream_is_refused_or_is_of_the_right_size(name: str, place: int, mask: int) -> None:
    coder, codes = coders.find(name), skewed(60, 5)
    packed = joined(coder.pack(list(codes.T)))
    packed[place % len(packed)] ^= mask
    try:
        restored = coder.unpack(packed, codes.size)
    except FormatError:
        return
    assert restored.shape == (codes.size,)


@EVERY
@given(st.binary(max_size=80), st.integers(0, 200))
def test_noise_is_refused_or_is_of_the_right_size(name: str, noise: bytes, size: int) -> None:
    try:
        restored = coders.find(name).unpack(as_bytes(noise), size)
    except FormatError:
        return
    assert restored.shape == (size,)


def test_the_registry() -> None:
    assert coders.names() == ["bitmap", "zstd"]
    assert not set(coders.names()) & set(encodings.names())
    for name in coders.names():
        assert coders.find(name).help.endswith(".")
    with pytest.raises(UsageError, match=r"unknown coder 'gzip': there are bitmap, zstd"):
        coders.find("gzip")


def test_a_damaged_zstd_frame_fails_its_checksum() -> None:
    codes = np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8)  # stored as it is, so any change decodes
    packed = joined(zstd.pack([codes]))
    packed[2500] ^= 1
    with pytest.raises(FormatError, match="damaged"):
        zstd.unpack(packed, codes.size)


def test_zstd_frames_of_another_or_no_size_are_refused() -> None:
    untold = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1000))
    empty = zstandard.ZstdCompressor().compress(b"")
    skippable = b"\x50\x2a\x4d\x18" + (1000).to_bytes(4, "little") + bytes(1000)
    twice = 2 * zstandard.ZstdCompressor().compress(bytes(1000))
    for frame in (untold, empty, skippable, twice):
        with pytest.raises(FormatError, match="zstd frame"):
            zstd.unpack(as_bytes(frame), 1000)


def test_a_bitmap_is_what_it_is_said_to_be() -> None:
    runs = [as_bytes(bytes([7, 7, 9, 7, 7, 7, 7, 7, 8, 7])), as_bytes(bytes([1, 2, 2]))]
    packed = joined(bitmap.pack(runs))
    header = np.array([2, 10, 3], dtype="<i8").tobytes()
    assert packed.tobytes() == header + bytes([7, 2]) + bytes([0b100, 0b1, 0b1]) + bytes([9, 8, 1])


def test_bitmaps_of_too_many_columns_are_refused() -> None:
    header = np.array([1 << 17] + [0] * (1 << 17), dtype="<i8").view(np.uint8)
    with pytest.raises(FormatError, match="131072 runs"):
        bitmap.unpack(np.append(header, np.zeros(1 << 17, dtype=np.uint8)), 0)
    many = [np.array([place % 3], dtype=np.uint8) for place in range((1 << 16) + 5)]
    np.testing.assert_array_equal(bitmap.unpack(joined(bitmap.pack(many)), len(many)), joined(many))


def test_columns_are_coded_within_two_hundredths_of_their_entropy() -> None:
    generator = np.random.default_rng(3)
    spread = generator.uniform(8, 60, 20)
    levels = np.clip(generator.normal(128, spread, (60_000, 20)), 0, 255).astype(np.uint8)
    packed = sum(map(len, zstd.pack(list(levels.T))))
    assert entropy(levels) < packed < 1.02 * entropy(levels)
    rows = sum(map(len, zstd.pack([levels.reshape(-1)])))
    assert rows > 1.03 * entropy(levels)  # mixed columns share their codes: that is what runs are for


def test_pruned_columns_take_bitmaps_to_come_within_two_hundredths() -> None:
    codes = skewed(60_000, 20)
    alone = sum(map(len, zstd.pack(list(codes.T))))
    both = sum(map(len, zstd.pack(bitmap.pack(list(codes.T)))))
    assert both < 1.02 * entropy(codes) < alone
    chosen = PackedArray.smallest(codes, coders.names())
    assert chosen is not None
    assert [name for name, _ in chosen.steps] == ["bitmap", "zstd"]
    assert chosen.stored.nbytes == both


def test_text_is_coded_by_its_repetitions() -> None:
    text = as_bytes("".join(f"embedding{number % 97}compressed" for number in range(3000)).encode())
    assert sum(map(len, zstd.pack([text]))) < 0.01 * len(text)


SHAPES = [(0,), (1,), (700,), (0, 5), (700, 0), (700, 12), (3, 16, 20), (2, 3, 4, 50)]


@pytest.mark.parametrize("dtype", DTYPES.values())
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("names", [["zstd"], ["bitmap"], ["bitmap", "zstd"]], ids=",".join)
def test_arrays_of_every_sort_come_back(names: list[str], shape: tuple[int, ...], dtype: str, tmp_path: Path) -> None:
    array = np.random.default_rng(0).choice(np.array([0, 0, 0, 0, 0, 0, 1, 3], dtype=dtype), shape)
    container.write(tmp_path / "packed", {"coders": names}, {"array": array, "other": np.zeros(3, dtype=np.uint8)})
    stored = container.read(tmp_path / "packed")
    back = stored.arrays["array"]
    assert (back.dtype, back.shape, back.flags.writeable) == (array.dtype, array.shape, False)
    assert back.flags.c_contiguous
    np.testing.assert_array_equal(back, array)
    packed = set(stored.metadata.get("packed", {}))
    assert packed >= ({"array"} if array.nbytes > 600 and shape[0] == 700 else set())
    assert packed == ({"array"} if stored.stored_bytes["array"] < array.nbytes else set())


@given(st.lists(st.integers(0, 6), max_size=3), st.sampled_from(sorted(DTYPES)), st.integers(0, 2**32 - 1))
def test_any_array_comes_back_from_what_it_was_packed_to(shape: list[int], dtype: str, seed: int) -> None:
    size = int(np.prod(shape)) * np.dtype(DTYPES[dtype]).itemsize
    content = np.random.default_rng(seed).integers(0, 3, size, dtype=np.uint8)
    array: Array = content.view(DTYPES[dtype]).reshape(shape)
    large = np.ascontiguousarray(np.tile(array, (400, *[1] * len(shape))))
    packed = PackedArray.smallest(large, coders.names())
    assert packed is not None or large.nbytes < 500
    if packed is not None:
        assert packed.expand().tobytes() == large.tobytes()


def test_what_gains_nothing_is_left_as_it_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5000, 8), dtype=np.uint8)
    container.write(tmp_path / "packed", {"coders": coders.names()}, {"noise": noise})
    stored = container.read(tmp_path / "packed")
    assert stored.coders_of("noise") == []
    assert stored.stored_bytes == {"noise": noise.nbytes}
    assert "packed" not in stored.metadata
    with pytest.raises(UsageError, match="unknown coder 'ans'"):
        container.write(tmp_path / "packed", {"coders": ["ans"]}, {"noise": noise})


def test_what_readers_would_refuse_to_expand_is_not_packed(tmp_path: Path) -> None:
    arrays = {"zeros": np.zeros((1 << 20, 33), dtype=np.uint8), "few": np.zeros((1 << 20, 2), dtype=np.uint8)}
    size = container.write(tmp_path / "packed", {"coders": ["zstd"]}, arrays)
    stored = container.read(tmp_path / "packed")
    assert stored.coders_of("zeros") == []
    assert stored.coders_of("few") == ["zstd"]
    assert size < arrays["zeros"].nbytes + 5000
    for name, array in arrays.items():
        np.testing.assert_array_equal(stored.arrays[name], array)


def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    many = 40 << 20
    frame = joined(zstd.pack([np.zeros(many, dtype=np.uint8)]))
    facts = {"dtype": "U8", "shape": [many], "coders": [["zstd", many]]}
    container.write(tmp_path / "bomb", {}, {"codes": frame})
    told = container.read(tmp_path / "bomb")
    assert EXPANSION * len(frame) < many
    content = (tmp_path / "bomb").read_bytes()
    container.write(tmp_path / "bomb", {"told": "x"}, told.arrays)  # writing drops what the metadata say of packing
    assert container.read(tmp_path / "bomb").stored_bytes == {"codes": len(frame)}
    (tmp_path / "bomb").write_bytes(with_packed(content, {"codes": facts}))
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=r"'codes' cannot be expanded: 41,943,040 bytes from a file of"):
            container.read(tmp_path / "bomb")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def with_packed(content: bytes, packed: object) -> bytes:
    """A file of ours whose metadata say this of packed arrays."""
    import json

    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    metadata = json.loads(header["__metadata__"][container.METADATA_KEY]) | {"packed": packed}
    header["__metadata__"][container.METADATA_KEY] = json.dumps(metadata)
    encoded = json.dumps(header).encode()
    encoded += b" " * (-(len(encoded) + 8) % container.ALIGNMENT)
    return len(encoded).to_bytes(8, "little") + encoded + content[8 + size :]


SIZE = 5000
GOOD = {"dtype": "U8", "shape": [500, 10], "coders": [["zstd", SIZE]]}
LIES: dict[str, tuple[object, str]] = {
    "not described": (["codes"], "do not say which arrays are packed"),
    "another array": ({"vectors": GOOD}, "do not say which arrays are packed"),
    "no facts": ({"codes": None}, "describes it by None"),
    "no coders": ({"codes": GOOD | {"coders": []}}, "not by dtype, shape, and coders"),
    "coders without sizes": ({"codes": GOOD | {"coders": ["zstd"]}}, "not by dtype, shape, and coders"),
    "true size": ({"codes": GOOD | {"coders": [["zstd", True]]}}, "not by dtype, shape, and coders"),
    "negative size": ({"codes": GOOD | {"coders": [["zstd", SIZE], ["zstd", -1]]}}, "not by dtype, shape"),
    "negative shape": ({"codes": GOOD | {"shape": [-500, -10]}}, "not by dtype, shape"),
    "broken shape": ({"codes": GOOD | {"shape": [500.0, 10]}}, "not by dtype, shape"),
    "unknown dtype": ({"codes": GOOD | {"dtype": "F64"}}, "not by dtype, shape"),
    "unknown coder": (
        {"codes": GOOD | {"coders": [["ans", SIZE]]}},
        "it was packed by ans, which this release does not know; update with: pip install --upgrade embcompress",
    ),
    "coder of a path": ({"codes": GOOD | {"coders": [["../zstd", SIZE]]}}, "packed by ../zstd, which this release"),
    "another shape": ({"codes": GOOD | {"shape": [500, 11]}}, "U8 (500, 11) does not take the 5000 bytes"),
    "another dtype": ({"codes": GOOD | {"dtype": "F32"}}, "F32 (500, 10) does not take the 5000 bytes"),
    "terabytes": (
        {"codes": GOOD | {"shape": [10**9, 10**4], "coders": [["zstd", 10**13]]}},
        "10,000,000,000,000 bytes from a file of",
    ),
    "terabytes on the way": ({"codes": GOOD | {"coders": [["bitmap", SIZE], ["zstd", 10**13]]}}, "bytes from a file"),
    "more than it holds": (
        {"codes": GOOD | {"shape": [501, 10], "coders": [["zstd", 5010]]}},
        "does not hold the 5010 bytes",
    ),
    "less than it holds": (
        {"codes": GOOD | {"shape": [499, 10], "coders": [["zstd", 4990]]}},
        "does not hold the 4990 bytes",
    ),
    "by another coder": ({"codes": GOOD | {"coders": [["bitmap", SIZE]]}}, "bitmaps"),
    "of no memory's shape": (
        {"empty": GOOD | {"shape": [0, 2**62, 2**62], "coders": [["zstd", 0]]}},
        "no array can have shape",
    ),
    "of too many axes": ({"codes": GOOD | {"shape": [SIZE] + [1] * 99}}, "no array can have shape"),
    "not bytes": ({"vectors_": GOOD}, "it is float32 (4,), not bytes of one dimension"),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_about_packed_arrays_are_refused(name: str, tmp_path: Path) -> None:
    packed, reason = LIES[name]
    path = tmp_path / "packed"
    arrays: dict[str, Array] = {
        "codes": joined(zstd.pack([as_bytes(bytes(range(250)) * 20)])),
        "empty": joined(zstd.pack([])),
        "vectors_": np.zeros(4, dtype=np.float32),
    }
    container.write(path, {}, arrays)
    content = path.read_bytes()
    path.write_bytes(with_packed(content, {"codes": GOOD}))
    assert container.read(path).arrays["codes"].shape == (500, 10)
    path.write_bytes(with_packed(content, packed))
    with pytest.raises(FormatError) as caught:
        dict(container.read(path).arrays)  # what needs no expanding to be seen is refused before
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("names", ["zstd", [3], ["zstd", "zstd"], {"zstd": 1}])
def test_coders_that_are_no_list_of_names_are_refused(names: object, tmp_path: Path) -> None:
    container.write(tmp_path / "file", {}, {})
    content = (tmp_path / "file").read_bytes().replace(b'\\"digests\\": {}', b'\\"digests\\": {}, \\"coders\\": 1')
    assert b"coders" in content
    import json

    size = int.from_bytes(content[:8], "little") + len(b', \\"coders\\": 1')
    header = json.loads(content[8 : 8 + size].decode())
    header["__metadata__"][container.METADATA_KEY] = json.dumps({"coders": names})
    encoded = json.dumps(header).encode()
    (tmp_path / "file").write_bytes(len(encoded).to_bytes(8, "little") + encoded)
    with pytest.raises(FormatError, match="where a list of names belongs"):
        container.read(tmp_path / "file")


MADE_UP = '''
def pack(runs):
    """Complements of the bytes, without the last byte of all, which is 0."""
    import numpy as np
    return [~np.concatenate(runs)[:-200]]


def unpack(packed, size):
    import numpy as np
    return np.append(~packed, np.zeros(200, dtype=np.uint8))
'''


def test_a_new_coder_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shorter.py").write_text(MADE_UP)
    monkeypatch.setattr(coders, "__path__", [*coders.__path__, str(tmp_path)])
    assert str(encodings.parse("center,int8,shorter")) == "center,int8,shorter"
    array = np.append(np.random.default_rng(0).integers(0, 256, 9800, dtype=np.uint8), np.zeros(200, dtype=np.uint8))
    container.write(tmp_path / "file", {"coders": ["shorter"]}, {"array": array})
    stored = container.read(tmp_path / "file")
    assert (stored.coders_of("array"), stored.stored_bytes["array"]) == (["shorter"], 9800)
    np.testing.assert_array_equal(stored.arrays["array"], array)
