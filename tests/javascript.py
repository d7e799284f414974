"""What tests of the JavaScript reader share: a static server, and the reader run in node or in a page of Chromium."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from embcompress.exports.js import FILES

MODULE = FILES / "embcompress.js"


class StaticServer(ThreadingHTTPServer):
    """Serves a folder, and the reader beside its files.

    Parameters
    ----------
    folder : Path
    ranges : bool
        Whether it answers range requests; if not, it sends whole files.
    """

    def __init__(self, folder: Path, *, ranges: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.ranges = ranges
        self.sent: list[int] = []
        """Bytes of every table, or part of one, that was sent."""
        self.refused = 0
        """How many requests are refused, of those that come after the first."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(SimpleHTTPRequestHandler):
    """Answers with files, or ranges of their bytes."""

    server: StaticServer

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def translate_path(self, path: str) -> str:
        """The reader under its name; any other file is one of the folder."""
        name = path.split("?")[0].lstrip("/")
        return str(FILES / name if name.endswith(".js") else self.server.folder / name)

    def send_head(self) -> Any:
        """Remember what is sent; cut a range out of a file."""
        found = Path(self.translate_path(self.path))
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not found.is_file():
            self.send_error(404)
            return None
        if self.server.sent and self.server.refused:
            self.server.refused -= 1
            self.send_error(503)
            return None
        size = found.stat().st_size
        start, end = (int(asked[1]), min(int(asked[2]) + 1, size)) if asked and self.server.ranges else (0, size)
        if found.suffix == ".embc":
            self.server.sent.append(end - start)
        self.send_response(206 if asked and self.server.ranges else 200)
        self.send_header("Content-Type", self.guess_type(str(found)))
        self.send_header("Content-Length", str(end - start))
        if asked and self.server.ranges:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        with open(found, "rb") as file:
            file.seek(start)
            self.wfile.write(file.read(end - start))
        return None

    def copyfile(self, source: IO[bytes], outputfile: IO[bytes]) -> None:  # type: ignore[override]
        """Everything is sent already."""


@contextmanager
def serving(folder: Path, *, ranges: bool = True) -> Iterator[StaticServer]:
    """A server of a folder, as long as the block runs."""
    with StaticServer(folder, ranges=ranges) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
