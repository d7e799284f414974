"""What a stranger does who knows the format: headers that lie, and arrays that do not hold what they should."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from embcompress import EmbcompressError, container
from tests.attacks.mutations import EDGES, mutated
from tests.attacks.seeds import Seed

ODD_VALUES: tuple[Any, ...] = (
    *EDGES,
    10**400,
    -0.0,
    1e-320,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 3000,
    "\ud800",
    "\n\x1b[31m",
    [],
    {},
    [[]],
    [0, 1],
    None,
    True,
    False,
)
"""What may stand in JSON where something else belongs."""

NUMBERS = (0.0, -0.0, 1.0, 1e6, 1e7, 3e38, -3e38, 1e-45, float("nan"), float("inf"), float("-inf"))
DEEP = 3000


def malicious(reader: str, seed: Seed, chance: Random) -> tuple[dict[str, bytes], bool]:
    """A mutant of a seed, and whether it is one that a check of digests has to find or that changes nothing."""
    files = dict(seed.files)
    name = next(iter(files)) if chance.random() < 0.75 else chance.choice(list(files))
    makers: list[Callable[[bytes, Random], bytes]] = [mutated, mutated]
    if files[name][8:9] == b"{":
        makers += [with_other_header, with_other_header]
    if reader == "npz":
        makers += [with_other_members, with_other_members]
    if reader == "embc":
        makers += [rewritten, rewritten]
    make = chance.choice(makers)
    try:
        files[name] = make(files[name], chance)
    except (EmbcompressError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # What cannot even be written.
        make, files[name] = mutated, mutated(files[name], chance)
    return files, make is not rewritten


def with_other_header(content: bytes, chance: Random) -> bytes:
    """A safetensors file with something else in the JSON of its header, or in that of its metadata."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    texts = header.get("__metadata__", {})
    if container.METADATA_KEY in texts and chance.random() < 0.6:
        texts[container.METADATA_KEY] = _odd_json(json.loads(texts[container.METADATA_KEY]), chance)
        encoded = json.dumps(header).encode()
    else:
        encoded = _odd_json(header, chance).encode("utf-8", "surrogatepass")
    return len(encoded).to_bytes(8, "little") + encoded + content[8 + size :]


def _odd_json(value: Any, chance: Random) -> str:
    """JSON of a value that was changed, or that no program of ours writes."""
    kind = chance.randrange(8)
    if kind == 0:
        return json.dumps(value)[:-1] + ', "deep": ' + "[" * DEEP + "]" * DEEP + "}"
    if kind == 1:
        key = chance.choice(list(value))
        return json.dumps(value)[:-1] + f", {json.dumps(key)}: {json.dumps(value[key])}}}"
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        _change(value, chance)
    return json.dumps(value)


def _change(value: Any, chance: Random) -> None:
    """Change something somewhere in a JSON value."""
    places = list(places_within(value))
    if not places:
        return
    holder, key = chance.choice(places)
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    elif kind == 2:
        other, other_key = chance.choice(places)
        holder[key], other[other_key] = other[other_key], holder[key]
        _cut_circles(value)
    elif kind == 3 and type(holder[key]) in (int, float):
        holder[key] = chance.choice((holder[key] + 1, holder[key] - 1, holder[key] * 2, -holder[key], str(holder[key])))
    else:
        holder[key] = chance.choice(ODD_VALUES)


def _cut_circles(value: Any, above: tuple[int, ...] = ()) -> None:
    """Put null where a value has come to lie within itself."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(inner, dict | list):
            if id(inner) in (*above, id(value)):
                value[key] = None
            else:
                _cut_circles(inner, (*above, id(value)))


def places_within(value: Any, depth: int = 0) -> Any:
    """Every object or list within a value, with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list) and depth < 8:
            yield from places_within(inner, depth + 1)


def rewritten(content: bytes, chance: Random) -> bytes:
    """An .embc file with other arrays or metadata, its offsets and digests right."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.embc"
        path.write_bytes(content)
        stored = container.read(path)
        metadata = json.loads(json.dumps(stored.metadata))
        arrays = {name: np.array(array) for name, array in stored.arrays.items()}
        for _ in range(chance.choice((1, 1, 2, 3))):
            if chance.random() < 0.3:
                _change(metadata, chance)
            else:
                _change_array(arrays, chance)
        container.write(path, metadata, arrays)
        return path.read_bytes()


def _change_array(arrays: dict[str, Any], chance: Random) -> None:
    name = chance.choice(sorted(arrays))
    array = arrays[name]
    kind = chance.randrange(12)
    if kind == 0:
        del arrays[name]
    elif kind == 1:
        arrays[chance.choice((f"{name}x", f"9.{name}", "0.A", "0.axes", "0.rows", "words.mapped"))] = array
    elif kind == 2:
        arrays[name] = array[: max(0, len(array) + chance.choice((-1, -len(array), -len(array) // 2)))]
    elif kind == 3:
        arrays[name] = np.concatenate([array, array[-chance.choice((1, 5)) :]])
    elif kind == 4:
        arrays[name] = np.ascontiguousarray(array.T)
    elif kind == 5:
        arrays[name] = array.reshape(chance.choice(((-1,), (1, *array.shape), (*array.shape, 1))))
    elif kind == 6:
        other = chance.choice(sorted(arrays))
        arrays[name], arrays[other] = arrays[other], array
    elif kind == 7:
        with np.errstate(all="ignore"):
            arrays[name] = array.astype(chance.choice(("<f4", "<i4", "<i8", "|u1", "<f2")))
    elif array.size:
        flat = array.reshape(-1)
        for _ in range(chance.choice((1, 1, 5, array.size))):
            place = chance.randrange(array.size)
            if array.dtype.kind == "f":
                with np.errstate(all="ignore"):
                    flat[place] = chance.choice(NUMBERS)
            else:
                limits = np.iinfo(array.dtype)
                flat[place] = chance.choice((limits.min, limits.max, 0, 1, limits.max // 2, chance.randrange(256)))


def with_other_members(content: bytes, chance: Random) -> bytes:
    """A zip archive whose checksums are right, but not what is in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(members))
    members[name] = mutated(members[name], chance)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, inner in members.items():
            archive.writestr(each, inner)
    return changed.getvalue()
