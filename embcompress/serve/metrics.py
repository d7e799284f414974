"""What is counted, for Prometheus: requests, their times, batches, tables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from embcompress.serve.tables import Table

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client keeps the counts of all workers, if there are several."""

SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 16384)


class Metrics:
    """The counts of one service; workers of the same one add up theirs."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "embcompress_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "embcompress_request_seconds",
            "Time from a request's head to the end of its answer",
            ["route"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._sizes = Histogram(
            "embcompress_batch_size",
            "Words or vectors searched for at once",
            ["table"],
            buckets=SIZES,
            registry=self._registry,
        )
        self._reloads = Counter(
            "embcompress_reloads", "Files replaced under the service", ["table", "outcome"], registry=self._registry
        )
        self._words = self._table_gauge("words", "Words of the table")
        self._dims = self._table_gauge("dimensions", "Numbers of a vector")
        self._bytes = self._table_gauge("bytes", "Bytes of the table's file")

    def _table_gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(
            f"embcompress_table_{name}", help_text, ["table"], registry=self._registry, multiprocess_mode="mostrecent"
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch(self, table: str, size: int) -> None:
        """So many neighbours were searched for at once."""
        self._sizes.labels(table).observe(size)

    def loaded(self, table: Table) -> None:
        """A table was opened."""
        self._words.labels(table.name).set(len(table.vectors))
        self._dims.labels(table.name).set(table.vectors.vector_size)
        self._bytes.labels(table.name).set(table.bytes)

    def reloaded(self, table: str, outcome: str) -> None:
        """A file was replaced, and the table is ``"replaced"`` or ``"refused"``."""
        self._reloads.labels(table, outcome).inc()

    def text(self) -> bytes:
        """The counts in Prometheus' text format."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)
