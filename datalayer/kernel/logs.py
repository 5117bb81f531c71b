"""How the portal logs: one JSON object a line on standard error, whoever wrote it."""

from __future__ import annotations

import atexit
import logging
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, WrappedLogger

LONGEST_TEXT = 4000
MOST_PARTS = 200
DEEPEST = 8
MOST_WAITING = 100_000
FLUSH_EVERY_S = 0.2
PATIENCE_S = 5.0
REDACTED = "[redacted]"

_BATCH = 1000
_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|api[-_]?key|authorization|credential|cookie", re.IGNORECASE
)
_API_KEY = re.compile(r"(farol_[0-9a-f]{12}_)[0-9a-f]+")
_ACCESS = "uvicorn.access"

# Without the values of local variables: they hold rows of data, and passwords.
_traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
_timestamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_render = structlog.processors.JSONRenderer()
_BEFORE = (structlog.contextvars.merge_contextvars, structlog.processors.add_log_level)


def configure_logs(level: str) -> None:
    """Log events of *level* (DEBUG, INFO, WARNING, ERROR) and above, from every library too."""
    structlog.configure(
        processors=[*_BEFORE, _timestamp, _traceback, bounded, redacted, _render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _take_over_logging(level)


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what is named like a secret, however deep it lies; a processor after bounded."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def bounded(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make each value one that JSON has and a line can bear; a processor of structlog."""
    return {_text(str(name)): _bounded(value, DEEPEST) for name, value in event.items()}


class ReadLog:
    """Writes the line of each read without holding up the answer.

    What a line says of a cached answer is rendered once, in a template. Lines wait for a thread
    that writes them every ``FLUSH_EVERY_S`` seconds and at exit, in the order in which they
    came. Where ``MOST_WAITING`` of them wait, because nobody reads the stream, the next one
    waits for room.

    Args:
        stream: Where to write; standard error if left out.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._output = structlog.WriteLogger(stream or sys.stderr)
        self._waiting: deque[tuple[ReadLine, int, str, float, bool]] = deque()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._awake = False
        self._thread: threading.Thread | None = None

    def template(self, event: str = "api.read", **fields: object) -> ReadLine:
        """Return what writes the line of one answer, with places for what differs by request.

        Args:
            event: What happened, as structlog's events are named.
            fields: What the line says of the answer; the same rules hold as for every line.
        """
        return ReadLine(self, event, fields)

    def put(self, line: ReadLine, request_id: str, milliseconds: float, *, hit: bool) -> None:
        """Have *line* written with these values and the present time."""
        if len(self._waiting) >= MOST_WAITING:
            self._wait_for_room()
        self._waiting.append((line, time.time_ns(), request_id, milliseconds, hit))
        if not self._awake:
            self._wake_writer()

    def close(self) -> None:
        """Write what waits and end the thread; lines that come later begin another."""
        with self._lock:
            thread, self._thread, self._awake = self._thread, None, False
        atexit.unregister(self.close)
        if thread is not None:
            self._closing.set()
            self._wake.set()
            thread.join(PATIENCE_S)
            if not thread.is_alive():
                self._write_waiting()

    def _wake_writer(self) -> None:
        with self._lock:
            self._awake = True
            if self._thread is None:
                self._closing = closing = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(closing,), name="read-log", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)
        self._wake.set()

    def _run(self, closing: threading.Event) -> None:
        while not closing.is_set():
            self._wake.wait()
            self._wake.clear()
            closing.wait(FLUSH_EVERY_S)
            # First told, then looked: a line that comes in between wakes this thread again.
            self._awake = False
            self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            # Where the stream is closed nobody could be told, and answers go on.
            with suppress(OSError, ValueError):
                self._output.msg(
                    "\n".join(
                        line.text(at, request_id, took, hit)
                        for line, at, request_id, took, hit in some
                    )
                )
            with self._room:
                self._room.notify_all()

    def _wait_for_room(self) -> None:
        with self._room:
            self._room.wait_for(lambda: len(self._waiting) < MOST_WAITING)


class ReadLine:
    """The line of one answer, rendered but for what differs from request to request.

    Its text is, byte for byte, what structlog writes for
    ``log.info(event, request_id=..., **fields, milliseconds=..., cache_hit=...)``.
    """

    __slots__ = ("_before_milliseconds", "_before_timestamp", "_log")

    def __init__(self, log: ReadLog, event: str, fields: Mapping[str, object]) -> None:
        self._log = log if structlog.get_logger().is_enabled_for(logging.INFO) else None
        self._before_milliseconds = f"{_members(fields)}, " if fields else ""
        self._before_timestamp = f"{_members({'event': event, 'level': 'info'})}, "

    def write(self, request_id: str, milliseconds: float, cache_hit: bool) -> None:
        """Have the line written; nothing where the level that is logged lies above it."""
        if self._log is not None:
            self._log.put(self, request_id, milliseconds, hit=cache_hit)

    def text(self, at_ns: int, request_id: str, milliseconds: float, hit: bool) -> str:
        """Return the line of a request that was answered *at_ns*, nanoseconds since 1970."""
        seconds, microseconds = divmod(at_ns // 1000, 1_000_000)
        fraction = f".{microseconds:06d}" if microseconds else ""
        return (
            f'{{"request_id": {encode_basestring_ascii(_text(request_id))}, '
            f'{self._before_milliseconds}"milliseconds": {round(milliseconds, 3)!r}, '
            f'"cache_hit": {"true" if hit else "false"}, '
            f'{self._before_timestamp}"timestamp": "{_second(seconds)}{fraction}Z"}}'
        )


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


class _Lines(logging.Handler):
    """Writes what the logging module was given beside structlog's lines, never into them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*; one whose arguments don't fit its message, without them."""
        try:
            line = self.format(record)
        except (KeyError, TypeError, ValueError):
            record.args = None
            line = self.format(record)
        structlog.WriteLogger(sys.stderr).msg(line)


def _take_over_logging(level: str) -> None:
    """Have what libraries give to the logging module, and Python's warnings, written as JSON."""
    handler = _Lines()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_BEFORE, structlog.stdlib.add_logger_name, _timestamp],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _traceback,
                bounded,
                redacted,
                _render,
            ],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    logging.captureWarnings(True)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers or name.startswith(("uvicorn", "streamlit")):
            logger.handlers, logger.propagate = [], True
            logger.setLevel(logging.NOTSET)
    # The line of a request to the API says more; uvicorn looks for handlers, and saves its own.
    logging.getLogger(_ACCESS).propagate = level == "DEBUG"


