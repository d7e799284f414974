"""A compressed table that answers, shaped like gensim's ``KeyedVectors``."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from embcompress import file, integrity, manifest
from embcompress.cluster_search import ClusterSearch
from embcompress.errors import UsageError
from embcompress.indexing import build_lists
from embcompress.lists import Lists
from embcompress.search import Search
from embcompress.segment import CodedRows
from embcompress.sharded_words import TableWords
from embcompress.subwords import Subwords
from embcompress.vectors._coded_search import CodedSearch
from embcompress.vectors._tables import Tables


def open(
    path: str | os.PathLike[str],
    *,
    device: str = "cpu",
    threads: int | None = None,
    verify: bool = False,
    cluster: str | None = None,
) -> CompressedVectors:
    """Open an ``.embc`` file: memory-mapped, nothing but its header is read; packed arrays are expanded.

    Parameters
    ----------
    path : path-like
        A file, or a folder of shards with their manifest.
    device : {"cpu", "gpu", "gpu:float16"}
        Where neighbours are searched: over the codes, or on the GPU over decoded half-precision numbers.
    threads : int, optional
        Threads FAISS may use in a search; by default as many as OpenMP gives it.
    verify : bool
        Read every byte first, as `embcompress.verify` does, so that what is damaged is refused.
    cluster : str, optional
        Search the shards of a folder on the workers of a Dask cluster (`embcompress.cluster`), each of which keeps some
        of them in memory: its scheduler's address, or ``local:N``. Every worker has to see the folder. Close what is
        opened so, or use it in a ``with`` statement.

    Returns
    -------
    CompressedVectors

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    FormatError
        If it is not an ``.embc`` file, or is damaged.
    UsageError
        If `threads` is below 1, the device is not there or has no kernel for the codes, or a cluster is to search what
        is no folder.
    MissingPackageError, ServiceError
        If a cluster is asked for and Dask or the cluster is not there.
    """
    if threads is not None and threads < 1:
        raise UsageError(f"threads = {threads}: give 1 or more, or None for OpenMP's choice")
    contents = integrity.read_verified(path) if verify else manifest.read(path)
    if cluster is None:
        return opened(contents, path, device=device, threads=threads)
    search = ClusterSearch(Path(path), cluster)
    return CompressedVectors(contents.words, contents.rows, contents.metadata, None, search, path=Path(path).absolute())


def opened(
    contents: file.Contents, path: str | os.PathLike[str], *, device: str = "cpu", threads: int | None = None
) -> CompressedVectors:
    """What was read of an ``.embc`` file, as `open` gives it.

    Parameters
    ----------
    contents : Contents
    path : path-like
        Where it was read from.
    device, threads
        As for `open`.

    Returns
    -------
    CompressedVectors

    Raises
    ------
    UsageError
        If the device is not there or has no kernel for the codes.
    """
    search = Search(contents.rows, contents.lists, device=device, threads=threads)
    return CompressedVectors(
        contents.words, contents.rows, contents.metadata, contents.subwords, search, path=Path(path).absolute()
    )


class CompressedVectors(CodedSearch, Tables):
    """Words and coded vectors; look-ups, similarity and neighbours straight from the codes.

    Made by `open` and `shrink`. It has the reading methods of gensim's ``KeyedVectors``. Similarity is the cosine of
    decoded vectors, so that ``most_similar(..., exact=True)`` is what gensim answers on `to_gensim`. Any number of
    threads may ask at once. A pickle of an opened file is its path, so that other processes map the same pages.

    Parameters
    ----------
    words : Vocabulary or ShardedWords
    coded_rows : CodedRows
        Codec, codes and lengths, a row a word.
    metadata : dict
        What the file says of itself: ``spec``, ``source``, ``certificate``.
    subwords : Subwords, optional
        Rows of n-grams, from which words outside the vocabulary get vectors.
    search : Search or ClusterSearch, optional
        How the rows are searched.
    path : Path, optional
        The file it was opened from.
    """

    def __init__(
        self,
        words: TableWords,
        coded_rows: CodedRows,
        metadata: dict[str, Any],
        subwords: Subwords | None = None,
        search: Search | ClusterSearch | None = None,
        *,
        path: Path | None = None,
    ) -> None:
        super().__init__(words, coded_rows, subwords)
        self.metadata = metadata
        self._search = Search(coded_rows) if search is None else search
        self.path = path

    def __enter__(self) -> CompressedVectors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the workers of a cluster go; a table that is searched here has nothing to close."""
        if isinstance(self._search, ClusterSearch):
            self._search.close()

    def __repr__(self) -> str:
        return f"<CompressedVectors: {len(self)} words x {self.vector_size} dimensions, {self.spec}>"

    def __reduce__(self) -> tuple[Any, ...]:
        asked = self._search
        if self.path is not None:
            return partial(open, device=asked.device, threads=asked.threads), (self.path,)
        bare = Search(self.coded_rows, asked.lists, device=asked.device, threads=asked.threads)  # no index of FAISS
        return CompressedVectors, (self._words, self.coded_rows, self.metadata, self._subwords, bare)

    @property
    def spec(self) -> str:
        """The spec the table was encoded with."""
        return str(self.metadata.get("spec", ""))

    @property
    def lists(self) -> Lists | None:
        """The inverted file, if there is one."""
        return self._search.lists

    @property
    def nprobe(self) -> int | None:
        """Lists that a query searches, if there is an inverted file; more find more, and take longer."""
        return None if self.lists is None else self.lists.nprobe

    @nprobe.setter
    def nprobe(self, count: int) -> None:
        if self.lists is None:
            raise UsageError("there is no inverted file whose lists could be searched: make one with build_ivf()")
        if not 1 <= count <= len(self.lists.sizes):
            raise UsageError(f"nprobe = {count}: give 1 to {len(self.lists.sizes)}, the number of lists")
        self._search.lists = replace(self.lists, nprobe=count)

    def build_ivf(self, nlist: int | None = None, *, nprobe: int | None = None, seed: int = 0) -> float:
        """Add an inverted file: from here on a query over all rows looks at the lists of rows nearest to it only.

        `save` stores it. Restricted queries and ``exact=True`` go on looking at every row.

        Parameters
        ----------
        nlist : int, optional
            Lists; by default about twice the root of the number of rows.
        nprobe : int, optional
            Lists a query searches; by default the least power of two with a recall of .95.
        seed : int

        Returns
        -------
        float
            Recall: the share of the ten nearest rows of a sample of rows that was found.

        Raises
        ------
        UsageError
            If there cannot be so many lists, or the rows are in several segments.
        """
        lists = build_lists(self.coded_rows, nlist, nprobe=nprobe, seed=seed)
        self._search = Search(self.coded_rows, lists, device=self._search.device, threads=self._search.threads)
        return lists.recall

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write an ``.embc`` file, replacing `path` only when it is complete; returns its bytes.

        Raises
        ------
        FileAccessError
            If it cannot be written.
        """
        return file.write(path, file.Contents(self._words, self.coded_rows, self.metadata, self._subwords, self.lists))
