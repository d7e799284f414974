"""The service as a process: files replaced under load, workers, signals, slow clients, and wrong ways to start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from embcompress_cli.main import main

from embcompress import Table, shrink
from tests.common import small_table
from tests.serving import running, save_small

for package in ("fastapi", "uvicorn", "httptools", "orjson", "prometheus_client"):
    pytest.importorskip(package, reason="the extra serve is not installed")

PATIENCE = 30.0
HEAD = b"POST /v1/table/vectors HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def nearest(port: int, word: str) -> Any:
    body = json.dumps({"words": [word], "k": 3}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/table/neighbours", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return [each["word"] for each in json.loads(answer.read())["neighbours"][0]]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_small(tmp_path / "table.embc")
    return tmp_path / "table.embc"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another table of the same words: the rows in reverse order."""
    table = small_table()
    path = tmp_path / "other.file"
    shrink(Table(list(table.words), table.rows(slice(0, 700))[::-1].copy()), "int8").save(path)
    return path


class Load:
    """Questions without end, and what became of them."""

    def __init__(self, port: int) -> None:
        self.failed: list[str] = []
        self.answers: Counter[tuple[str, ...]] = Counter()
        self._stop = threading.Event()
        self._port = port
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self.answers[tuple(nearest(self._port, "word5"))] += 1
            except OSError as error:
                self.failed.append(repr(error))


@pytest.mark.parametrize("workers", [1, 2])
def test_files_are_replaced_under_load(file: Path, other: Path, workers: int) -> None:
    with running(file, "--workers", workers) as (_, port), Load(port) as load:
        until(lambda: len(load.answers) == 1)
        before = set(load.answers)
        other.replace(file)
        until(lambda: len(load.answers) == 2)
        until(lambda: get(port, "/v1/table/info")["spec"] == "int8")
    assert not load.failed
    expected = shrink(Table(list(small_table().words), small_table().rows(slice(0, 700))[::-1].copy()), "int8")
    assert set(load.answers) - before == {tuple(word for word, _ in expected.most_similar("word5", topn=3))}


def test_damaged_files_are_not_taken(file: Path, other: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    with running(file) as (process, port):
        first = nearest(port, "word5")

        def problem() -> str:
            return str(get(port, "/readyz")["tables"][0]["problem"] or "")

        for damaged in (b"garbage" * 100, whole[:-1], whole[:-40] + bytes(40), b""):
            (tmp_path / "new").write_bytes(damaged)
            (tmp_path / "new").replace(file)
            until(lambda: "damaged" in problem())
            assert nearest(port, "word5") == first
            (tmp_path / "new").write_bytes(whole)
            (tmp_path / "new").replace(file)
            until(lambda: problem() == "")
        file.unlink()
        until(lambda: "gone" in problem())
        assert nearest(port, "word5") == first
        other.replace(file)
        until(lambda: problem() == "")
        assert nearest(port, "word5") != first
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    assert log.count("ERROR") == 5
    assert "table table: its file was replaced by one that is damaged" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("workers", [1, 2])
def test_a_hangup_reads_the_tables_anew(file: Path, workers: int) -> None:
    with running(file, "--workers", workers) as (process, port), Load(port) as load:
        until(lambda: bool(load.answers))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        before = children.read_text() if children.exists() else ""

        def reloads() -> float:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
                lines = answer.read().decode().splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith("embcompress_reloads_total"))

        def hung_up() -> bool:
            process.send_signal(signal.SIGHUP)  # a worker that is still starting reads the file anyway
            time.sleep(1)
            return reloads() >= workers

        until(hung_up)
        assert not children.exists() or children.read_text() == before
    assert not load.failed
    assert len(load.answers) == 1


def test_stopping_ends_what_has_begun(file: Path) -> None:
    with running(file) as (process, port), socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        body = json.dumps({"words": ["word1"]}).encode()
        head = HEAD + f"content-length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body[:-1])
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        connection.sendall(body[-1:])
        assert b"200 OK" in connection.recv(1000)
        assert process.wait(PATIENCE) == 0


def test_what_is_said_when_it_starts(file: Path, tmp_path: Path) -> None:
    with running(file, "--host", "0.0.0.0") as (process, _):
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()
    assert said.startswith("warning: whoever reaches 0.0.0.0 can ask: --token-file FILE")
    (tmp_path / "token").write_text("open-sesame\n")
    with running(file, "--host", "0.0.0.0", "--token-file", tmp_path / "token") as (process, port):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            get(port, "/v1/tables")
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()
    assert said == f"serving table on http://0.0.0.0:{port}/\n"


