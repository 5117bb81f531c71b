"""The audit log: every line whole, none forged, a torn one shown as torn."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalayer.access.audit.log import UNREADABLE, AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import StateError
from datalayer.kernel.sentences import Sentence

ANA = Identity("ana", Role.ADMIN)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is; it isn't there yet."""
    return tmp_path / "state" / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> AuditLog:
    """An empty log at noon."""
    return AuditLog(path, clock=lambda: NOON)


def test_a_log_without_a_file_is_empty(log: AuditLog) -> None:
    assert log.entries(10) == ()


def test_an_entry_says_who_did_what_to_which_publication_and_how_it_ended(log: AuditLog) -> None:
    log.record(ANA, "activate", "rejected", "20261121T060000Z-1a2b3c4d", reason="is empty", rows=0)

    (entry,) = log.entries(10)
    assert entry.at == NOON
    assert (entry.actor, entry.role) == ("ana", "admin")
    assert (entry.action, entry.outcome) == ("activate", "rejected")
    assert entry.publication_id == "20261121T060000Z-1a2b3c4d"
    assert entry.details == {"reason": "is empty", "rows": 0}


def test_the_latest_entries_come_first(log: AuditLog) -> None:
    for number in range(5):
        log.record(ANA, "activate", "activated", str(number))

    assert [entry.publication_id for entry in log.entries(3)] == ["4", "3", "2"]


def test_a_text_can_not_forge_an_entry(log: AuditLog) -> None:
    forged = '{"at": "2026-11-21T12:00:00+00:00", "actor": "eve"}'
    nasty = Identity(f'eve"\n{forged}\r\n\u2028\x85', Role.PLANNER)

    log.record(nasty, f"activate\n{forged}", "refused", f"x\n{forged}", reason=f"\n{forged}\n")

    (entry,) = log.entries(10)
    assert entry.actor == nasty.name


def test_a_torn_last_line_is_reported_and_the_rest_read(log: AuditLog, path: Path) -> None:
    log.record(ANA, "activate", "activated", "one")
    with path.open("ab") as file:
        file.write(b'{"at": "2026-11-21T12:00:0')

    torn, whole = log.entries(10)

    assert (torn.action, torn.at) == (UNREADABLE, None)
    assert torn.details["line"] == '{"at": "2026-11-21T12:00:0'
    assert whole.publication_id == "one"


def test_an_entry_after_a_torn_line_is_whole(log: AuditLog, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"torn')

    log.record(ANA, "activate", "activated", "two")

    latest, torn = log.entries(10)
    assert latest.publication_id == "two"
    assert torn.action == UNREADABLE


@pytest.mark.parametrize("line", [b"[]\n", b"{}\n", b'"text"\n', b"\xff\xfe\n", b"\n", b"1e999\n"])
def test_a_line_that_is_no_entry_is_reported(log: AuditLog, path: Path, line: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(line)

    (entry,) = log.entries(10)

    assert entry.action == UNREADABLE


def test_many_writers_lose_nothing(path: Path) -> None:
    logs = [AuditLog(path) for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        for number in range(80):
            pool.submit(logs[number % 4].record, ANA, "activate", "activated", str(number))

    assert {entry.publication_id for entry in logs[0].entries(100)} == {
        str(number) for number in range(80)
    }


def test_a_full_disk_leaves_the_log_as_it_was(log: AuditLog, path: Path) -> None:
    log.record(ANA, "activate", "activated", "one")
    before = path.read_bytes()
    code = (
        "import pathlib, resource, signal, sys\n"
        "from datalayer.access.audit.log import AuditLog\n"
        "from datalayer.kernel.errors import StateError\n"
        "from datalayer.access.identity import Identity, Role\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 20}, {len(before) + 20}))\n"
        "try:\n"
        "    AuditLog(pathlib.Path(sys.argv[1])).record(\n"
        "        Identity('ana', Role.ADMIN), 'activate', 'activated', 'two')\n"
        "except StateError as error:\n"
        "    print(error)\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", code, path], check=True, capture_output=True, text=True
    ).stdout

    assert said == "The state file audit.jsonl can't be used: File too large\n"
    assert path.read_bytes() == before


def test_a_log_that_can_not_be_opened_is_an_error(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)

    with pytest.raises(StateError, match="Is a directory"):
        log.entries(10)
    with pytest.raises(StateError):
        log.record(ANA, "activate", "activated", "one")


def test_a_long_text_is_cut(log: AuditLog, path: Path) -> None:
    log.record(ANA, "activate", "rejected", None, reason="x" * 100_000)

    assert len(json.loads(path.read_bytes())["details"]["reason"]) == 2000


def test_others_can_not_write_the_log(log: AuditLog, path: Path) -> None:
    log.record(ANA, "activate", "activated", "one")

    assert path.stat().st_mode & 0o027 == 0


def test_a_sentence_is_read_as_one_that_can_be_told_in_other_languages(
    log: AuditLog, path: Path
) -> None:
    reason = Sentence("{rows} rows", rows=1000)
    log.record(ANA, "activate", "rejected", None, reason=reason, seconds=1.5)

    (entry,) = log.entries(1)

    assert json.loads(path.read_bytes())["details"]["reason"] == "1,000 rows"
    assert entry.details == {"reason": "1,000 rows", "seconds": 1.5}
    found = entry.details["reason"]
    assert isinstance(found, Sentence)
    assert (found.template, dict(found.fields)) == ("{rows} rows", {"rows": 1000})


def test_a_sentence_that_was_cut_is_a_text(log: AuditLog) -> None:
    log.record(ANA, "activate", "rejected", None, reason=Sentence("{x}", x="y" * 100_000))

    (entry,) = log.entries(1)

    assert entry.details["reason"] == "y" * 2000
    assert not isinstance(entry.details["reason"], Sentence)
