"""How the portal logs: one JSON object a line on standard error, whoever wrote it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from itertools import islice
from math import isfinite

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, WrappedLogger

LONGEST_TEXT = 4000
MOST_PARTS = 200
DEEPEST = 8
REDACTED = "[redacted]"

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
        processors=[*_BEFORE, _timestamp, _traceback, bound_values, redact_secrets, _render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _take_over_logging(level)


def redact_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what is named like a secret, however deep it lies; a processor after bound_values."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def bound_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make each value one that JSON has and a line can bear; a processor of structlog."""
    return {bounded_text(str(name)): _bound(value, DEEPEST) for name, value in event.items()}


def bounded_text(value: str) -> str:
    """Return *value* cut to what a line can bear, without keys and halves of surrogate pairs."""
    if "farol_" in value:
        # Somebody may have put it into an address, which other programs' lines repeat.
        value = _API_KEY.sub(rf"\1{REDACTED}", value)
    if len(value) > LONGEST_TEXT:
        value = f"{value[:LONGEST_TEXT]} … ({len(value)} characters)"
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


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
                bound_values,
                redact_secrets,
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


def _without_secrets(name: object, value: object) -> object:
    if _SECRET.search(str(name)):
        return REDACTED
    if isinstance(value, dict):
        return {key: _without_secrets(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_secrets("", each) for each in value]
    return value


def _bound(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)  # JSON has no NaN and no infinity
    if isinstance(value, str):
        return bounded_text(value)
    if isinstance(value, Mapping):
        some = islice(value.items(), MOST_PARTS if depth else 0)
        return {bounded_text(str(key)): _bound(each, depth - 1) for key, each in some}
    if isinstance(value, list | tuple | set | frozenset):
        return [_bound(each, depth - 1) for each in islice(value, MOST_PARTS if depth else 0)]
    return bounded_text(repr(value))
