"""Compressed tables inside an app: a layer for PyTorch, a transformer for scikit-learn, and a recipe for FastAPI.

`embcompress.apps.torch` and `embcompress.apps.sklearn` are imported by those who want them. FastAPI needs nothing of
ours: a dependency that opens the file once gives every request of a process the same table, which threads may share,
and processes share its pages::

    from functools import lru_cache
    from typing import Annotated

    from fastapi import Depends, FastAPI, HTTPException, Query

    import embcompress

    app = FastAPI()

    @lru_cache
    def table() -> embcompress.CompressedVectors:
        return embcompress.open("wikipedia.embc")

    Table = Annotated[embcompress.CompressedVectors, Depends(table)]

    @app.get("/neighbours/{word:path}")
    def neighbours(word: str, vectors: Table, k: Annotated[int, Query(ge=1, le=100)] = 10) -> dict[str, float]:
        try:
            return {near: float(cosine) for near, cosine in vectors.most_similar(word, topn=k)}
        except embcompress.UnknownWordError as error:
            raise HTTPException(404, str(error)) from None

`embcompress serve` is the whole service.
"""
