"""What ``distill`` learns from: tables, one or several, or a transformer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from embcompress import Table
    from embcompress.encode import Progress

TRANSFORMER = "sentence-transformers:"
OPTIONS = (
    click.option("--teacher", "teachers", multiple=True, metavar="TEACHER", help="One more teacher: all are averaged."),
    click.option(
        "--vocab", metavar="FILE|tokenizer", help="Words that a transformer reads: a file of one a line, or its tokens."
    ),
    click.option("--sif", is_flag=True, help="Make a transformer's vectors of frequent words shorter."),
)


@dataclass(frozen=True)
class Teachers:
    """The teachers that are asked for.

    Parameters
    ----------
    names : tuple of str
        Files, or a transformer behind its prefix.
    vocab : str or None
    sif : bool
    """

    names: tuple[str, ...]
    vocab: str | None
    sif: bool

    @property
    def transforms(self) -> bool:
        """Whether the teacher is a transformer."""
        return self.names[0].startswith(TRANSFORMER)

    @property
    def files(self) -> list[Path]:
        """Files of tables that are read."""
        return [] if self.transforms else [Path(name) for name in self.names]

    def check(self) -> None:
        """Refuse what does not go together."""
        if len(self.names) > 1 and any(name.startswith(TRANSFORMER) for name in self.names):
            raise click.UsageError("a transformer is the only teacher: make a table of it first, then average tables")
        if self.transforms and self.vocab is None:
            raise click.UsageError("a transformer needs words to read: give --vocab FILE, or --vocab tokenizer")
        if not self.transforms and (self.vocab is not None or self.sif):
            raise click.UsageError(f"--vocab and --sif are for a transformer: give {TRANSFORMER}NAME as TEACHER")

    def table(self, *, dims: int | None, device: str, checkpoint: Path | None, progress: Progress) -> Table:
        """What the teachers say, as one table; of a transformer `dims` principal axes."""
        import embcompress

        if self.transforms:
            from embcompress.distill.devices import Device
            from embcompress.distill.transformer import Transformer
            from embcompress.distill.vocabulary_teacher import asked_of, encoded

            assert self.vocab is not None
            place = "cuda" if Device(device).name == "torch:cuda" else "cpu"
            asked = asked_of(Transformer(self.names[0].removeprefix(TRANSFORMER), place), self.vocab)
            return encoded(asked, dims=dims, sif=self.sif, checkpoint=checkpoint, progress=progress)
        tables = [embcompress.load(file, progress=progress) for file in self.files]
        if len(tables) == 1:
            return tables[0]
        from embcompress.distill.merging import merged

        return merged(tables)


def teacher_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add TEACHER and the options of teachers; the command gets a `Teachers` named ``teachers``."""

    @wraps(command)
    def with_teachers(
        *, teacher: str | None, teachers: tuple[str, ...], vocab: str | None, sif: bool, **others: Any
    ) -> None:
        names = (*([] if teacher is None else [teacher]), *teachers)
        if not names:
            raise click.UsageError(f"give a table to learn from, or {TRANSFORMER}NAME, as TEACHER")
        asked = Teachers(names, vocab, sif)
        asked.check()
        command(teachers=asked, **others)

    for option in reversed((click.argument("teacher", required=False), *OPTIONS)):
        with_teachers = option(with_teachers)
    return with_teachers
