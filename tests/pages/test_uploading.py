"""Upload new insights: a zip is checked, waits, and is activated or removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.attempts import LockHolder, refresh_lock
from tests.pages.conftest import OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher, set_value
from tests.zipping import NAME, folder_files, upload, zipped

ANA = Identity("ana", Role.ADMIN)


@pytest.fixture
def open_admin(open_page: OpenPage, state: Path) -> OpenPage:
    """Open the administration page, signed in, in English."""
    add_user(state, "admin", Role.ADMIN)
    return lambda **how: sign_in(open_page("admin.py", locale="en-US", **how))


@pytest.fixture
def elsewhere(tmp_path: Path, registry: Registry) -> Publisher:
    """Publishes into a store that the portal does not read."""
    return Publisher(FolderStore(tmp_path / "elsewhere"), registry)


@pytest.fixture
def newer(elsewhere: Publisher, active: Publisher) -> Manifest:
    """A publication of that store, newer than the active one."""
    return elsewhere.publish(generated_at=active.latest.generated_at + timedelta(hours=1), items=9)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    return app


def send(app: AppTest, content: bytes) -> AppTest:
    """Choose a file on the page and have it checked."""
    app.file_uploader[0].set_value((NAME, content, "application/zip")).run()
    return press(app, "upload_check")


def zip_of(elsewhere: Publisher) -> bytes:
    return zipped(folder_files(elsewhere.store, elsewhere.latest))


def test_a_sound_one_is_told_and_waits_while_what_was_served_goes_on(
    open_admin: OpenPage, elsewhere: Publisher, active: Publisher, newer: Manifest
) -> None:
    app = send(open_admin(), zip_of(elsewhere))

    assert "keeps the contract" in texts(app)
    assert newer.publication_id in texts(app)
    assert f"as {NAME}" in texts(app)
    assert runtime.portal().active_id() == active.latest.publication_id


def test_it_is_activated_by_the_page(
    open_admin: OpenPage, elsewhere: Publisher, newer: Manifest
) -> None:
    app = press(send(open_admin(), zip_of(elsewhere)), "upload_activate")

    assert runtime.portal().active_id() == newer.publication_id
    assert f"Publication {newer.publication_id} is active" in texts(app)
    assert "upload_activate" not in {button.key for button in app.button}


def test_it_can_be_removed(open_admin: OpenPage, elsewhere: Publisher, newer: Manifest) -> None:
    app = press(send(open_admin(), zip_of(elsewhere)), "upload_discard")

    assert runtime.portal().uploaded() is None
    assert newer.publication_id not in texts(app)


def test_what_activating_it_changes_is_told(
    open_admin: OpenPage, elsewhere: Publisher, newer: Manifest
) -> None:
    app = send(open_admin(), zip_of(elsewhere))

    assert "What activating it changes" in [header.value for header in app.header]
    assert "Before and after" in [header.value for header in app.subheader]


def test_another_administrator_finds_it_waiting_and_checks_it_again(
    open_admin: OpenPage, elsewhere: Publisher, newer: Manifest
) -> None:
    runtime.portal().receive(ANA, upload(zip_of(elsewhere)))

    app = open_admin()

    assert newer.publication_id in texts(app)
    assert "ana uploaded it" in texts(app)
    assert "upload_activate" not in {button.key for button in app.button}
    assert not press(app, "upload_recheck").button(key="upload_activate").disabled


def test_a_candidate_of_the_store_may_be_judged_beside_it(
    open_admin: OpenPage, elsewhere: Publisher, active: Publisher, newer: Manifest
) -> None:
    in_store = active.publish(items=8)

    app = press(send(open_admin(), zip_of(elsewhere)), "check")

    assert "activate" in {button.key for button in app.button}
    assert newer.publication_id in texts(app)
    press(app, "activate")
    assert runtime.portal().active_id() == in_store.publication_id


def test_one_that_the_store_has_too_is_told_once(open_admin: OpenPage, active: Publisher) -> None:
    manifest = active.publish(items=9)

    app = send(open_admin(), zipped(folder_files(active.store, manifest)))
    app = press(app, "upload_activate")

    assert runtime.portal().active_id() == manifest.publication_id


def test_a_refused_one_is_told_in_a_sentence_and_nothing_is_kept(
    open_admin: OpenPage, active: Publisher
) -> None:
    app = send(open_admin(), b"no zip")

    assert f"The file {NAME} is no zip" in texts(app).replace("\\", "")
    assert "Nothing of it was kept" in texts(app)
    assert runtime.portal().uploaded() is None
    assert runtime.portal().active_id() == active.latest.publication_id


def test_one_that_is_sent_while_something_else_runs_stays_and_is_checked_after(
    open_admin: OpenPage, elsewhere: Publisher, newer: Manifest, state: Path
) -> None:
    app = open_admin()
    holder = LockHolder("bruno", "activate", "2026-11-21T06:00:00+00:00")
    with refresh_lock(state / "refresh.lock", holder):
        app = send(app, zip_of(elsewhere))

    assert app.file_uploader[0].value is not None
    assert "is still here" in texts(app)
    assert "Nothing of it was kept" not in texts(app)
    app = press(app, "upload_check")
    assert "keeps the contract" in texts(app)
    assert app.file_uploader[0].value is None


def test_one_that_is_kept_here_is_not_said_not_to_be(
    open_admin: OpenPage, active: Publisher
) -> None:
    app = send(open_admin(), zipped(folder_files(active.store, active.latest)))

    assert "is kept here already" in texts(app)
    assert "Nothing of it was kept" not in texts(app)


def test_a_refusal_is_told_in_portuguese(
    open_page: OpenPage, state: Path, active: Publisher
) -> None:
    add_user(state, "admin", Role.ADMIN)

    app = send(sign_in(open_page("admin.py")), b"no zip")

    assert "não é um zip" in texts(app)
    assert "Nada dela ficou guardado" in texts(app)


def test_one_that_breaks_the_contract_is_told_by_its_findings(
    open_admin: OpenPage, elsewhere: Publisher, active: Publisher
) -> None:
    later = active.latest.generated_at + timedelta(hours=1)
    tables = elsewhere.tables(generated_at=later)
    tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 3, -5.0)
    elsewhere.publish(tables=tables, generated_at=later)

    app = send(open_admin(), zip_of(elsewhere))

    assert "breaks the contract" in app.error[0].value
    assert "Nothing of it was kept" in texts(app)
    assert runtime.portal().uploaded() is None


def test_what_it_takes_away_is_confirmed_first(
    open_admin: OpenPage, elsewhere: Publisher, active: Publisher
) -> None:
    later = active.latest.generated_at + timedelta(hours=1)
    elsewhere.publish(generated_at=later, items=1)

    app = send(open_admin(), zip_of(elsewhere))

    assert app.button(key="upload_activate").disabled
    app.checkbox[0].check().run()
    assert not app.button(key="upload_activate").disabled


def test_without_a_cap_the_page_says_that_none_is_taken(
    open_admin: OpenPage, active: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAROL_UPLOAD_MAX_BYTES", "0")
    runtime.reset()

    app = open_admin()

    assert "takes no uploads" in texts(app)
    assert not app.file_uploader


def test_replicas_are_warned_of_before(
    open_admin: OpenPage, active: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.portal(), "follows_others", True)

    assert "Other replicas take publications from the store" in texts(open_admin())
