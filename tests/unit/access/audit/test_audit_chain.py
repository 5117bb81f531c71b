"""The audit log's chain: whatever is changed in it shows, and honest crashes do not."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalayer.access.audit.chain import BEFORE_FIRST, ChainCheck, lines_backwards
from datalayer.access.audit.log import AuditLog, Tally
from datalayer.access.identity import Identity, Role
from datalayer.kernel.progress import Progress

ANA = Identity("ana", Role.ADMIN)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD_LINE = b'{"at": "2026-11-20T12:00:00+00:00", "actor": "ana", "role": "admin"}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is; it isn't there yet."""
    return tmp_path / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> AuditLog:
    """An empty log at noon."""
    return AuditLog(path, clock=lambda: NOON)


def record(log: AuditLog, entries: int) -> None:
    for number in range(entries):
        log.record(ANA, "activate", "activated", str(number), seconds=0.5)


def digest(line: bytes) -> str:
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def test_each_line_has_its_number_and_the_hash_of_the_line_before(
    log: AuditLog, path: Path
) -> None:
    record(log, 3)

    lines = path.read_bytes().splitlines()
    fields = [json.loads(line) for line in lines]
    assert [each["sequence"] for each in fields] == [1, 2, 3]
    assert [each["previous"] for each in fields] == [BEFORE_FIRST, *map(digest, lines[:2])]


def test_a_whole_chain_is_told_with_its_head_and_times(log: AuditLog, path: Path) -> None:
    record(log, 5)

    check = log.verify()

    assert check == ChainCheck(
        lines=5,
        chained_from=1,
        first_at=NOON,
        last_at=NOON,
        head=digest(path.read_bytes().splitlines()[-1]),
    )


def test_a_log_without_a_file_is_an_empty_chain(log: AuditLog) -> None:
    assert log.verify() == ChainCheck()


def test_the_progress_ends_with_every_byte(log: AuditLog, path: Path) -> None:
    record(log, 3)
    reports: list[Progress] = []

    log.verify(report=reports.append)

    size_bytes = path.stat().st_size
    assert [(each.done, each.total) for each in reports] == [(size_bytes, size_bytes)]


def test_entries_from_before_the_chain_are_counted_and_not_proved(
    log: AuditLog, path: Path
) -> None:
    path.write_bytes(OLD_LINE * 3)
    record(log, 2)

    check = log.verify()

    assert (check.lines, check.chained_from, check.broken) == (5, 4, None)


@pytest.mark.parametrize("torn", [b'{"sequence": 3, "at": "20', b"\xff\xfe", b"[" * 100_000])
def test_a_torn_line_is_part_of_the_chain(log: AuditLog, path: Path, torn: bytes) -> None:
    record(log, 2)
    with path.open("ab") as file:
        file.write(torn)
    record(log, 2)

    check = log.verify()

    assert (check.lines, check.torn, check.broken) == (5, 1, None)
    assert json.loads(path.read_bytes().splitlines()[-1])["sequence"] == 5


def test_a_torn_line_that_was_changed_breaks_the_chain(log: AuditLog, path: Path) -> None:
    path.write_bytes(b'{"torn')
    record(log, 1)
    path.write_bytes(path.read_bytes().replace(b"torn", b"tore"))

    check = log.verify()

    assert check.broken is not None
    assert check.broken.startswith("line 2 ")


def test_the_break_says_where_it_is_and_what_would_be_right(log: AuditLog, path: Path) -> None:
    record(log, 3)
    before = digest(path.read_bytes().splitlines()[1])
    path.write_bytes(path.read_bytes().replace(b'"publication_id": "1"', b'"publication_id": "7"'))
    after = digest(path.read_bytes().splitlines()[1])

    check = log.verify()

    assert check.broken == (
        f"line 3 says that the line before it has the SHA-256 '{before}'; "
        f"it should say {after}: that line was changed, put in or moved"
    )
    assert check.lines == 2


def test_an_entry_put_in_without_a_link_breaks_the_chain(log: AuditLog, path: Path) -> None:
    record(log, 2)
    with path.open("ab") as file:
        file.write(OLD_LINE)

    check = log.verify()

    assert check.broken is not None
    assert check.broken.startswith("line 3 is an entry without a link")


def test_a_tail_that_was_cut_shows_against_the_head_that_was_logged(
    log: AuditLog, path: Path
) -> None:
    record(log, 4)
    head = log.verify().head
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    check = log.verify(head)

    assert check.broken is None
    assert check.sought_line is None


