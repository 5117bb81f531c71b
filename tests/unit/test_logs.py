"""Logs: a JSON object a line, from the level asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from datalayer.logs import configure_logs


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


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
