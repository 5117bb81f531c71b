"""Logs: a JSON object a line, from the level asked for."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from datalayer.kernel.logs import LONGEST_TEXT, MOST_PARTS, REDACTED, configure_logs

LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "streamlit", "streamlit.web", "anything")


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    root, loggers = logging.root, [*map(logging.getLogger, LOGGERS)]
    before = [(each, each.handlers, each.level, each.propagate) for each in (root, *loggers)]
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_an_event_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")

    structlog.get_logger().info("refresh.activated", publication_id="a\nb")

    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry["event"] == "refresh.activated"
    assert entry["publication_id"] == "a\nb"
    assert entry["level"] == "info"
    assert entry["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("WARNING")

    structlog.get_logger().info("refresh.activated")

    assert capsys.readouterr().err == ""


def test_a_traceback_stays_on_its_line_and_shows_no_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("INFO")

    try:
        password = "".join(["hu", "sh"])
        assert password
        raise ZeroDivisionError
    except ZeroDivisionError:
        structlog.get_logger().exception("page.failed")

    (line,) = capsys.readouterr().err.splitlines()
    assert "hush" not in line
    assert json.loads(line)["exception"][0]["exc_type"] == "ZeroDivisionError"


NASTY = "a\nb\r\x1b[31mred\x1b[0m\u2028\u2029\x85\x00\ud800"


def line_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one line that was written: ASCII, and one however lines are told apart."""
    text = capsys.readouterr().err
    assert text.isascii()
    (line,) = text.splitlines()
    entry: dict[str, Any] = json.loads(line)
    json.dumps(entry, ensure_ascii=False).encode()  # no half of a surrogate pair is left
    return entry


@pytest.mark.parametrize("where", ["event", "field", "name", "nested", "request id"])
def test_no_text_can_forge_a_line_or_reach_the_terminal(
    where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("INFO")
    log = structlog.get_logger()

    if where == "event":
        log.info(NASTY)
    elif where == "field":
        log.info("api.failed", path=NASTY)
    elif where == "name":
        log.info("api.failed", **{NASTY: 1})
    elif where == "nested":
        log.info("api.failed", faults=[{NASTY: [NASTY]}])
    else:
        with structlog.contextvars.bound_contextvars(request_id=NASTY):
            log.info("api.failed")

    assert line_of(capsys)["level"] == "info"


def test_a_long_value_is_cut_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")

    structlog.get_logger().info("api.failed", path="x" * 1_000_000, parts=list(range(100_000)))

    entry = line_of(capsys)
    assert entry["path"] == f"{'x' * LONGEST_TEXT} … (1000000 characters)"
    assert len(entry["parts"]) == MOST_PARTS


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Path("a/b"), "PosixPath('a/b')"),
        (b"\xff", "b'\\xff'"),
        ((1, None, True, 2.5), [1, None, True, 2.5]),
        ({1: {"a": {2}}}, {"1": {"a": [2]}}),
    ],
)
def test_every_value_becomes_one_that_json_has(
    value: object, written: object, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("INFO")

    structlog.get_logger().info("api.failed", value=value)

    assert line_of(capsys)["value"] == written


def test_a_value_that_holds_itself_ends(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    endless: list[object] = []
    endless.append(endless)

    structlog.get_logger().info("api.failed", value=endless)

    assert line_of(capsys)["event"] == "api.failed"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_passwd",
        "passphrase",
        "S3_SECRET_KEY",
        "token",
        "api_key",
        "X-API-Key",
        "apikey",
        "Authorization",
        "Set-Cookie",
        "credentials",
    ],
)
def test_what_is_named_like_a_secret_is_never_written(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("INFO")

    structlog.get_logger().info("x", **{name: "hush"}, headers=[{name: ["hush"]}], note="heard")

    entry = line_of(capsys)
    assert entry[name] == REDACTED
    assert entry["headers"] == [{name: REDACTED}]
    assert entry["note"] == "heard"


class TestOtherLibraries:
    def test_what_they_log_is_written_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logs("INFO")

        logging.getLogger("uvicorn.error").info("started on %s", NASTY)

        entry = line_of(capsys)
        assert entry["logger"] == "uvicorn.error"
        assert entry["event"].startswith("started on a\nb")
        assert entry["timestamp"].endswith("Z")

    def test_a_message_whose_arguments_do_not_fit_is_written_without_them(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure_logs("INFO")

        logging.getLogger("uvicorn.error").info("%d parts", "many")

        assert line_of(capsys)["event"] == "%d parts"

    @pytest.mark.parametrize("name", ["uvicorn", "streamlit.web", "anything"])
    def test_handlers_that_they_set_up_before_write_no_more(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logger = logging.getLogger(name)
        logger.addHandler(logging.StreamHandler(sys.stderr))
        logger.propagate = False
        configure_logs("INFO")

        logger.warning("careful")

        assert line_of(capsys)["event"] == "careful"

    def test_a_failure_that_they_log_shows_no_values(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure_logs("INFO")

        try:
            password = "".join(["hu", "sh"])
            assert password
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("streamlit").exception("script failed")

        text = capsys.readouterr().err
        assert "hush" not in text
        assert json.loads(text)["exception"][0]["exc_type"] == "ZeroDivisionError"

    def test_a_warning_of_python_is_written_as_json(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure_logs("INFO")

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            configure_logs("INFO")
            warnings.warn("old\nways", DeprecationWarning, stacklevel=1)

        assert "old\nways" in line_of(capsys)["event"]

    def test_what_is_below_the_level_is_not_written(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
        configure_logs("WARNING")

        logging.getLogger("uvicorn.error").info("started")

        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize(("level", "kept"), [("INFO", False), ("DEBUG", True)])
    def test_the_servers_own_line_of_each_request_is_kept_for_debugging_alone(
        self, level: str, kept: bool
    ) -> None:
        configure_logs(level)

        # What uvicorn asks before it makes the line.
        assert logging.getLogger("uvicorn.access").hasHandlers() is kept