def test_an_earlier_head_is_found_where_it_was(log: AuditLog, path: Path) -> None:
    record(log, 4)
    second = digest(path.read_bytes().splitlines()[1])

    assert log.verify(second).sought_line == 2


def test_the_head_is_logged_with_every_entry(
    log: AuditLog, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(log, 1)

    assert digest(path.read_bytes()) in capsys.readouterr().out


def test_many_writers_make_one_chain(path: Path) -> None:
    logs = [AuditLog(path) for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        for number in range(80):
            pool.submit(logs[number % 4].record, ANA, "activate", "activated", str(number))

    check = logs[0].verify()
    assert (check.lines, check.torn, check.broken) == (80, 0, None)


CHANGES = st.sampled_from(["alter", "delete", "insert", "swap", "repeat"])


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=st.integers(2, 12),
    change=CHANGES,
    where=st.integers(0, 11),
    position=st.integers(0, 10_000),
    inserted=st.binary(max_size=60).filter(lambda text: b"\n" not in text),
    old_lines=st.integers(0, 2),
)
def test_every_change_of_what_was_logged_is_found(
    tmp_path: Path,
    entries: int,
    change: str,
    where: int,
    position: int,
    inserted: bytes,
    old_lines: int,
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(OLD_LINE * old_lines)
    log = AuditLog(path, clock=lambda: NOON)
    record(log, entries)
    head = log.verify().head
    lines = path.read_bytes().splitlines(keepends=True)
    # The lines from before the chain are proved by nothing but the last one's hash.
    chained = range(max(0, old_lines - 1), len(lines))
    changed = _changed(lines, change, chained[where % len(chained)], position, inserted)
    path.write_bytes(b"".join(changed))

    check = log.verify(head)

    assert changed == lines or check.broken is not None or check.sought_line is None


def _changed(
    lines: list[bytes], change: str, where: int, position: int, inserted: bytes
) -> list[bytes]:
    line, changed = lines[where], list(lines)
    if change == "alter":
        at = position % (len(line) - 1)
        altered = (line[at] + 1 + position % 255) % 256
        if altered != ord("\n"):
            changed[where] = line[:at] + bytes([altered]) + line[at + 1 :]
    elif change == "delete":
        del changed[where]
    elif change == "insert":
        changed.insert(where, inserted + b"\n")
    elif change == "swap":
        other = max(where - 1, 0) if where else len(lines) - 1
        changed[where], changed[other] = changed[other], changed[where]
    else:
        changed.insert(where, line)
    return changed


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"a", b"a\n", b"\na", b"a\n\nb\n", b"x" * 200_000 + b"\ny\n", b"\n\n"]
)
def test_lines_backwards_are_the_lines_reversed(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    expected = content.removesuffix(b"\n").split(b"\n") if content else []

    with path.open("rb") as file:
        found = list(lines_backwards(file.fileno(), os.fstat(file.fileno()).st_size))

    assert found == expected[::-1]


def counted(log: AuditLog) -> dict[tuple[str, str], int]:
    return {key: tally.lines for key, tally in log.tallies().items()}


class TestTallies:
    def test_lines_are_counted_by_action_and_outcome_since_the_log_was_opened(
        self, log: AuditLog, path: Path
    ) -> None:
        record(log, 2)
        opened = AuditLog(path)
        opened.record(ANA, "activate", "rejected", None)
        record(log, 3)

        counts = counted(opened)

        assert counts == {("activate", "rejected"): 1, ("activate", "activated"): 3}
        assert counted(opened) == counts

    def test_the_time_of_the_last_line_of_each_is_kept(self, log: AuditLog, path: Path) -> None:
        record(log, 2)

        last_at = log.tallies()["activate", "activated"].last_at

        assert last_at == log.entries(1)[0].at

    def test_a_torn_line_leaves_the_time_of_those_before(self) -> None:
        at = datetime(2026, 11, 21, tzinfo=UTC)

        assert Tally().with_line(at).with_line(None) == Tally(2, at)

    def test_a_log_without_a_file_has_none(self, log: AuditLog) -> None:
        assert log.tallies() == {}

    def test_another_file_in_its_place_is_counted_from_its_beginning(
        self, log: AuditLog, path: Path
    ) -> None:
        record(log, 3)
        log.tallies()
        path.unlink()
        AuditLog(path).record(ANA, "prune", "pruned", None)

        assert counted(log) == {("activate", "activated"): 3, ("prune", "pruned"): 1}
