"""Coverage-guided fuzzing of a reader: mutants that reach new lines of it are mutated further.

    pip install atheris
    python benchmarks/fuzz_atheris.py --reader embc --seconds 3600 --corpus FOLDER

Inputs begin as the sound files of benchmarks/mutate.py, and are changed by libFuzzer and by what knows the formats. It
ends at the first input that does harm: an exception that is not of this package, a result that is not well-formed, 256
MB more than there were, or more than 10 seconds. libFuzzer writes that input to the folder as ``crash-...``; without
one the exit code is 0. Several runs may share a folder, one after the other: what was reached before is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent.parent))

import atheris

with atheris.instrument_imports(include=["embcompress"]):
    import embcompress
    from embcompress import container, file, integrity, vectors
    from embcompress.formats import formats

    formats()

from tests.attacks.malice import malicious
from tests.attacks.running import MEMORY, SECONDS, limit_memory
from tests.attacks.seeds import Seed, seeds
from tests.attacks.using import refusal, use_embc, use_table

INSTRUMENTED = container, file, integrity, vectors
FUZZED = "embc", "word2vec", "fasttext", "kv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", choices=FUZZED, default="embc")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--corpus", type=Path, help="folder of inputs that reached something (default: a new one)")
    arguments = parser.parse_args()
    corpus = arguments.corpus or Path(tempfile.mkdtemp())
    corpus.mkdir(parents=True, exist_ok=True)
    sound = [each for each in seeds(arguments.reader) if len(each.files) == 1]
    for number, each in enumerate(sound):
        (corpus / f"sound-{number}").write_bytes(next(iter(each.files.values())))
    path = Path(tempfile.mkdtemp()) / "table"

    def give(content: bytes) -> None:
        path.write_bytes(content)
        limit_memory(MEMORY)
        use(arguments.reader, path)

    def mutate(content: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(content, most))
        return malicious(arguments.reader, Seed("", {path.name: content}), chance)[0][path.name][:most]

    options = [
        f"-max_total_time={arguments.seconds}",
        f"-timeout={SECONDS:.0f}",
        "-rss_limit_mb=0",
        f"-max_len={2 * max(len(content) for each in sound for content in each.files.values())}",
        f"-artifact_prefix={corpus}/",
    ]
    warnings.simplefilter("error")
    atheris.Setup([sys.argv[0], *options, str(corpus)], give, custom_mutator=mutate)
    atheris.Fuzz()


def use(reader: str, path: Path) -> None:
    """Open a file and use it; what is wrong with that is raised."""
    try:
        if reader == "embc":
            use_embc(path, verified=False)
        use_table(path, strict=False)
    except embcompress.EmbcompressError as error:
        fault = refusal(error, path)
        assert fault is None, fault


if __name__ == "__main__":
    main()
