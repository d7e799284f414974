"""A file from which an interrupted run goes on."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embcompress.disk import access_error, replacing
from embcompress.distill.devices import Arrays, Device
from embcompress.distill.state import Look, State
from embcompress.distill.watched import Kept
from embcompress.errors import FormatError, UsageError

ARRAYS = ("parameters", "means", "squares", "best")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run in a file; without a path, nothing is written or found.

    Parameters
    ----------
    path : Path or None
    device : Device
        Of the state's arrays.
    run : dict
        What makes the run the same run: numbers and texts.
    """

    path: Path | None
    device: Device
    run: dict[str, Any]

    def save(self, state: State) -> None:
        """Write a state.

        Raises
        ------
        FileAccessError
            If the file cannot be written.
        """
        if self.path is None:
            return
        facts = {
            "run": self.run,
            "step": state.step,
            "losses": state.losses,
            "looks": [[look.step, look.losses, list(look.kept)] for look in state.looks],
        }
        arrays: dict[str, Any] = {
            f"{kind}.{name}": self.device.get(array) for kind in ARRAYS for name, array in getattr(state, kind).items()
        }
        with replacing(self.path) as file:
            np.savez(file, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), **arrays)

    def load(self) -> State | None:
        """The state in the file; None if there is no file.

        Raises
        ------
        UsageError
            If it is of another run.
        FormatError
            If the file is damaged.
        FileAccessError
            If it cannot be read.
        """
        if self.path is None or not self.path.exists():
            return None
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                facts = json.loads(stored["facts"].tobytes())
                kinds = {kind: self._arrays(stored, kind) for kind in ARRAYS}
            looks = [Look(step, losses, Kept(*kept)) for step, losses, kept in facts["looks"]]
            state = State(**kinds, step=facts["step"], losses=facts["losses"], looks=looks)
            run = facts["run"]
        except OSError as error:
            raise access_error("read", self.path, error) from None
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            raise FormatError(f"{self.path}: not a checkpoint, or a damaged one: remove it to start again") from None
        if run != self.run:
            raise UsageError(
                f"{self.path}: a checkpoint of another run ({_difference(run, self.run)}): "
                "repeat that one's options, or remove the file to start again"
            )
        return state

    def remove(self) -> None:
        """Remove the file: the run is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _arrays(self, stored: Any, kind: str) -> Arrays:
        names = [name for name in stored.files if name.startswith(f"{kind}.")]
        return {name.removeprefix(f"{kind}."): self.device.put(stored[name]) for name in names}


def _difference(stored: Any, asked: dict[str, Any]) -> str:
    """The first fact of a run that another one has otherwise."""
    facts = stored if isinstance(stored, dict) else {}
    name = next(name for name in [*asked, *facts] if facts.get(name) != asked.get(name))
    return f"{name} = {facts.get(name)}, not {asked.get(name)}"
