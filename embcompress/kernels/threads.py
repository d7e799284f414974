"""How many threads FAISS may use, here and in forked processes.

GNU OpenMP's threads do not survive a fork: a child that wants more than one of those its parent had waits for ever. So
a forked process searches with one; those that fork are worker processes, whose number is what is parallel.
"""

from __future__ import annotations

import os
import sys

_forked = False


def set_threads(count: int) -> None:
    """Let FAISS use so many threads for what this thread asks of it; in a forked process it stays one."""
    import faiss

    faiss.omp_set_num_threads(1 if _forked else count)


def _after_fork() -> None:
    global _forked
    _forked = True
    if "faiss" in sys.modules:
        set_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
