"""The audit log as it is searched: all of it, newest first, and what is wrong with it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.access.audit import trail as trail_module
from datalayer.access.audit.log import UNREADABLE, AuditEntry, AuditLog
from datalayer.access.audit.trail import AuditFilter, AuditTrail
from datalayer.access.identity import Identity, Role

ANA = Identity("ana", Role.ADMIN)
BRUNO = Identity("bruno", Role.PLANNER)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALL = AuditFilter()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> AuditLog:
    """A log of which every entry is an hour later than the last."""

    def hours() -> Iterator[datetime]:
        at = NOON
        while True:
            yield at
            at += timedelta(hours=1)

    moments = hours()
    return AuditLog(path, clock=lambda: next(moments))


@pytest.fixture
def trail(path: Path) -> AuditTrail:
    return AuditTrail(path)


def told(entry: AuditEntry) -> str:
    return f"{entry.actor} {entry.publication_id} {dict(entry.details)}"


def ids(trail: AuditTrail, wanted: AuditFilter = ALL, **cut: int) -> list[str | None]:
    return [entry.publication_id for entry in trail.entries(wanted, told, **cut)]


def write(log: AuditLog, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        who = ANA if number % 2 == 0 else BRUNO
        action = ("activate", "extract", "sign_in")[number % 3]
        outcome = "refused" if number % 4 == 0 else "done"
        log.record(who, action, outcome, str(number), reason=f"number {number}")


def test_a_log_without_a_file_has_no_entries(trail: AuditTrail) -> None:
    assert ids(trail) == []
    assert trail.count(ALL, told) == 0
    assert trail.state().lines == 0


def test_every_entry_is_reached_the_newest_first(trail: AuditTrail, log: AuditLog) -> None:
    write(log, 120)

    assert ids(trail) == [str(number) for number in reversed(range(120))]
    assert trail.count(ALL, told) == 120


def test_pages_lie_side_by_side_to_the_first_line(trail: AuditTrail, log: AuditLog) -> None:
    write(log, 25)

    pages = [ids(trail, skip=skip, limit=10) for skip in (0, 10, 20, 30)]

    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert [each for page in pages for each in page] == ids(trail)


@pytest.mark.parametrize(
    "wanted",
    [
        AuditFilter(who="ana"),
        AuditFilter(action="extract"),
        AuditFilter(outcome="refused"),
        AuditFilter(who="bruno", action="sign_in", outcome="done"),
        AuditFilter(who="nobody"),
    ],
    ids=str,
)
def test_each_condition_leaves_exactly_those_that_it_holds_for(
    trail: AuditTrail, log: AuditLog, wanted: AuditFilter
) -> None:
    write(log, 60)
    every = list(trail.entries(ALL, told))

    found = list(trail.entries(wanted, told))

    assert found == [
        entry
        for entry in every
        if wanted.who in {None, entry.actor}
        and wanted.action in {None, entry.action}
        and wanted.outcome in {None, entry.outcome}
    ]


def test_a_span_has_its_first_moment_and_not_its_last(trail: AuditTrail, log: AuditLog) -> None:
    write(log, 5)
    span = AuditFilter(since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=3))

    assert ids(trail, span) == ["2", "1"]


def test_a_text_is_sought_in_all_that_is_told_whatever_its_case(
    trail: AuditTrail, log: AuditLog
) -> None:
    write(log, 30)

    assert ids(trail, AuditFilter(text="NUMBER 2")) == [
        *[str(number) for number in range(29, 19, -1)],
        "2",
    ]


def test_what_is_appended_is_found_by_a_search_that_was_made_before(
    trail: AuditTrail, log: AuditLog
) -> None:
    write(log, 4)
    before = trail.count(AuditFilter(who="ana", text="number"), told)

    write(log, 4, first=4)

    assert (before, trail.count(AuditFilter(who="ana", text="number"), told)) == (2, 4)


def test_only_what_came_since_is_read(
    trail: AuditTrail, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, 50)
    trail.state()
    read: list[bytes] = []
    parse = trail_module.entry_of
    monkeypatch.setattr(trail_module, "entry_of", lambda line: read.append(line) or parse(line))
    write(log, 2, first=50)

    found = list(trail.entries(ALL, told, limit=3))

    assert len(found) == 3
    assert len(read) == 2 + 3


def test_a_line_that_can_not_be_read_is_told_and_hides_none_of_the_others(
    trail: AuditTrail, log: AuditLog, path: Path
) -> None:
    write(log, 2)
    with path.open("ab") as file:
        file.write(b'{"torn\n\xff\xfe\n')
    write(log, 1, first=2)

    state = trail.state()

    assert state.unreadable == (3, 4)
    assert ids(trail) == ["2", None, None, "1", "0"]
    assert ids(trail, AuditFilter(action=UNREADABLE)) == [None, None]
    assert state.chain.broken is None


def test_a_torn_line_that_was_ended_since_is_one_line(
    trail: AuditTrail, log: AuditLog, path: Path
) -> None:
    write(log, 1)
    with path.open("ab") as file:
        file.write(b'{"torn')
    first = trail.state()

    write(log, 1, first=1)

    assert (first.lines, trail.state().lines) == (2, 3)
    assert ids(trail) == ["1", None, "0"]


def test_a_whole_chain_is_said_to_be_whole(trail: AuditTrail, log: AuditLog) -> None:
    write(log, 5)

    assert trail.state().chain.broken is None
    assert trail.state().chain.lines == 5


def test_it_is_said_where_the_chain_breaks_and_all_is_shown(
    trail: AuditTrail, log: AuditLog, path: Path
) -> None:
    write(log, 5)
    path.write_bytes(path.read_bytes().replace(b"number 1", b"number X"))

    broken = trail.state().chain.broken

    assert broken is not None
    assert broken.startswith("line 3 says that the line before it")
    assert len(ids(trail)) == 5


def test_a_change_behind_what_was_read_is_found_when_it_is_checked_again(
    trail: AuditTrail, log: AuditLog, path: Path
) -> None:
    write(log, 5)
    trail.state()
    path.write_bytes(path.read_bytes().replace(b"number 1", b"number X"))

    trail.check_again()

    assert trail.state().chain.broken is not None


@pytest.mark.parametrize("kept", [0, 2])
def test_a_log_that_was_cut_or_replaced_is_read_anew(
    trail: AuditTrail, log: AuditLog, path: Path, kept: int
) -> None:
    write(log, 5)
    trail.count(ALL, told)
    lines = path.read_bytes().splitlines(keepends=True)

    path.write_bytes(b"".join(lines[:kept]))

    assert ids(trail) == [str(number) for number in reversed(range(kept))]


def test_what_the_log_names_is_listed(trail: AuditTrail, log: AuditLog) -> None:
    write(log, 6)

    state = trail.state()

    assert state.who == ("ana", "bruno")
    assert state.actions == ("activate", "extract", "sign_in")
    assert state.outcomes == ("done", "refused")


def test_the_last_success_of_each_is_told(trail: AuditTrail, log: AuditLog) -> None:
    log.record(ANA, "sign_in", "done", None)
    log.record(ANA, "sign_in", "done", None)
    log.record(ANA, "sign_in", "refused", None)
    log.record(BRUNO, "sign_in", "refused", None)

    assert trail.last_done("sign_in") == {"ana": NOON + timedelta(hours=1)}
