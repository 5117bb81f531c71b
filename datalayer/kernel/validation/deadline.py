"""Ends what a DuckDB connection does when its time is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

_AGAIN_AFTER_S: Final = 0.05


@contextmanager
def within(timeout_s: float | None, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt every statement that runs in the block after *timeout_s*; None for no limit.

    Such a statement raises ``duckdb.InterruptException``. There may be many short ones, of which
    none would ever be overdue by itself, so the interruption is repeated until the block ends.
    """
    ended = threading.Event()

    def interrupt() -> None:
        if ended.wait(timeout_s):
            return
        connection.interrupt()
        while not ended.wait(_AGAIN_AFTER_S):
            connection.interrupt()

    thread = threading.Thread(target=interrupt, name="validation-deadline", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
