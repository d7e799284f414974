"""A certificate as facts to print: by ``shrink`` when it is made, by ``info`` as the file has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Fact = tuple[str, str]


def kept_facts(certificate: Any) -> Iterator[Fact]:
    """What was kept, measure by measure; of a damaged certificate, what can be read."""
    k, words = _at(certificate, "neighbours", "k"), _at(certificate, "neighbours", "words")
    both, exact = _at(certificate, "neighbours", "both_coded"), _at(certificate, "neighbours", "exact_query")
    if k is not None and both is not None:
        yield f"nearest {k:,} kept", f"{both:.3f} between coded words (most_similar of a word)"
    if exact is not None and words is not None:
        yield "", f"{exact:.3f} for exact queries (vectors from outside), over {words:,} words"
    yield from _on_test_sets(certificate, "similarity kept", "spearman", "pairs")
    rows = _at(certificate, "samples", "analogy_rows")
    among = "" if rows is None else f" among the first {rows:,} words"
    yield from _on_test_sets(certificate, "analogies kept", "analogies", f"questions{among}")


def clipped_fact(share: Any) -> list[Fact]:
    """What rounding to even levels cut off; nothing where levels are not even."""
    if not isinstance(share, float):
        return []
    return [("clipped", f"{100 * share:.2g} % of the numbers, to the outermost levels" if share else "no number")]


def more_facts(certificate: Any) -> Iterator[Fact]:
    """What a certificate says beside that: geometry, and how it was measured."""
    mse, ratio = _at(certificate, "geometry", "mse"), _at(certificate, "geometry", "bound_ratio")
    if mse is not None:
        bound = "" if ratio is None else f", {ratio:.1f} times the rate-distortion bound of Gaussian rows"
        yield "squared error", f"{mse:.4g} of a direction{bound}"
    for name, key in (("cosine", "cosine"), ("eigenspace overlap", "eigenspace_overlap")):
        value = _at(certificate, "geometry", key)
        if value is not None:
            yield name, f"{value:.3f}"
    seed = _at(certificate, "seed")
    versions = certificate.get("versions") if isinstance(certificate, dict) else None
    if seed is not None and isinstance(versions, dict):
        made = ", ".join(f"{package} {version}" for package, version in versions.items() if version)
        yield "measured", f"with seed {seed}, {made}"
    first, rows = _at(certificate, "samples", "first_rows"), _at(certificate, "geometry", "rows")
    if first is not None and rows is not None:
        yield "", f"neighbours among the first {first:,} words, geometry of {rows:,} rows"


def _on_test_sets(certificate: Any, title: str, kind: str, items: str) -> Iterator[Fact]:
    kept, count = _at(certificate, kind, "kept"), _at(certificate, kind, "items")
    value, original = _at(certificate, kind, "value"), _at(certificate, kind, "original")
    figures = certificate.get(kind) if isinstance(certificate, dict) else None
    if kept is not None and value is not None and original is not None and count is not None:
        yield title, f"{kept:.2f} ({value:.2f} of {original:.2f}, {count:,} {items})"
    elif isinstance(figures, dict) and figures.get("note"):
        yield title, f"unknown: {figures['note']}"


def _at(certificate: Any, *keys: str) -> Any:
    """The number that stands there, or None: a file's certificate may be anything."""
    found = certificate
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None
