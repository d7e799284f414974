"""What benchmarks of the service share: servers as processes, a client of bounded loops, and readings of memory."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

Check = Callable[[bytes, int], None]


def request(path: str, body: bytes, accept: str) -> bytes:
    """A request as it is sent."""
    head = f"POST /v1/table/{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: {accept}\r\n"
    return head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body


def posted(path: str, question: dict[str, Any], accept: str = "application/json") -> bytes:
    """A question as it is sent."""
    return request(path, json.dumps(question).encode(), accept)


async def loaded(
    port: int,
    requests: list[bytes],
    connections: int,
    seconds: float,
    check: Check = lambda _, __: None,
    statuses: Counter[int] | None = None,
) -> list[float]:
    """Seconds of each request that so many connections get answered in a time, one after the other on each."""
    taken: list[float] = []
    numbers, until = count(), time.perf_counter() + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            number = next(numbers) % len(requests)
            started = time.perf_counter()
            writer.write(requests[number])
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.split(b":")[1]))
            taken.append(time.perf_counter() - started)
            if statuses is not None:
                statuses[int(head[9:12])] += 1
            if head.startswith(b"HTTP/1.1 200"):
                check(body, number)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    return taken


def service(file: Path) -> list[str]:
    """The command that serves a file."""
    code = "import embcompress_cli.main as m; m.run()"
    return [sys.executable, "-c", code, "serve", str(file), "--port"]


@contextmanager
def listening(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server, when it is ready, and its port; the port is what its command ends in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = command.index("--port") + 1 if "--port" in command else len(command)
    command = [*command[:place], str(port), *command[place:]]
    with subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL) as process:
        while not ready(port):
            if process.poll() is not None:
                sys.exit(f"{command} ended")
            time.sleep(0.01)
        try:
            yield process, port
        finally:
            process.terminate()


def ready(port: int) -> bool:
    """Whether a server says that it is."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            return b"200" in connection.recv(20)
    except OSError:
        return False


def children(parent: int) -> list[int]:
    """Processes of a parent that serve: those that hold memory of their own."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in found if private_bytes(int(child)) > 30e6]


def private_bytes(process: int) -> int:
    """Memory that a process shares with none."""
    return rollup(process, "Private_Clean:") + rollup(process, "Private_Dirty:")


def resident_bytes(process: int) -> int:
    """Memory that a process holds."""
    return rollup(process, "Rss:")


def rollup(process: int, name: str) -> int:
    """A line of what the kernel says of a process' memory, in bytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(name)))
