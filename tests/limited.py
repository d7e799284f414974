"""The command line in a process whose memory is limited."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

needs_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to know and limit memory")

RUN = """
import importlib, re, resource, sys
import embcompress_cli.main as command
for name in sys.argv[2].split(","):
    importlib.import_module(name)
import numpy
numpy.ones((500, 500)) @ numpy.ones((500, 500))  # the linear algebra library takes its buffers at first use
held = 1024 * int(re.search(r"VmData:\\s+(\\d+)", open("/proc/self/status").read())[1])
limit = held + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.exit(command.main(sys.argv[3:]))
"""


def run_limited(
    limit: int, imported: Sequence[str], *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a verb with so many bytes beside what the imported libraries hold already."""
    return subprocess.run(
        [sys.executable, "-c", RUN, str(limit), ",".join(imported), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