def _members(fields: Mapping[str, object]) -> str:
    """Return the members of a JSON object as structlog renders them, without its braces."""
    event = redacted(None, "", bounded(None, "", dict(fields)))
    return str(_render(None, "", event))[1:-1]


def _without_secrets(name: object, value: object) -> object:
    if _SECRET.search(str(name)):
        return REDACTED
    if isinstance(value, dict):
        return {key: _without_secrets(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_secrets("", each) for each in value]
    return value


def _bounded(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)  # JSON has no NaN and no infinity
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        some = islice(value.items(), MOST_PARTS if depth else 0)
        return {_text(str(key)): _bounded(each, depth - 1) for key, each in some}
    if isinstance(value, list | tuple | set | frozenset):
        return [_bounded(each, depth - 1) for each in islice(value, MOST_PARTS if depth else 0)]
    return _text(repr(value))


def _text(value: str) -> str:
    """Return *value* cut to what a line can bear, without keys and halves of surrogate pairs."""
    if "farol_" in value:
        # Somebody may have put it into an address, which other programs' lines repeat.
        value = _API_KEY.sub(rf"\1{REDACTED}", value)
    if len(value) > LONGEST_TEXT:
        value = f"{value[:LONGEST_TEXT]} … ({len(value)} characters)"
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
