"""A module imports only what lies below it, and the reading side never imports the writing side."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import embcompress

ROOT = Path(embcompress.__file__).parent
COMMAND_LINE = Path(__file__).parent.parent / "cli"

LAYERS = [
    {"errors", "arrays", "cores"},
    {
        "affine",
        "cluster",
        "radix",
        "lengths",
        "topk",
        "disk",
        "ngrams",
        "text",
        "spellings",
        "near_words",
        "coders",
        "header",
    },
    {"codebook", "word_hashes", "packed_arrays", "scratch_folder"},
    {"codec", "vocabulary", "container"},
    {"shared_codes", "sharded_words"},
    {"segment", "saving"},
    {"table", "segmented_rows"},
    {"subwords", "parts", "lists", "selection"},
    {"segment_arrays", "segment_parts"},
    {"table_parts"},
    {"file"},
    {"manifest"},
    {"formats"},
    {"kernels", "integrity", "packing"},
    {"segment_search"},
    {"search"},
    {"cluster_search", "indexing"},
    {"evaluation"},
    {"vectors"},
    {"serve", "client", "apps", "exports"},
    {"spec"},
    {"encodings"},
    {"encode", "memory"},
    {"ngram_coding"},
    {"compress"},
    {"distill", "distributed"},
    {"comparison"},
    {"choice"},
]
"""Lowest first. A module may import from lower layers and, within a package, from itself."""

WRITING = {
    "spec",
    "encodings",
    "encode",
    "memory",
    "ngram_coding",
    "compress",
    "distill",
    "distributed",
    "comparison",
    "choice",
}
HEAVY = {
    "faiss",
    "gensim",
    "sklearn",
    "scipy",
    "torch",
    "matplotlib",
    "rich",
    "zstandard",
    "safetensors",
    "pyarrow",
    "distributed",
}


def unit(path: Path) -> str:
    """The module or package of ours that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path, *, anywhere: bool) -> set[str]:
    """Names a file imports: everywhere in it, or only when it is imported itself."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if anywhere else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_imports_point_downwards() -> None:
    height = {name: level for level, names in enumerate(LAYERS) for name in names}
    files = [path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"]
    assert {unit(path) for path in files} == set(height), "every module has a layer"
    for path in files:
        for name in imports(path, anywhere=True):
            parts = name.split(".")
            if parts[0] == "embcompress" and parts[1] != unit(path):
                assert height[parts[1]] < height[unit(path)], f"{path.name} imports {name}"


def test_the_reading_side_never_imports_the_writing_side() -> None:
    for path in ROOT.rglob("*.py"):
        if path == ROOT / "__init__.py" or unit(path) in WRITING:
            continue
        wrong = {name for name in imports(path, anywhere=True) if name.split(".")[:1] == ["embcompress"]}
        assert not {name.split(".")[1] for name in wrong} & WRITING, path.name


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    for path in [*ROOT.rglob("*.py"), *COMMAND_LINE.rglob("*.py")]:
        if path.parent == ROOT / "apps":  # each of its modules is imported for the library that it is made for
            continue
        assert not {name.split(".")[0] for name in imports(path, anywhere=False)} & HEAVY, path.name


def test_importing_loads_nothing_heavy() -> None:
    code = "import embcompress, embcompress_cli.main, sys; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name.split(".")[0] for name in output.split()}
    assert not loaded & (HEAVY | {"numpy"})


def test_every_package_is_installed() -> None:
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())
    folders = [ROOT, *(path.parent for path in ROOT.rglob("__init__.py"))]
    packages = {".".join(folder.relative_to(ROOT.parent).parts) for folder in folders}
    assert set(project["tool"]["setuptools"]["packages"]) == packages | {"embcompress_cli"}
