"""Whatever fails while a file is written: the old one stays, one line says why, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from embcompress_cli.main import main

import embcompress
from embcompress import FileAccessError, disk
from embcompress.disk import replacing, unchanged, written_only_if
from tests.common import small_table
from tests.writers import binary, write

OTHER_FILE_SYSTEM = Path("/dev/shm")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    table = small_table()
    return write(tmp_path / "table.bin", binary(list(table.words), table.rows(slice(None))))


@pytest.fixture
def made(source: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["shrink", str(source), "--spec", "int8"]) == 0
    capsys.readouterr()
    return source.with_suffix(".embc")


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and the one line of a call that fails."""
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", printed.err)
    return code, printed.err.removeprefix("error: ").rstrip("\n")


def writing_calls(made: Path) -> list[list[object]]:
    """A call of every verb that would replace a file."""
    source = made.with_name("table.bin")
    return [
        ["shrink", source, "--force", "--spec", "int4"],
        ["shrink", source, "--force", "--spec", "int4", "--require", "ratio>=2"],
        ["pack", made, "--force"],
        ["unpack", made, "--force"],
        ["index", made],
        ["repair", made, "--teacher", source, "--force", "--steps", "1"],
        ["distill", source, "--dims", 8, "--steps", "1", "-o", made, "--force"],
    ]


