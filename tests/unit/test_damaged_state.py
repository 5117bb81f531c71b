"""What is kept was damaged while no portal ran: it is refused, never shown, and mended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import NothingPublished, StateError
from datalayer.portal import Portal
from datalayer.reading import questions
from tests.integration.servers import wait_until
from tests.portals import ADMIN, make_portal, unreachable_store
from tests.publisher import Publisher

FORECASTS = "fact_forecast.parquet"


@pytest.fixture
def published(publisher: Publisher, tmp_path: Path) -> list[Manifest]:
    """Two publications that were active one after the other."""
    portal = make_portal(tmp_path)
    for number in range(2):
        publisher.publish(salt=str(number))
        portal.activate(ADMIN)
    portal.close()
    return publisher.published


@pytest.fixture
def start(tmp_path: Path, published: list[Manifest]) -> Iterator[Callable[..., Portal]]:
    """Start a portal on the state of the one before."""
    started: list[Portal] = []

    def start(**settings: object) -> Portal:
        started.append(make_portal(tmp_path, **settings))
        started[-1].begin_serving()
        return started[-1]

    yield start
    for portal in started:
        portal.close()


def swap_forecasts(state: Path, published: list[Manifest]) -> None:
    """Put a whole file of the first publication in the place of the second one's."""
    before, active = (state / "snapshots" / each.publication_id for each in published)
    (active / FORECASTS).chmod(0o644)
    shutil.copyfile(before / FORECASTS, active / FORECASTS)


def mended(portal: Portal) -> bool:
    return any(
        (entry.action, entry.outcome) == ("mend", "activated") for entry in portal.audit.entries(5)
    )


def test_figures_that_were_not_published_are_refused_and_not_shown(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    swap_forecasts(tmp_path / "var", published)

    portal = start(**unreachable_store())

    with pytest.raises(StateError, match=r"is damaged .* of fact_forecast; .*; activate"):
        portal.open()
    assert portal.health().status == "empty"
    assert "is damaged" in str(portal.health().findings[0])
    assert portal.open(published[0].publication_id).manifest == published[0]


def test_it_is_fetched_anew_by_itself(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    swap_forecasts(tmp_path / "var", published)
    earlier = make_portal(tmp_path)
    switch = earlier.snapshots.active()
    earlier.close()

    portal = start()

    wait_until(lambda: mended(portal), within_s=30, problem="it is not mended")
    mended_switch = portal.snapshots.active()
    assert portal.open().manifest == published[1]
    assert portal.health().findings == ()
    assert switch
    assert mended_switch
    # No switch of anybody's: replicas that have moved on do not follow it back.
    assert mended_switch.number == switch.number


def test_what_is_damaged_while_it_is_served_is_found_by_the_next_look_and_not_shown(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    portal = start(**unreachable_store())
    portal.prove_served()
    assert portal.open().manifest == published[1]
    swap_forecasts(tmp_path / "var", published)

    portal.prove_served()

    with pytest.raises(StateError, match=r"is damaged .* of fact_forecast; .*; activate"):
        portal.open()
    assert portal.health().status == "empty"
    assert portal.open(published[0].publication_id).manifest == published[0]


def test_what_is_found_damaged_later_is_fetched_anew_by_itself(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    portal = start()
    whole = portal.open().table(questions.search.parts("")).table
    swap_forecasts(tmp_path / "var", published)

    portal.prove_served()

    wait_until(lambda: mended(portal), within_s=30, problem="it is not mended")
    assert portal.open().manifest == published[1]
    assert portal.open().table(questions.search.parts("")).table == whole
    assert portal.health().findings == ()


def test_the_next_look_tries_again_to_fetch_what_could_not_be_fetched(
    tmp_path: Path,
    published: list[Manifest],
    start: Callable[..., Portal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    portal = start()
    swap_forecasts(tmp_path / "var", published)
    store = (tmp_path / "store").rename(tmp_path / "away")
    portal.prove_served()
    (job,) = portal.jobs.latest()
    assert job.wait(30)

    store.rename(tmp_path / "store")
    portal.prove_served()

    wait_until(lambda: mended(portal), within_s=30, problem="it is not mended")
    assert portal.open().manifest == published[1]


def test_what_was_replaced_while_it_was_looked_at_goes_on_being_served(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    portal = start()
    swap_forecasts(tmp_path / "var", published)
    portal.activate(ADMIN, force=True)

    portal.prove_served()

    assert portal.open().manifest == published[1]
    assert portal.health().findings == ()


def test_a_snapshot_without_its_manifest_is_fetched_anew(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    folder = tmp_path / "var/snapshots" / published[1].publication_id
    folder.chmod(0o755)
    (folder / "metadata.json").unlink()

    portal = start()

    wait_until(lambda: mended(portal), within_s=30, problem="it is not mended")
    assert portal.open().manifest == published[1]


def test_what_was_damaged_is_read_when_it_is_mended_by_hand(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    swap_forecasts(tmp_path / "var", published)
    portal = start(**unreachable_store())
    with pytest.raises(StateError):
        portal.open()
    other = make_portal(tmp_path)
    other.activate(ADMIN)
    other.close()

    found = portal.open()

    assert found.manifest == published[1]
    assert found.table(questions.search.parts("")).table.num_rows == 6


def test_which_one_is_active_is_taken_from_the_audit_log_where_that_is_damaged(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    pointer = tmp_path / "var/active.json"
    damaged = pointer.read_bytes()[:50]
    pointer.write_bytes(damaged)

    portal = start()

    assert portal.open().manifest == published[1]
    assert portal.roll_back(ADMIN).publication_id == published[0].publication_id
    assert (tmp_path / "var/active.json.damaged").read_bytes() == damaged


def test_a_roll_back_is_what_the_audit_log_tells_last(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    portal = make_portal(tmp_path)
    portal.roll_back(ADMIN)
    portal.close()
    (tmp_path / "var/active.json").write_bytes(b"\0" * 300)

    assert start().open().manifest == published[0]


def test_where_nobody_knows_which_was_active_any_can_be_activated(
    tmp_path: Path, published: list[Manifest], start: Callable[..., Portal]
) -> None:
    (tmp_path / "var/active.json").write_bytes(b"")
    (tmp_path / "var/audit.jsonl").unlink()

    portal = start()

    with pytest.raises(NothingPublished):
        portal.open()
    portal.activate(ADMIN)
    assert portal.open().manifest == published[1]
