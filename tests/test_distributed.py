"""Shards on a cluster: the codes and answers of one machine, whatever happens to workers, shards and files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embcompress
from embcompress import (
    CompressedVectors,
    FileAccessError,
    FormatError,
    ServiceError,
    SpecError,
    Table,
    UsageError,
    manifest,
)
from embcompress.segmented_rows import joined
from tests.common import DIMS, ROWS, shrunk, small_table

distributed = pytest.importorskip("distributed", reason="shards are compressed by Dask")

from embcompress_cli import main as command  # noqa: E402

from embcompress.distributed.shrinking import DUPLICATES, shrink_shards  # noqa: E402

SHARDS = 4
EACH = ROWS // SHARDS
SPEC = "center,lloyd:2"
ASKED = ["word3", f"word{EACH}", "word699"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two workers."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=0) as made:
        yield made.scheduler_address


def write_shards(folder: Path, table: Table, count: int = SHARDS) -> Path:
    """A folder of shards of a table."""
    folder.mkdir()
    each = len(table) // count
    for number in range(count):
        rows = slice(number * each, (number + 1) * each)
        Table(table.words[rows], table.rows(rows)).save(folder / f"{number}.bin")
    return folder


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return write_shards(tmp_path / "shards", small_table())


@pytest.fixture(scope="module")
def made(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compressed shards."""
    folder = tmp_path_factory.mktemp("made")
    shrink_shards(write_shards(folder / "shards", small_table()) / "*.bin", folder / "out", SPEC, cluster=cluster)
    return folder / "out"


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def assert_same_codes(found: CompressedVectors, wanted: CompressedVectors) -> None:
    for ours, theirs in zip(joined(found.coded_rows.parts), wanted.coded_rows.parts, strict=True):
        assert np.array_equal(ours.codes[:], theirs.codes[:])
        assert np.array_equal(ours.lengths, theirs.lengths)
        assert ours.scale == theirs.scale


def assert_same_answers(found: CompressedVectors, wanted: CompressedVectors) -> None:
    assert list(found.index_to_key) == list(wanted.index_to_key)
    assert np.allclose(found[ASKED], wanted[ASKED], rtol=0, atol=1e-6)
    for exact in (False, True):
        for word in ASKED:
            near, expected = found.most_similar(word, exact=exact), wanted.most_similar(word, exact=exact)
            assert [each for each, _ in near] == [each for each, _ in expected]
            assert [score for _, score in near] == pytest.approx([score for _, score in expected], abs=1e-6)


@pytest.mark.parametrize(
    "spec", [SPEC, "head:300:int8,lloyd:2", "pca:16,vq:30,int8", "prune:0.5,ternary", "groups:2", "float16"]
)
def test_shards_have_the_codes_that_one_machine_makes(spec: str, cluster: str, shards: Path, tmp_path: Path) -> None:
    found = shrink_shards(str(shards / "*.bin"), tmp_path / "out", spec, cluster=cluster)
    assert_same_codes(found, shrunk(spec))
    assert_same_answers(found, shrunk(spec))
    assert found.metadata.get("clipped_share") == shrunk(spec).metadata.get("clipped_share")


def test_a_folder_of_shards_is_read_as_a_file_is(made: Path) -> None:
    found, wanted = embcompress.open(made), shrunk(SPEC)
    assert_same_answers(found, wanted)
    assert found.spec == SPEC
    assert "word699" in found
    assert "word700" not in found
    assert found.get_index("word350") == 350
    assert found.index_to_key[-1] == "word699"
    assert found.index_to_key[174:177] == ["word174", "word175", "word176"]
    assert found.complete("word17", 20) == wanted.complete("word17", 20)
    assert found.most_similar("word3", restrict_vocab=180)[0] == wanted.most_similar("word3", restrict_vocab=180)[0]
    with pytest.raises(KeyError) as ours:
        found["wrd12"]
    with pytest.raises(KeyError) as theirs:
        wanted["wrd12"]
    assert str(ours.value) == str(theirs.value)
    assert embcompress.open(made, verify=True)["word5"].tobytes() == wanted["word5"].tobytes()


def test_a_saved_folder_is_one_file_with_the_arrays_of_one_machine(made: Path, tmp_path: Path) -> None:
    embcompress.open(made).save(tmp_path / "one.embc")
    shrunk(SPEC).save(tmp_path / "wanted.embc")
    ours, theirs = (embcompress.container.read(tmp_path / name).arrays for name in ("one.embc", "wanted.embc"))
    assert set(ours) == set(theirs)
    for name in ours:
        assert ours[name].tobytes() == theirs[name].tobytes(), name