def test_wrong_ways_to_start(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def error(*arguments: object) -> tuple[int, str]:
        code = main(["serve", *map(str, arguments)])
        said = capsys.readouterr().err.splitlines()
        return code, said[-1]

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = error(file, "--port", port)
        assert code == 2
        assert said.startswith(f"error: cannot listen on 127.0.0.1 port {port}: ")
    assert error(file, "--host", "no.such.host.invalid")[0] == 2
    assert error(tmp_path / "none.embc", "--port", 0)[0] == 1
    (tmp_path / "damaged.embc").write_bytes(b"garbage" * 100)
    code, said = error(tmp_path / "damaged.embc", "--port", 0)
    assert (code, "not an .embc file" in said) == (1, True)
    (tmp_path / "folder").mkdir()
    save_small(tmp_path / "folder" / "table.embc")
    code, said = error(file, tmp_path / "folder" / "table.embc")
    assert (code, "would both be table 'table'" in said) == (2, True)
    assert error(file, "--token-file", tmp_path / "none")[0] == 1
    (tmp_path / "token").write_text("two words")
    assert error(file, "--token-file", tmp_path / "token")[0] == 2
    assert error(file, "--max-batch", 0)[0] == 2
    assert error()[0] == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/vectors.embc", "vectors"),
        ("my table.v2.embc", "my-table.v2"),
        ("..embc", "table"),
        ("\u00e9t\u00e9", "t"),
        (".x.embc", "x"),
    ],
)
def test_tables_are_named_like_their_files(path: str, name: str) -> None:
    from embcompress.serve.settings import named

    assert list(named([path])) == [name]


class Impatient:
    """A service in a thread, whose clocks are short."""

    def __init__(self, file: Path) -> None:
        import uvicorn

        from embcompress.serve.app import make_app
        from embcompress.serve.connections import Connection
        from embcompress.serve.settings import Settings, named

        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        config = uvicorn.Config(make_app(Settings(named([file]))), http=Connection, ws="none", log_config=None)
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, args=([self._socket],))
        self._thread.start()
        until(lambda: self.server.started)

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()
        self._socket.close()

    def send(self, content: bytes) -> tuple[bytes, dict[str, Any]]:
        """The status line and the problem that come back; nothing more is sent."""
        with socket.create_connection(self.address, PATIENCE) as connection:
            connection.sendall(content)
            got = b""
            while more := connection.recv(65536):
                got += more
        head, _, body = got.partition(b"\r\n\r\n")
        return head.split(b"\r\n")[0], json.loads(body) if body else {}


@pytest.fixture
def impatient(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Impatient]:
    from embcompress.serve import connections, guard

    for module, name in ((connections, "HEAD_SECONDS"), (connections, "WRITE_SECONDS"), (guard, "BODY_SECONDS")):
        monkeypatch.setattr(module, name, 0.3)
    service = Impatient(file)
    yield service
    service.stop()


def test_slow_clients_and_broken_requests(impatient: Impatient) -> None:
    for sent, status, kind in [
        (b"GET / HTTP/1.1\r\nhost:", b"408", "slow-head"),
        (HEAD + b"content-length: 100\r\n\r\n{", b"408", "slow-body"),
        (HEAD + b"content-length: 100000000\r\n\r\n{", b"413", "too-large"),
        (
            HEAD + b"transfer-encoding: chunked\r\n\r\n" + 17 * (b"100000\r\n" + b" " * (1 << 20) + b"\r\n"),
            b"413",
            "too-large",
        ),
        (b"GET /" + b"x" * 100_000, b"431", "head-too-large"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000, b"431", "head-too-large"),
        (b"HELLO\r\n\r\n", b"400", "not-http"),
    ]:
        line, problem = impatient.send(sent)
        assert status in line
        assert problem["type"] == f"urn:embcompress:{kind}"
        assert problem["status"] == int(status)
    assert impatient.send(b"") == (b"", {})
    assert b"200" in impatient.send(b"GET /healthz HTTP/1.0\r\n\r\n")[0]


def test_clients_that_do_not_read_are_let_go(impatient: Impatient) -> None:
    body = json.dumps({"words": ["word1"] * 10_000}).encode()
    head = HEAD + f"content-length: {len(body)}\r\n\r\n".encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(impatient.address)
        connection.sendall(3 * (head + body))
        until(lambda: bool(impatient.server.server_state.connections))
        until(lambda: not impatient.server.server_state.connections)


def test_several_requests_on_one_connection(impatient: Impatient) -> None:
    """A connection that waits between requests is not cut off by the clock of a request's head."""
    with socket.create_connection(impatient.address, PATIENCE) as connection:
        for _ in range(3):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            got = b""
            while b"alive" not in got:  # head and body may come one after the other
                more = connection.recv(65536)
                assert more, got
                got += more
            time.sleep(0.5)


def test_explore_opens_a_browser(file: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {tmp_path}/opened.new\nmv {tmp_path}/opened.new {tmp_path}/opened\n")
    browser.chmod(0o755)
    code = "import embcompress_cli.main as m; m.run()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "explore", str(file)],
        env=os.environ | {"BROWSER": str(browser)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(lambda: (tmp_path / "opened").exists() or process.poll() is not None)
        url = (tmp_path / "opened").read_text().strip()
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            assert b"embcompress" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
