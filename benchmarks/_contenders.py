"""Which codes of ours and of others are held against one another at a rate."""

from __future__ import annotations

import math
from typing import Any

from _coded import Code, by_products, index, sentence_transformers_int8, signs, spec

ADDITIVE_ROWS = 20_000
"""Rows that residual and local-search quantizers are trained on: more cost hours."""

ABSENT = {
    "TurboQuant with its extra sign bit (`SQtq2` to `SQtq5`)": "costs 8 bytes and a bit a dimension more than "
    "`SQtqmse`, whose levels it shares",
    "sentence-transformers `ubinary`": "the bits of `signs`, stored unsigned",
}
"""Peers that are left out, and why."""


def contenders(rate: float, dims: int) -> dict[str, Code]:
    """Codes of about `rate` bits a dimension by name, others' first."""
    return others(rate, dims) | {text: spec(text) for text in ours(rate, dims)}


def ours(rate: float, dims: int) -> list[str]:
    """Specs."""
    if rate == 8:
        return ["int8", "rotate,int8"]
    bytes_, nibbles, half = _symbols(rate, dims, 8), _symbols(rate, dims, 4), dims // 2
    grids = [f"{bytes_}x8"] + [f"{nibbles}x4"] * (rate <= 1)
    found = [f"groups:{rate:g}", f"groups:{rate:g}:8", *(f"pq:{grid}:balance" for grid in grids)]
    if rate <= 2:
        found += [f"pca:{half},pq:{grid}:balance" for grid in grids]
    found += [f"opq:{grid}" for grid in grids]
    if rate in (1, 2, 4):
        found += [f"lloyd:{rate:g}", f"rotate,lloyd:{rate:g}"]
    if rate in (2, 4):
        found += [f"int{rate:g}"]
    if rate in (0.5, 1):
        found += [f"pca:{round(rate * dims)},itq,binary", f"pca:{round(rate * dims / 2)},rotate,lloyd:2"]
    return found + (["binary"] if rate == 1 else ["ternary"] if rate == 2 else [])


def others(rate: float, dims: int) -> dict[str, Code]:
    """FAISS's codes by their factory strings, and sentence-transformers'."""
    bits = max(1, round(rate))
    kept = min(dims, round(rate * dims / bits))
    turn = f"RR{dims}" if kept == dims else f"PCAR{kept}"
    found: dict[str, Code] = {}
    if rate in (4, 8):
        found[f"SQ{rate:g}"] = index(f"SQ{rate:g}")
    if rate == 8:
        found["sentence-transformers int8"] = sentence_transformers_int8
    if rate == 1:
        found["signs"] = signs
    if rate < 8:
        found |= _products(rate, dims)
    if bits in (1, 2, 3, 4, 8):
        found[f"{turn},SQtqmse{bits}"] = index(f"{turn},SQtqmse{bits}", centred=kept < dims)
    found[f"{turn},EDEN{bits}"] = index(f"{turn},EDEN{bits}", centred=kept < dims)
    rabitq = f"{turn},RaBitQ{bits if bits > 1 else ''}"
    found[rabitq] = index(rabitq, adjust=_exact_queries, centred=kept < dims, decoded=by_products)
    return found | _additive(rate, dims)


def _products(rate: float, dims: int) -> dict[str, Code]:
    """Product quantizers, with and without OPQ's rotation."""
    found: dict[str, Code] = {}
    for bits, ending in ((8, "np"), (4, "fs")):
        count = _symbols(rate, dims, bits)
        if bits == 4 and rate > 1:
            continue
        padded, cut = -(-dims // count) * count, dims // count * count
        found[f"PQ{count}x{bits}"] = index(
            f"Pad{padded},PQ{count}x{bits}{ending}" if padded != dims else f"PQ{count}x{bits}{ending}"
        )
        found[f"OPQ{count}_{cut},PQ{count}x{bits}"] = index(f"OPQ{count}_{cut},PQ{count}x{bits}{ending}")
    return found


def _additive(rate: float, dims: int) -> dict[str, Code]:
    """Residual and local-search quantizers; the norm that a cosine needs is a byte more, as ours round bytes up."""
    if rate > 1:
        return {}
    found: dict[str, Code] = {}
    for before in ("", f"PCA{dims // 2},"):
        for kind, adjust in (("RQ", _beam), ("LSQ", _few_rounds)):
            name = f"{before}{kind}{_symbols(rate, dims, 8)}x8_Nqint8"
            found[name] = index(name, adjust=adjust, most_rows=ADDITIVE_ROWS, centred=bool(before))
    return found


def _symbols(rate: float, dims: int, bits: int) -> int:
    """How many symbols of so many bits fit."""
    return max(1, math.floor(rate * dims / bits))


def _exact_queries(made: Any) -> None:
    made.qb = 0


def _beam(made: Any) -> None:
    """A beam of 5, of which the best is clustered, in all dimensions at once: minutes instead of hours."""
    quantizer = made.rq
    quantizer.max_beam_size, quantizer.use_beam_LUT = 5, 1
    quantizer.train_type = quantizer.Train_default | quantizer.Train_top_beam


def _few_rounds(made: Any) -> None:
    """A third of the default rounds of training, and 6 instead of 16 of coding."""
    made.lsq.train_iters, made.lsq.train_ils_iters, made.lsq.encode_ils_iters = 8, 4, 6
