"""Ends reads that take longer than one read may."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from datalayer.kernel.errors import QueryTooLong

LOOKS_IN_A_TIMEOUT = 20


class Watchdog:
    """Looks at the running reads a few times in every *timeout_s* and interrupts the overdue.

    One thread for all reads, started with the first: a timer for each would cost more than a
    small read does.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._deadlines: dict[duckdb.DuckDBPyConnection, float] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Watch what *cursor* runs in the block.

        Raises:
            QueryTooLong: It was interrupted.
        """
        with self._lock:
            self._deadlines[cursor] = time.monotonic() + self._timeout_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise QueryTooLong(timeout_s=self._timeout_s) from error
        finally:
            with self._lock:
                del self._deadlines[cursor]

    def stop(self) -> None:
        """End the looking."""
        self._stopped.set()

    def _look(self) -> None:
        while not self._stopped.wait(self._timeout_s / LOOKS_IN_A_TIMEOUT):
            now = time.monotonic()
            with self._lock:
                for cursor, deadline in self._deadlines.items():
                    if deadline < now:
                        cursor.interrupt()