VERBS = range(7)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_full_disk(
    verb: int, failing: str, made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    old, there = made.read_bytes(), sorted(made.parent.iterdir())
    call = writing_calls(made)[verb]
    if call[0] in ("repair", "distill"):
        call.append("--json")  # no losses on standard error
    if failing == "write":
        fdopen = os.fdopen

        def opened(*arguments: Any, **keywords: Any) -> Any:
            file = fdopen(*arguments, **keywords)
            file.close()
            monkeypatch.undo()
            full()

        monkeypatch.setattr(os, "fdopen", opened)
    elif failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    assert refused(capsys, *call) == (1, f"cannot write {made}: No space left on device")
    monkeypatch.undo()
    assert made.read_bytes() == old
    assert sorted(made.parent.iterdir()) == there


@pytest.mark.parametrize("verb", VERBS)
def test_a_source_that_changes_during_the_run(
    verb: int, made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = writing_calls(made)[verb]
    if call[0] in ("repair", "distill"):
        call.append("--json")
    read = Path(str(call[3] if call[0] == "repair" else call[1]))
    old, there = made.read_bytes(), sorted(made.parent.iterdir())
    written = disk._locked_temporary

    def changing(target: Path) -> tuple[Path, int]:
        os.utime(read, ns=(1, 1))
        return written(target)

    monkeypatch.setattr(disk, "_locked_temporary", changing)
    reason = f"{read} changed while it was read, nothing was written: run the command again"
    assert refused(capsys, *call) == (1, reason)
    assert made.read_bytes() == old
    assert sorted(made.parent.iterdir()) == there


def write_while(change: Callable[[], object], source: Path, target: Path) -> None:
    """Write a target that was made from a source that something changes meanwhile."""
    with unchanged(source), replacing(target) as file:
        file.write(b"new")
        change()


def test_every_sort_of_change_is_seen(tmp_path: Path) -> None:
    source, folder, target = tmp_path / "source", tmp_path / "model", tmp_path / "target"
    folder.mkdir()
    target.write_bytes(b"old")

    def replaced() -> None:
        (tmp_path / "other").write_bytes(b"before")
        os.utime(tmp_path / "other", ns=(5, 5))
        (tmp_path / "other").replace(source)

    changes: list[tuple[str, Callable[[], object]]] = [
        ("source", lambda: source.write_bytes(b"longer than before")),
        ("source", lambda: os.utime(source, ns=(6, 6))),
        ("source", replaced),
        ("source", source.unlink),
        ("source:member.txt", lambda: source.write_bytes(b"")),
        ("model", lambda: (folder / "table.safetensors").write_bytes(b"")),
    ]
    for name, change in changes:
        for path in (source, folder / "table.safetensors"):
            path.write_bytes(b"before")
            os.utime(path, ns=(5, 5))
        with pytest.raises(FileAccessError, match="changed while it was read"):
            write_while(change, tmp_path / name, target)
        assert target.read_bytes() == b"old"
    with unchanged(tmp_path / "nowhere", Path("-"), folder), replacing(target) as file:
        (folder / "another file").write_bytes(b"")
        file.write(b"new")
    assert target.read_bytes() == b"new"


def test_a_file_is_moved_to_its_place_only_on_conditions(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    sizes: list[int] = []

    def refuse(size: int) -> None:
        raise ValueError(f"{size} bytes")

    with pytest.raises(ValueError, match="3 bytes"), written_only_if(sizes.append), written_only_if(refuse):
        write_while(lambda: None, tmp_path, target)
    assert (sizes, target.read_bytes(), list(tmp_path.iterdir())) == ([3], b"old", [target])


def test_a_missing_or_closed_folder(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = refused(capsys, "shrink", made.with_name("table.bin"), "-o", made.parent / "none" / "a.embc")
    assert (code, line) == (
        2,
        f"folder {made.parent / 'none'} does not exist: make it with mkdir -p {made.parent}/none",
    )


def test_a_read_only_folder() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # other users may not enter pytest's own
        folder = Path(name) / "closed"
        folder.mkdir()
        (folder / "file").write_bytes(b"old")
        folder.chmod(0o555)
        Path(name).chmod(0o755)
        code = """
import os, sys
from embcompress.disk import replacing
from embcompress.errors import FileAccessError
if os.geteuid() == 0:  # who may write everywhere
    os.setuid(65534)
try:
    with replacing(sys.argv[1]) as file:
        file.write(b"new")
except FileAccessError as error:
    print(error)
"""
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder / "file")], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"cannot write {folder / 'file'}: Permission denied\n"
        assert (folder / "file").read_bytes() == b"old"
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_long_names(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    longest = source.with_name("x" * 250 + ".embc")
    assert main(["shrink", str(source), "-o", str(longest), "--spec", "int8"]) == 0
    capsys.readouterr()
    assert len(embcompress.open(longest)) == 700
    too_long = source.with_name("x" * 300 + ".embc")
    assert refused(capsys, "shrink", source, "-o", too_long) == (1, f"cannot use {too_long}: File name too long")
    deep = source.parent / "/".join(["y" * 200] * 25) / "a.embc"
    assert refused(capsys, "shrink", source, "-o", deep) == (1, f"cannot use {deep}: File name too long")
    with pytest.raises(FileAccessError, match="File name too long"), replacing(too_long):
        pass
    assert sorted(source.parent.iterdir()) == sorted([source, longest])


def test_source_and_output_the_same_file(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = made.with_name("table.bin")
    link = made.with_name("link.bin")
    link.symlink_to(source)
    for name in (source, link):
        said = 2, f"{name} is the source itself: give another file with -o FILE"
        assert refused(capsys, "shrink", source, "-o", name, "--force") == said
        assert refused(capsys, "distill", source, "--dims", 4, "-o", name, "--force") == said
        assert refused(capsys, "repair", made, "--teacher", source, "-o", name, "--force") == said


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(FileAccessError, match="is no file, but a device or a pipe"), replacing(path):
            pass
    assert pipe.is_fifo()
    assert Path(os.devnull).is_char_device()


def test_a_link_is_followed_and_permissions_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "file", tmp_path / "link"
    real.parent.mkdir()
    real.write_bytes(b"old")
    real.chmod(0o600)
    link.symlink_to(real)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(
    not OTHER_FILE_SYSTEM.is_dir() or OTHER_FILE_SYSTEM.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev,
    reason="needs a second file system",
)
def test_output_on_another_file_system(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(tempfile.mkdtemp(dir=OTHER_FILE_SYSTEM))
    try:
        target = folder / "table.embc"
        link = source.with_name("link.embc")
        link.symlink_to(target)
        assert main(["shrink", str(source), "-o", str(target), "--spec", "int8"]) == 0
        assert main(["shrink", str(source), "-o", str(link), "--spec", "int4", "--force"]) == 0
        capsys.readouterr()
        assert link.is_symlink()
        assert embcompress.open(target).spec == "int4"
        assert [path.name for path in folder.iterdir()] == ["table.embc"]
    finally:
        shutil.rmtree(folder)


def test_two_writers_at_once(tmp_path: Path) -> None:
    """Both end well, neither takes the other's temporary file for one that was left, and one whole file stays."""
    target = tmp_path / "file"
    contents = [bytes([number]) * 100_000 for number in range(8)]
    failures: list[BaseException] = []

    def write_often(content: bytes) -> None:
        try:
            for _ in range(25):
                with replacing(target) as file:
                    file.write(content[:50_000])
                    file.write(content[50_000:])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write_often, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert not target.exists() or target.read_bytes() in contents
    assert failures == []
    assert list(tmp_path.iterdir()) == [target]


def test_a_killed_writer_leaves_nothing_to_the_next_and_a_live_one_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    code = """
import sys
from embcompress.disk import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half of the n")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
    killed, live = writers
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 3
    others = [tmp_path / ".file.0123abcd.tmp.kept", tmp_path / ".other.0123abcd.tmp"]
    for path in others:
        path.write_bytes(b"")
    (tmp_path / ".file.0123abcd.tmp").symlink_to(others[0])  # never one of ours
    with replacing(target) as file:
        file.write(b"new")
    assert len(list(tmp_path.glob(".file.*.tmp"))) == 2  # the live writer's, and the link
    assert all(path.exists() for path in others)
    live.communicate("")
    assert live.returncode == 0
    assert target.read_bytes() == b"half of the n"
    assert sorted(tmp_path.glob(".file.*.tmp")) == [tmp_path / ".file.0123abcd.tmp"]


def test_where_there_are_no_locks_nothing_is_taken_for_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(_descriptor: int, *, wait: bool) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(disk, "lock", unsupported)
    other = tmp_path / ".file.0123abcd.tmp"
    other.write_bytes(b"")
    with replacing(tmp_path / "file") as file:
        file.write(b"new")
    assert sorted(tmp_path.iterdir()) == [other, tmp_path / "file"]


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]
)
@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_being_stopped(moment: str, number: int, code: int, said: str, source: Path) -> None:
    target = source.with_suffix(".embc")
    target.write_bytes(b"old")
    program = """
import os, sys, time
import embcompress
import embcompress_cli.main as command
def stopped(*_, **__):
    print("here", flush=True)
    time.sleep(60)
if sys.argv[1] == "reading":
    embcompress.load = stopped
else:
    os.fsync = stopped
sys.exit(command.main(sys.argv[2:]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, moment, "shrink", str(source), "--force"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, f"error: {said}, nothing was written\n")
    assert target.read_bytes() == b"old"
    assert sorted(source.parent.iterdir()) == [source, target]
