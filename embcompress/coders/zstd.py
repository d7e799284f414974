"""Zstandard (RFC 8878): one frame, whose blocks end where runs do, so that each has Huffman codes of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embcompress.arrays import Bytes
from embcompress.errors import FormatError

LEAST_BLOCK = 4096
"""Bytes from which on the codes of a block are worth the 60 to 130 bytes that describe them."""

TRIAL_BYTES = 1 << 19
"""About so many bytes decide by which parameters all are compressed."""

LEVEL = 19
"""How hard repetitions are looked for: words take 1.4 % less than at level 12, at a megabyte in two seconds."""

HANDICAP = 1.01
"""Looking for repetitions takes 20 times as long, and has to save this much."""


def pack(runs: Sequence[Bytes]) -> list[Bytes]:
    """Zstandard: Huffman codes for each column, or repetitions, whichever makes an array smaller."""
    size = sum(map(len, runs))
    trial = [run[:TRIAL_BYTES] for run in runs[:: max(1, size // TRIAL_BYTES)]]
    best = min(_parameters(size), key=lambda each: each[1] * len(_frame(trial, each[0])))
    return [_frame(runs, best[0])]


def _parameters(size: int) -> list[tuple[Any, float]]:
    """Ways to compress `size` bytes, each with the handicap it has."""
    import zstandard

    checked = {"write_content_size": True, "write_checksum": True}
    # The smallest tables find next to no repetitions, which in codes are chance: references to them cost more than the
    # Huffman codes that they replace. The second strategy alone takes savings of less than 1.6 %, but finds more.
    frequencies = [
        zstandard.ZstdCompressionParameters(
            window_log=17, hash_log=6, chain_log=6, search_log=1, min_match=7, strategy=strategy, **checked
        )
        for strategy in (zstandard.STRATEGY_FAST, zstandard.STRATEGY_BTULTRA2)
    ]
    repetitions = zstandard.ZstdCompressionParameters.from_level(LEVEL, source_size=size, **checked)
    return [*((each, 1.0) for each in frequencies), (repetitions, HANDICAP)]


def unpack(packed: Bytes, size: int) -> Bytes:
    """The bytes that a frame holds."""
    import zstandard

    try:
        # Asked first, since it is what the decompressor makes room for; it keeps no window besides.
        told = zstandard.get_frame_parameters(packed.data).content_size
        content = zstandard.ZstdDecompressor().decompress(packed.data, allow_extra_data=False) if told == size else b""
    except zstandard.ZstdError as error:
        raise FormatError(f"its zstd frame is damaged ({error})") from None
    if told != size or len(content) != size:
        raise FormatError(f"its zstd frame does not hold the {size} bytes that belong there")
    return np.frombuffer(content, dtype=np.uint8)


def _frame(runs: Sequence[Bytes], parameters: Any) -> Bytes:
    import zstandard

    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj(size=sum(map(len, runs)))
    chunks, unfinished = [], 0
    for run in runs:
        chunks.append(compressor.compress(np.ascontiguousarray(run).data))
        unfinished += len(run)
        if unfinished >= LEAST_BLOCK:
            chunks.append(compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
            unfinished = 0
    chunks.append(compressor.flush())
    return np.frombuffer(b"".join(chunks), dtype=np.uint8)