def test_a_folder_is_a_table_to_convert_and_to_shrink_again(made: Path, tmp_path: Path) -> None:
    table, vectors = embcompress.load(made), embcompress.open(made)
    assert list(table.words) == list(vectors.index_to_key)
    assert np.array_equal(table.rows(slice(170, 180)), vectors[170:180])
    first = embcompress.load(made, limit=200)
    assert (len(first), first.words[-1]) == (200, "word199")
    assert np.array_equal(first["word180"], vectors["word180"])
    assert command.main(["convert", str(made), str(tmp_path / "table.bin")]) == 0
    assert np.array_equal(embcompress.load(tmp_path / "table.bin").rows(slice(None)), vectors.vectors)


def test_a_folder_is_measured_as_a_file_is(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_table().save(tmp_path / "table.bin")
    shrunk(SPEC).save(tmp_path / "one.embc")
    found = []
    for path in (made, tmp_path / "one.embc"):
        assert command.main(["evaluate", str(path), "--against", str(tmp_path / "table.bin"), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    ours, theirs = found
    assert ours["neighbours"] == theirs["neighbours"]
    assert ours["ratio"] == pytest.approx(
        small_table().float32_bytes / sum(path.stat().st_size for path in made.iterdir())
    )


def test_codecs_are_stored_once(made: Path) -> None:
    shard, codec = (embcompress.container.read(made / name) for name in ("00002.embc", "codec.embc"))
    assert {name for name in shard.arrays if name[0] == "0"} == {"0.codes", "0.lengths"}
    assert {"0.centroids", "0.a", "0.b"} <= set(codec.arrays)
    alone = embcompress.open(made / "00002.embc")
    assert np.array_equal(alone["word400"], shrunk(SPEC)["word400"])


def test_a_cluster_finds_what_one_process_finds(made: Path, cluster: str) -> None:
    wanted = embcompress.open(made)
    with embcompress.open(made, cluster=cluster) as found:
        assert_same_answers(found, wanted)
        for start, stop in ((170, 180), (0, 5), (690, 700)):
            near, expected = (
                each.most_similar("word3", 3, clip_start=start, clip_end=stop) for each in (found, wanted)
            )
            assert [word for word, _ in near] == [word for word, _ in expected]


def workers_of(address: str) -> list[int]:
    """The processes of a cluster's workers."""
    with distributed.Client(address) as client:
        return list(client.run(os.getpid).values())


def test_neighbours_are_found_after_a_worker_has_died(made: Path, cluster: str) -> None:
    wanted = embcompress.open(made)
    with embcompress.open(made, cluster=cluster) as found:
        assert_same_answers(found, wanted)
        os.kill(workers_of(cluster)[0], signal.SIGKILL)
        assert_same_answers(found, wanted)


def test_shards_of_a_worker_that_dies_are_coded_by_another(cluster: str, shards: Path, tmp_path: Path) -> None:
    killed = []

    def kill(doing: str, done: int, total: int) -> None:
        if (doing, done) == ("encoding", 1):
            killed.append(workers_of(cluster)[0])
            os.kill(killed[0], signal.SIGKILL)

    found = shrink_shards(shards / "*.bin", tmp_path / "out", SPEC, cluster=cluster, progress=kill)
    assert killed
    assert_same_codes(found, shrunk(SPEC))
    assert len(embcompress.verify(tmp_path / "out")) == 20


def test_an_interrupted_run_is_gone_on_with(cluster: str, shards: Path, tmp_path: Path) -> None:
    def interrupt(doing: str, done: int, total: int) -> None:
        if (doing, done) == ("encoding", 2):
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        shrink_shards(shards / "*.bin", out, SPEC, cluster=cluster, progress=interrupt)
    with pytest.raises(FileAccessError, match=r"a folder without manifest\.json"):
        embcompress.open(out)
    done = {path: path.stat().st_ino for path in out.glob("0*.embc")}
    assert len(done) >= 2
    assert_same_codes(shrink_shards(shards / "*.bin", out, SPEC, cluster=cluster), shrunk(SPEC))
    assert all(path.stat().st_ino == inode for path, inode in done.items())
    assert not list(out.glob(".*"))


def test_a_shard_that_changed_is_coded_again(cluster: str, shards: Path, out: Path) -> None:
    before = {path.name: path.stat().st_ino for path in out.glob("*.embc")}
    (out / "00001.embc").write_bytes((out / "00001.embc").read_bytes()[:-1] + b"?")  # damaged since
    again = shrink_shards(shards / "*.bin", out, SPEC, cluster=cluster)
    after = {path.name: path.stat().st_ino for path in out.glob("*.embc")}
    assert {name for name in before if before[name] != after[name]} == {"00001.embc", "codec.embc"}
    assert_same_codes(again, shrunk(SPEC))


def test_a_shard_that_changes_meanwhile_is_noticed(cluster: str, shards: Path, tmp_path: Path) -> None:
    def change(doing: str, done: int, total: int) -> None:
        if (doing, done) == ("drawing a sample", SHARDS):
            (shards / "2.bin").touch()

    with pytest.raises(FileAccessError, match=r"2\.bin changed while it was read: run the command again"):
        shrink_shards(shards / "*.bin", tmp_path / "out", SPEC, cluster=cluster, progress=change)
    assert not (tmp_path / "out" / manifest.NAME).exists()


def test_a_word_of_two_shards_is_the_first_ones(cluster: str, tmp_path: Path) -> None:
    table = small_table()
    folder = write_shards(tmp_path / "shards", table)
    twice = Table([*table.words[170:175], "new"], table.rows(slice(0, 6)) * -1)
    twice.save(folder / "4.bin")
    found = shrink_shards(folder / "*.bin", tmp_path / "out", "int8", cluster=cluster)
    assert found.metadata["repairs"] == {DUPLICATES: 5}
    whole = Table([*table.words, "new"], np.concatenate([table.rows(slice(None)), -table.rows(slice(5, 6))]))
    assert_same_codes(found, embcompress.shrink(whole, "int8"))
    assert found.get_index("word172") == 172
    with pytest.raises(UsageError, match=rf"4\.bin: 5 {DUPLICATES}"):
        shrink_shards(folder / "*.bin", tmp_path / "strict", "int8", cluster=cluster, strict=True)
    assert not (tmp_path / "strict").exists()


def test_shards_that_do_not_fit_are_refused(cluster: str, shards: Path, tmp_path: Path) -> None:
    def fails(error: type[Exception], text: str, spec: str = SPEC) -> None:
        with pytest.raises(error, match=text):
            shrink_shards(shards / "*.bin", tmp_path / "out", spec, cluster=cluster)
        assert not (tmp_path / "out").exists()

    fails(SpecError, "pca:25", "pca:25,int8")
    Table(["other"], np.ones((1, DIMS + 1), dtype=np.float32)).save(shards / "4.bin")
    fails(UsageError, r"4\.bin has 25 dimensions, .*0\.bin has 24: shards of a table have the same")
    (shards / "4.bin").write_bytes((shards / "3.bin").read_bytes()[:-7])
    fails(FormatError, r"4\.bin.*")
    (shards / "4.bin").unlink()
    with pytest.raises(UsageError, match=r"nowhere/\*\.bin: no such file"):
        shrink_shards(tmp_path / "nowhere" / "*.bin", tmp_path / "out", cluster=cluster)
    with pytest.raises(UsageError, match=r"0\.bin is given twice"):
        shrink_shards([shards / "0.bin", shards / "*.bin"], tmp_path / "out", cluster=cluster)


def test_a_cluster_that_is_not_there(shards: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embcompress.cluster.SECONDS", 0.5)
    with pytest.raises(ServiceError, match=r"no cluster at tcp://127\.0\.0\.1:9: .*; start one with 'dask scheduler'"):
        shrink_shards(shards / "*.bin", tmp_path / "out", cluster="tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match="cluster 'somewhere' is no address"):
        embcompress.open(made, cluster="somewhere")
    with pytest.raises(UsageError, match=r"00000\.embc is one file"):
        embcompress.open(made / "00000.embc", cluster="local:1")


def swapped_shards(out: Path) -> None:
    (out / "00001.embc").replace(out / "kept")
    (out / "00002.embc").replace(out / "00001.embc")
    (out / "kept").replace(out / "00002.embc")


def other_codecs(out: Path) -> None:
    shrunk("int8").save(out / "codec.embc")


def rewritten(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    """A change of the manifest, signed as whole."""

    def rewrite(out: Path) -> None:
        facts = json.loads((out / manifest.NAME).read_text())
        change(facts)
        facts.pop("digest", None)
        (out / manifest.NAME).write_text(json.dumps(facts | {"digest": manifest._digest(facts)}))

    return rewrite


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a shard is missing": (lambda out: (out / "00003.embc").unlink(), r"cannot read .*00003\.embc: No such file"),
    "the codecs are missing": (lambda out: (out / "codec.embc").unlink(), r"cannot read .*codec\.embc: No such file"),
    "shards are swapped": (swapped_shards, r"00001\.embc is not the file that it lists"),
    "other codecs": (other_codecs, r"codec\.embc is not the file that it lists"),
    "altered": (
        lambda out: (out / manifest.NAME).write_text((out / manifest.NAME).read_text().replace("175", "174", 1)),
        "it is not what was written: its SHA-256 is another",
    ),
    "no JSON": (lambda out: (out / manifest.NAME).write_text("{"), "it is not JSON"),
    "of another program": (rewritten(lambda facts: facts.update(format="web app")), "its format is 'web app'"),
    "of a later version": (rewritten(lambda facts: facts.update(version="2.0")), "its version is '2.0'"),
    "without shards": (rewritten(lambda facts: facts.update(shards=[])), "it does not give codec, shards"),
    "too many words": (rewritten(lambda facts: facts.update(words=701)), "it gives 701 x 24 numbers"),
    "a file elsewhere": (
        rewritten(lambda facts: facts.update(codec={"file": "../codec.embc", "digest": ""})),
        "it lists a file that is not in its folder",
    ),
    "a shard without rows": (
        rewritten(lambda facts: facts.update(shards=[{"file": "00000.embc"}])),
        "it lists a shard as",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_folder_that_was_changed_is_refused(name: str, out: Path) -> None:
    change, text = CHANGES[name]
    change(out)
    with pytest.raises((FormatError, FileAccessError), match=text):
        embcompress.open(out)


def test_verify_reads_every_byte(out: Path) -> None:
    assert "00003.embc/0.codes" in embcompress.verify(out)
    content = bytearray((out / "00003.embc").read_bytes())
    content[-1] ^= 1
    (out / "00003.embc").write_bytes(content)
    embcompress.open(out)
    with pytest.raises(FormatError, match=r"00003\.embc: array .* is damaged"):
        embcompress.verify(out)
    with pytest.raises(FormatError, match=r"00003\.embc: array .* is damaged"):
        embcompress.open(out, verify=True)


def test_a_shard_never_shares_the_codecs_of_a_shard(out: Path) -> None:
    (out / "codec.embc").write_bytes((out / "00000.embc").read_bytes())
    with pytest.raises(FormatError, match=r"codec\.embc: a shard, where a file with codecs of its own belongs"):
        embcompress.open(out / "00000.embc")


def test_the_command_line(cluster: str, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = command.main([str(each) for each in arguments])
        return code, *capsys.readouterr()

    out, asked = tmp_path / "out", ("shrink", shards / "*.bin", "--cluster", cluster, "-o")
    code, printed, said = run(*asked, out, "--spec", SPEC, "--json")
    facts = json.loads(printed)
    assert (code, said) == (0, "")
    assert (facts["words"], facts["dims"], facts["spec"]) == (ROWS, DIMS, SPEC)
    assert [each["rows"] for each in facts["shards"]] == [EACH] * SHARDS
    assert facts["bytes"] == sum(path.stat().st_size for path in out.iterdir())
    assert facts["float32_bytes"] == small_table().float32_bytes
    assert 0.5 < facts["shards"][1]["neighbours"]["exact_query"] < 1
    assert run(*asked, out)[0::2] == (
        2,
        f"error: {out / manifest.NAME} exists already: overwrite it with --force, or give another folder\n",
    )
    assert run(*asked, out, "--size", "1MB")[2] == "error: --size is not heeded by --cluster: leave out one of them\n"
    assert run(*asked[:-1])[2] == "error: shards go to a folder: give it with -o FOLDER\n"
    code, printed, _ = run("info", out)
    assert code == 0
    assert "700 x 24 dimensions in 4 shards" in printed
    assert "3.bin" in printed
    assert run("verify", out)[1] == f"{out}: all 20 arrays are what was written\n"
    near = json.loads(run("similar", out, "word3", "--json")[1])
    assert [each["word"] for each in near["results"][0]["neighbours"]] == [
        w for w, _ in shrunk(SPEC).most_similar("word3")
    ]


GOLDEN = Path(__file__).parent / "golden" / "0.1-shards"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["manifest.json", "codec.embc", "00000.embc"]), st.integers(0), st.binary(min_size=1, max_size=4)
)
def test_a_folder_of_any_bytes_is_read_or_refused(name: str, place: int, written: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(GOLDEN, folder, dirs_exist_ok=True)
        content = bytearray((GOLDEN / name).read_bytes())
        place %= len(content)
        content[place : place + len(written)] = written
        (Path(folder) / name).write_bytes(content)
        with suppress(FormatError, FileAccessError):
            embcompress.open(folder).most_similar("word3")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["codec", "shards", "words", "dims", "metadata", "version", "format"]), ANY_JSON)
def test_a_manifest_of_anything_is_read_or_refused(key: str, value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(GOLDEN, folder, dirs_exist_ok=True)
        rewritten(lambda facts: facts.update({key: value}))(Path(folder))
        with suppress(FormatError, FileAccessError):
            embcompress.open(folder).most_similar("word3")
