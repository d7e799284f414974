"""A graph of ONNX from word numbers to vectors, the codes inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from embcompress.arrays import Array
from embcompress.errors import UsageError
from embcompress.exports._decoding import Decoding, decoding_of
from embcompress.exports._format import Kind, library
from embcompress.exports._words import words_beside, write_words
from embcompress.radix import symbols_within
from embcompress.vectors import CompressedVectors

READER = "onnxruntime.InferenceSession"
KINDS = {"": Kind("ONNX graph from row numbers to vectors, the codes inside, words in JSON", (".onnx",), None)}

OPSET, IR_VERSION = 21, 10
LARGEST = 2_000_000_000
"""Bytes that one file of ONNX can hold, a little less than Protocol Buffers' 2 GiB."""

SHORTEST = 1e-15
"""Rows that decode to less are zero."""

beside = words_beside


def write(vectors: CompressedVectors, path: Path) -> None:
    """A graph from row numbers ``ids`` (k,) int64 to ``vectors`` (k, d), codes as integers inside; words in JSON.

    Raises
    ------
    UsageError
        If the codes are larger than a file of ONNX can be.
    """
    onnx = library("onnx", "export")
    graph = _Graph(onnx)
    result, start = "", 0
    parts = [decoding_of(part) for part in vectors.coded_rows.parts]
    size = sum(array.nbytes for part in parts for array in part.arrays().values())
    if size > LARGEST:
        raise UsageError(f"the codes take {size:,} bytes, and a file of ONNX holds {LARGEST:,}: take another format")
    for number, part in enumerate(parts):
        count = len(part.lengths)
        rows = graph.rows_of_segment(start, count, first=number == 0, last=number == len(parts) - 1)
        decoded = graph.decoded(part, rows)
        result = decoded if number == 0 else graph.chosen(start, decoded, result)
        start += count
    graph.add("Identity", [result], output="vectors")
    ids = onnx.helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["k"])
    out = onnx.helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, ["k", vectors.vector_size])
    made = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "embcompress", [ids], [out], graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="embcompress",
    )
    onnx.save(made, str(path))
    write_words(words_beside(path)[0], vectors.key_to_index.items())


class _Graph:
    """Nodes and constants, named by their numbers."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        """A node; returns its output's name."""
        output = output or f"{operator}.{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, array: Array) -> str:
        """A constant; returns its name."""
        name = f"constant.{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def cast(self, value: str, kind: str) -> str:
        """A value as numbers of another type."""
        return self.add("Cast", [value], to=getattr(self._onnx.TensorProto, kind))

    def rows_of_segment(self, start: int, count: int, *, first: bool, last: bool) -> str:
        """Rows of a segment; those of other ones become any row of it, and ids of none stay out of range."""
        rows = "ids" if first else self.add("Sub", ["ids", self.constant(np.array(start))])
        if not first:
            rows = self.add("Max", [rows, self.constant(np.array(0))])
        return rows if last else self.add("Min", [rows, self.constant(np.array(count - 1))])

    def chosen(self, start: int, own: str, earlier: str) -> str:
        """`own` vectors from row `start` on, `earlier` ones before."""
        is_own = self.add("GreaterOrEqual", ["ids", self.constant(np.array(start))])
        return self.add("Where", [self.add("Unsqueeze", [is_own, self.constant(np.array([1]))]), own, earlier])

    def decoded(self, decoding: Decoding, rows: str) -> str:
        """Vectors of rows."""
        x = self._numbers(decoding, self._stored(decoding, rows))
        if decoding.matrix is not None:
            x = self.add("MatMul", [x, self.constant(decoding.matrix)])
        elif decoding.places is not None:
            padded = self.add("Pad", [x, self.constant(np.array([0, 0, 0, 1]))])  # the zero that places may name
            x = self.add("Gather", [padded, self.constant(decoding.places)], axis=1)
        if decoding.b is not None:
            x = self.add("Add", [x, self.constant(decoding.b)])
        norm = self.add("ReduceL2", [x, self.constant(np.array([1]))], keepdims=1)
        unit = self.add("Div", [x, self.add("Max", [norm, self.constant(np.array([SHORTEST], dtype=np.float32))])])
        level = self.cast(self.add("Gather", [self.constant(decoding.lengths[:, None]), rows]), "INT64")
        return self.add("Mul", [unit, self.add("Gather", [self.constant(decoding.levels), level])])

    def _stored(self, decoding: Decoding, rows: str) -> str:
        """Codes of rows, as they are stored."""
        if decoding.pointers is not None:
            digits = self.cast(self.add("Gather", [self.constant(decoding.pointers), rows]), "INT64")
            powers = 256 ** np.arange(decoding.pointers.shape[1])
            summed = self.add("Mul", [digits, self.constant(powers)])
            rows = self.add("ReduceSum", [summed, self.constant(np.array([1]))], keepdims=0)
        return self.add("Gather", [self.constant(decoding.codes), rows])

    def _numbers(self, decoding: Decoding, stored: str) -> str:
        """What codes stand for, before the way back."""
        if decoding.step is not None and decoding.lowest is not None:
            scaled = self.add("Mul", [self.cast(stored, "FLOAT"), self.constant(decoding.step)])
            return self.add("Add", [scaled, self.constant(decoding.lowest)])
        if decoding.centroids is None:
            return self.cast(stored, "FLOAT")
        columns, radix, width = decoding.centroids.shape
        symbols = self._symbols(self.cast(stored, "INT32"), radix, columns, decoding.codes.shape[1])
        first = np.arange(columns, dtype=np.int32) * radix  # of each column's centroids
        point = self.add("Add", [symbols, self.constant(first)])
        points = self.add("Gather", [self.constant(decoding.centroids.reshape(-1, width)), point])  # (k, M, w)
        return self.add("Reshape", [points, self.constant(np.array([-1, columns * width]))])

    def _symbols(self, stored: str, radix: int, columns: int, code_size: int) -> str:
        """Bytes taken apart."""
        per_byte = symbols_within(radix, 256)
        if per_byte == 1:
            return stored
        powers = (radix ** np.arange(per_byte)).astype(np.int32)
        apart = self.add("Div", [self.add("Unsqueeze", [stored, self.constant(np.array([2]))]), self.constant(powers)])
        digits = self.add("Mod", [apart, self.constant(np.array(radix, dtype=np.int32))])
        symbols = self.add("Reshape", [digits, self.constant(np.array([-1, code_size * per_byte]))])
        ends = [np.array([place]) for place in (0, columns, 1)]
        return self.add("Slice", [symbols, *map(self.constant, ends)])
