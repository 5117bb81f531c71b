"""An administrator sees which replicas serve what was activated, and why others don't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer import runtime
from datalayer.access.identity import Role
from datalayer.publications.attendance import Presence
from datalayer.publications.redis_board import RedisAttendance
from tests.pages.conftest import OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.pages.test_admin import cells
from tests.publisher import Publisher
from tests.redis_server import running_redis


@pytest.fixture
def other(
    state: Path, active: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedisAttendance]:
    """What another replica of the same store says; this one is an administrator's."""
    add_user(state, "admin", Role.ADMIN)
    with running_redis(tmp_path) as server:
        monkeypatch.setenv("FAROL_REDIS_URL", server.url)
        attendance = RedisAttendance(server.url, f"serving:{tmp_path / 'store'}")
        yield attendance
        attendance.close()
        runtime.reset()


def test_a_replica_alone_draws_no_list(open_page: OpenPage, other: RedisAttendance) -> None:
    runtime.portal().announcements.keep_up()

    app = sign_in(open_page("admin.py", locale="en-US", section="health"))

    assert "Replicas" not in {header.value for header in app.header}


def test_each_replica_stands_there_with_what_it_serves(
    open_page: OpenPage, other: RedisAttendance, active: Publisher
) -> None:
    other.tell(Presence("farol-2/1", active.latest.publication_id))
    runtime.portal().announcements.keep_up()

    app = sign_in(open_page("admin.py", locale="en-US", section="health"))

    assert "Replicas" in {header.value for header in app.header}
    assert "(this one)" in cells(app)
    assert f"farol-2/1,{active.latest.publication_id},✓ serves the same" in cells(app)


def test_one_that_can_not_follow_says_why_there_and_among_the_findings(
    open_page: OpenPage, other: RedisAttendance
) -> None:
    other.tell(Presence("farol-2/1", None, "No *room* is left"))
    runtime.portal().announcements.keep_up()

    app = sign_in(open_page("admin.py", locale="en-US", section="health"))

    assert "✗ can't serve what was activated: No *room* is left" in cells(app)
    assert "1 of 2 replicas can't serve the publication that was activated" in texts(app)
    assert "*room*" not in texts(app).replace(r"\*room\*", "")
