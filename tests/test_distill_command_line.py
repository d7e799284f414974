"""``embcompress distill``: teachers and students of every kind, and what cannot be asked for."""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embcompress_cli.main import main

import embcompress
from embcompress.arrays import directions
from embcompress.distill.checkpoint import Checkpoint
from embcompress.distill.state import State
from tests.common import small_table
from tests.model import LETTERS, save_model
from tests.writers import binary, write

MODEL = "EMBCOMPRESS_TEST_MODEL"
"""Names the folder of a real sentence transformer."""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the current folder: table.bin, a.bin and b.bin of overlapping words, apart.bin, pairs.tsv."""
    monkeypatch.chdir(tmp_path)
    table, generator = small_table(), np.random.default_rng(4)
    words, rows = list(table.words), table.rows(slice(None))
    for name, part in (("table", slice(None)), ("a", slice(400)), ("b", slice(300, 700)), ("apart", slice(400, 700))):
        write(tmp_path / f"{name}.bin", binary(words[part], rows[part]))
    seen = directions(rows * np.linspace(0, 2, table.dims, dtype=np.float32))
    pairs = generator.integers(len(words), size=(300, 2)).tolist()
    (tmp_path / "pairs.tsv").write_text("".join(f"word{a}\tword{b}\t{seen[a] @ seen[b]:.4f}\n" for a, b in pairs))


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main(["distill", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_subwords_are_attached_to_a_table_and_to_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "table.bin", "--subwords", "--ngrams", 300, "-o", "new.embc", "--spec", "int8")
    assert report["subwords"]["rows"] <= 300
    assert report["subwords"]["buckets"] == 1 << 21
    assert report["subwords"]["held_out"]["words"] == 70
    vectors = embcompress.open("new.embc")
    assert vectors.spec == "int8"
    assert vectors.has_vector("word7000")
    assert main(["shrink", "table.bin", "-o", "plain.embc", "--spec", "binary"]) == 0
    assert main(["distill", "plain.embc", "--subwords", "--buckets", "5000", "-o", "more.embc"]) == 0
    assert "cosine 0." in capsys.readouterr().out
    plain, more = embcompress.open("plain.embc"), embcompress.open("more.embc")
    assert more.spec == "binary"
    np.testing.assert_array_equal(more.vectors, plain.vectors)
    assert more.metadata["subwords"]["buckets"] == 5000
    assert more.metadata["subwords"]["spec"] == "lloyd:4"
    assert more.has_vector("word7000")


def test_a_second_stage_fine_tunes_on_a_task(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("table.bin", "--dims", 16, "--steps", 40, "--rate", 0.025, "--then-task", "pairs.tsv")
    report = answer(capsys, *command, "--alpha", 0.9, "-o", "tuned.bin")
    assert report["dims"] == 16
    assert report["looks"][0]["step"] == 0
    task = report["task"]
    assert (task["alpha"], task["learned"], task["watched"], task["test"]) == (0.9, 180, 60, 60)
    assert task["after"] > task["before"]
    assert embcompress.load("tuned.bin").dims == 16
    assert main(["distill", "table.bin", "--then-task", "pairs.tsv", "--steps", "20", "-o", "tuned.embc"]) == 0
    assert "Spearman correlation, on 60 held out" in capsys.readouterr().out
    assert embcompress.open("tuned.embc").vector_size == small_table().dims


def test_an_interrupt_says_where_to_go_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["distill", "table.bin", "--dims", "6", "--steps", "10", "--checkpoint", "going.npz", "-o"]
    assert main([*arguments, "whole.npz"]) == 0
    save = Checkpoint.save

    def interrupted(checkpoint: Checkpoint, state: State) -> None:
        save(checkpoint, state)
        raise KeyboardInterrupt

    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "save", interrupted)
        assert main([*arguments, "again.npz"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: interrupted: going.npz holds what was learned, the same command goes on from there"
    )
    assert main([*arguments, "again.npz"]) == 0
    assert Path("again.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_two_teachers_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "--teacher", "a.bin", "--teacher", "b.bin", "-o", "both.bin")
    assert report["words"] == 700
    both = embcompress.load("both.bin")
    np.testing.assert_allclose(both.rows(slice(None)), small_table().rows(slice(None)), atol=1e-4)
    assert answer(capsys, "a.bin", "--teacher", "b.bin", "-o", "again.bin", "--dims", 8, "--steps", 5)["dims"] == 8


def test_a_transformer_encodes_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    teacher = f"sentence-transformers:{save_model(folder)}"
    words = ["".join(letters) for letters in product(LETTERS, repeat=3)]
    Path("words.txt").write_text("\n".join(words))
    report = answer(capsys, teacher, "--vocab", "words.txt", "--dims", 12, "--sif", "-o", "model.embc", "--subwords")
    assert (report["words"], report["dims"], report["spec"]) == (1000, 12, "lloyd:4")
    assert report["subwords"]["held_out"]["cosine"] > report["subwords"]["held_out"]["mean_vector"]
    assert embcompress.open("model.embc").has_vector("abcd")
    assert main(["distill", teacher, "--vocab", "tokenizer", "-o", "tokens.bin"]) == 0
    assert list(embcompress.load("tokens.bin").words) == [*LETTERS, *(f"##{letter}" for letter in LETTERS)]


@pytest.mark.skipif(MODEL not in os.environ, reason=f"{MODEL} names no folder of a sentence transformer")
def test_a_real_transformer_is_distilled(capsys: pytest.CaptureFixture[str]) -> None:
    bundled = Path(__file__).parent.parent / "data" / "wikipedia-100d-20k.bin.gz"
    Path("words.txt").write_text("\n".join(embcompress.load(bundled).words))
    teacher = f"sentence-transformers:{os.environ[MODEL]}"
    answer(capsys, teacher, "--vocab", "words.txt", "-o", "whole.npz")
    report = answer(capsys, teacher, "--vocab", "words.txt", "--dims", 256, "-o", "small.embc")
    before, after = (
        embcompress.evaluate(each).to_dict()["spearman"]["value"] for each in map(_read, ("whole.npz", "small.embc"))
    )
    print(f"{report['words']} words, {report['bytes']} bytes, similarity {before:.3f} before and {after:.3f} after")
    assert report["words"] == 20_000
    assert report["bytes"] < 3_000_000
    assert after > 0.9 * before


def _read(path: str) -> Any:
    return embcompress.open(path) if path.endswith(".embc") else embcompress.load(path)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ("-o x.embc", 2, "give a table to learn from"),
        ("table.bin -o x.embc", 2, "say what is to be learned"),
        ("table.bin --subwords -o x.bin", 2, "rows of n-grams are kept in an .embc"),
        ("table.bin --dims 8 --buckets 9 -o x.embc", 2, "add --subwords"),
        ("table.bin --subwords --checkpoint c -o x.embc", 2, "--checkpoint is for --dims and transformers"),
        ("table.bin --dims 8 --alpha 0.5 -o x.embc", 2, "add --then-task FILE"),
        ("table.bin --then-task pairs.tsv --alpha 1.5 -o x.embc", 2, "'--alpha': 1.5 is not in the range 0<=x<=1"),
        ("table.bin --then-task pairs.tsv -T 0 -o x.embc", 2, "temperature = 0"),
        ("table.bin --then-task missing.tsv -o x.embc", 1, "cannot read missing.tsv"),
        ("a.bin --teacher apart.bin -o x.embc", 2, "have 0 words in common"),
        ("table.bin --dims 8 --vocab tokenizer -o x.embc", 2, "--vocab and --sif are for a transformer"),
        ("sentence-transformers:any -o x.embc", 2, "give --vocab FILE"),
        ("sentence-transformers:any --vocab tokenizer --teacher a.bin -o x.embc", 2, "the only teacher"),
        ("sentence-transformers:./missing --vocab tokenizer -o x.embc", 2, "there is no such folder"),
        ("table.bin --subwords -o table.bin --force", 2, "rows of n-grams are kept"),
    ],
)
def test_what_cannot_be_distilled(options: str, code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "./missing" in options:
        pytest.importorskip("transformers")
    assert main(["distill", *options.split()]) == code
    errors = capsys.readouterr().err.strip().splitlines()
    assert errors[-1].startswith("error: ")
    assert text in errors[-1]
    assert not Path("x.embc").exists()
