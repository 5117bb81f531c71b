"""The log of reads: the bytes that structlog writes, in order, whole, and all of them."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from datalayer.api import read_log
from datalayer.api.read_log import ReadLine, ReadLog
from datalayer.kernel.logs import configure_logs

ROOT = Path(__file__).parents[3]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["dataset_id", "publication_id", "rows", "route", "api_key"])


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    root = logging.root
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers = handlers
    root.setLevel(level)


class Gate(io.StringIO):
    """A stream that nobody reads until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def write(self, text: str) -> int:
        self.opened.wait()
        return super().write(text)


@given(
    fields=st.dictionaries(NAMES, VALUES),
    request_id=st.text(),
    milliseconds=st.floats(0, 1e9),
)
def test_a_line_is_what_structlog_writes(
    fields: dict[str, object], request_id: str, milliseconds: float
) -> None:
    configure_logs("INFO")
    stream = io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(stream))
    structlog.get_logger().info(
        "api.read",
        request_id=request_id,
        **fields,
        milliseconds=round(milliseconds, 3),
        cache_hit=True,
    )
    written = stream.getvalue()
    at = datetime.fromisoformat(json.loads(written)["timestamp"])

    line = ReadLine(**fields).text(at.timestamp(), request_id, milliseconds)

    assert f"{line}\n" == written


def test_a_whole_second_is_written_as_structlog_writes_it() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)

    line = ReadLine().text(at.timestamp(), "r", 1.0)

    assert json.loads(line)["timestamp"] == at.isoformat().replace("+00:00", "Z")


def test_all_lines_are_written_whole_and_in_order() -> None:
    stream = io.StringIO()
    log = ReadLog(stream)
    line = ReadLine(dataset_id="parts")

    for number in range(5000):
        log.write(line, str(number), 0.5)
    log.stop()

    entries = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [entry["request_id"] for entry in entries] == [str(number) for number in range(5000)]
    assert entries[0]["dataset_id"] == "parts"


def test_lines_of_many_threads_are_all_written() -> None:
    stream = io.StringIO()
    log = ReadLog(stream)
    line = ReadLine()

    def write(name: int) -> None:
        for number in range(500):
            log.write(line, f"{name}-{number}", 0.5)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop()

    written = {json.loads(line)["request_id"] for line in stream.getvalue().splitlines()}
    assert written == {f"{name}-{number}" for name in range(4) for number in range(500)}


def test_lines_are_written_without_being_asked_for() -> None:
    written = threading.Event()

    class Telling(io.StringIO):
        def flush(self) -> None:
            written.set()

    log = ReadLog(Telling())
    log.write(ReadLine(), "r", 0.5)

    came = written.wait(30)

    log.stop()
    assert came


def test_a_closed_log_begins_anew_with_the_next_line() -> None:
    stream = io.StringIO()
    log = ReadLog(stream)
    line = ReadLine()
    log.write(line, "one", 0.5)
    log.stop()
    log.write(line, "two", 0.5)

    log.stop()

    assert len(stream.getvalue().splitlines()) == 2


def test_a_stream_that_nobody_reads_does_not_hold_up_until_too_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_log, "MOST_WAITING", 50)
    monkeypatch.setattr(read_log, "FLUSH_EVERY_S", 0.0)
    stream, log_is_full, all_put = Gate(), threading.Event(), threading.Event()
    log = ReadLog(stream)
    line = ReadLine()

    def write() -> None:
        for number in range(2000):
            if number == 50:
                log_is_full.set()
            log.write(line, str(number), 0.5)
        all_put.set()

    writer = threading.Thread(target=write)
    writer.start()
    log_is_full.wait()
    held_up = not all_put.is_set()
    stream.opened.set()
    writer.join()
    log.stop()

    assert held_up
    assert len(stream.getvalue().splitlines()) == 2000


def test_a_closed_stream_stops_nobody() -> None:
    stream = io.StringIO()
    log = ReadLog(stream)
    line = ReadLine()
    stream.close()

    log.write(line, "r", 0.5)
    log.stop()

    assert log._waiting.empty()


def test_nothing_is_written_where_the_level_lies_above() -> None:
    configure_logs("WARNING")
    stream = io.StringIO()
    log = ReadLog(stream)

    log.write(ReadLine(), "r", 0.5)
    log.stop()

    assert stream.getvalue() == ""


def test_what_waits_at_the_end_of_the_process_is_written() -> None:
    code = (
        "from datalayer.api.read_log import ReadLine, ReadLog\n"
        "log, line = ReadLog(), ReadLine(rows=3)\n"
        "for number in range(1000):\n"
        "    log.write(line, str(number), 0.5)\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert len(ended.stderr.splitlines()) == 1000
