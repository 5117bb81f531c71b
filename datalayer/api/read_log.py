"""The log's line of each kept answer that is sent; it holds up no answer."""

from __future__ import annotations

import atexit
import json
import logging
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from logging.handlers import QueueListener
from queue import SimpleQueue
from typing import Any, TextIO

import structlog

from datalayer.kernel.logs import bound_values, bounded_text, redact_secrets

MOST_WAITING = 100_000
FLUSH_EVERY_S = 0.2
PATIENCE_S = 5.0

_BATCH = 1000


class ReadLine:
    """The line of one kept answer, rendered but for what differs each time it is sent.

    Its text is, byte for byte, what structlog writes for
    ``log.info("api.read", request_id=..., **fields, milliseconds=..., cache_hit=True)``, which
    takes ten times as long.
    """

    def __init__(self, **fields: object) -> None:
        event = redact_secrets(None, "", bound_values(None, "", fields))
        self._fields = f"{json.dumps(event)[1:-1]}, " if fields else ""

    def text(self, at_s: float, request_id: str, milliseconds: float) -> str:
        """Return the line of a request that was answered *at_s*, seconds since 1970."""
        at = datetime.fromtimestamp(at_s, UTC).isoformat().removesuffix("+00:00")
        return (
            f'{{"request_id": {encode_basestring_ascii(bounded_text(request_id))}, '
            f'{self._fields}"milliseconds": {round(milliseconds, 3)!r}, "cache_hit": true, '
            f'"event": "api.read", "level": "info", "timestamp": "{at}Z"}}'
        )


class ReadLog(QueueListener):
    """Renders and writes lines on a thread of its own, in the order in which they came.

    It writes what has come every ``FLUSH_EVERY_S`` seconds, and at exit: a thread that woke for
    each line would take the interpreter from the requests. Where ``MOST_WAITING`` lines wait,
    because nobody reads the stream, the next one waits for room.

    No handler, formatter or ``LogRecord`` is involved: to make a record takes as long as a
    third of all that is done for a kept answer.

    Args:
        stream: Where to write; standard error if left out.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._waiting: SimpleQueue[Any] = SimpleQueue()
        super().__init__(self._waiting)
        self._output = structlog.WriteLogger(stream or sys.stderr)
        self._is_enabled = structlog.get_logger().is_enabled_for(logging.INFO)
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def write(self, line: ReadLine, request_id: str, milliseconds: float) -> None:
        """Have *line* written; nothing where the level that is logged lies above ``INFO``."""
        if not self._is_enabled:
            return
        # Room is made once every so often. A bounded queue would wait by itself, and takes thirty
        # times as long for each line that need not wait.
        while self._waiting.qsize() >= MOST_WAITING:
            time.sleep(FLUSH_EVERY_S)
        self._waiting.put((line, time.time(), request_id, milliseconds))
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Begin to write, unless that has begun."""
        with self._lock:
            if self._thread is None:
                self._closing.clear()
                super().start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """Write what waits and end the thread; a line that comes later begins another."""
        with self._lock:
            thread, self._thread = self._thread, None
        atexit.unregister(self.stop)
        if thread is not None:
            self._closing.set()
            self.enqueue_sentinel()
            thread.join(PATIENCE_S)

    def dequeue(self, block: bool) -> Any:  # noqa: ANN401 - as QueueListener calls it
        """Return the line that has waited longest; let some gather where none is there yet."""
        if self._waiting.empty():
            self._closing.wait(FLUSH_EVERY_S)
        return self._waiting.get(block)

    def handle(self, record: Any) -> None:  # noqa: ANN401 - QueueListener's are LogRecords
        """Write *record* with the others that wait."""
        line, at_s, request_id, milliseconds = record
        self._lines.append(line.text(at_s, request_id, milliseconds))
        # The one that is left may be the sentinel, which ends the thread.
        if self._waiting.qsize() <= 1 or len(self._lines) == _BATCH:
            # Where the stream is closed nobody could be told, and answers go on.
            with suppress(OSError, ValueError):
                self._output.msg("\n".join(self._lines))
            self._lines.clear()
