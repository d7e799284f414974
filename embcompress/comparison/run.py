"""Specs on one table, one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from embcompress.comparison.measure import Original, measure
from embcompress.comparison.result_lines import ResultLines
from embcompress.comparison.results import Result
from embcompress.encode import Progress, no_progress
from embcompress.errors import SpecError, UsageError
from embcompress.spec import Spec
from embcompress.table import Table


def compare(
    table: Table,
    specs: Iterable[Spec],
    *,
    seed: int = 0,
    lines: ResultLines | None = None,
    progress: Progress = no_progress,
) -> list[Result]:
    """Measure encodings on a table.

    Parameters
    ----------
    table : Table
    specs : iterable of Spec
        Given twice, a spec counts once.
    seed : int
        Decides the samples, random rotations, and where k-means starts.
    lines : ResultLines, optional
        Where results are kept: those it has are not measured again, the others are added to it as they are known.
    progress : callable
        Called with what is being done, how many specs are done, and how many there are.

    Returns
    -------
    list of Result
        In the order of the specs.

    Raises
    ------
    UsageError
        If the table has no rows, or no spec was given.
    FileAccessError
        If a result cannot be written.
    """
    wanted = {str(spec): spec for spec in specs}
    if not len(table):
        raise UsageError("the table has no rows: there is nothing to compare on")
    if not wanted:
        raise UsageError("no spec was given: give one or more, such as lloyd:4 binary")
    original = Original(table, seed)
    results = []
    for number, (text, spec) in enumerate(wanted.items()):
        progress("comparing specs", number, len(wanted))
        result = lines.found.get(text) if lines is not None else None
        if result is None:
            result = _result(original, spec)
            if lines is not None:
                lines.add(result)
        results.append(result)
    progress("comparing specs", len(wanted), len(wanted))
    return results


def _result(original: Original, spec: Spec) -> Result:
    try:
        return Result(str(spec), measure(original, spec))
    except SpecError as error:
        return Result(str(spec), None, str(error))
