"""A portal for its members: no page shows anything before a sign-in; and who sees which page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role, operator
from tests.pages.conftest import OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher

PAGES = ["", "monday.py", "forecast.py", "orders.py", "data.py", "admin.py"]


@pytest.fixture
def navigation(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the navigation of the latest run shows: its position, and each page's visibility."""
    shown: dict[str, str] = {}
    draw = st.navigation

    def noting(pages: list[st.Page], *, position: str) -> st.Page:
        shown.update({page.url_path or "monday": page.visibility for page in pages})
        shown["position"] = position
        return draw(pages, position=position)

    monkeypatch.setattr(st, "navigation", noting)
    return shown


@pytest.fixture
def users(state: Path) -> Accounts:
    """The accounts of the portal under test: one user of each role, named like it."""
    for role in Role:
        add_user(state, role.value, role)
    return Accounts(state)


@pytest.fixture
def members(active: Publisher, users: Accounts, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """A portal for its members that has something to show."""
    monkeypatch.setenv("FAROL_ACCESS", "members")
    runtime.reset()
    return active


def asks_to_sign_in(app: AppTest) -> bool:
    return any(field.key == "sign_in_password" for field in app.text_input)


def shows_nothing(app: AppTest) -> bool:
    """Say whether nothing is drawn in the main part but the form."""
    others = (app.metric, app.table, app.dataframe, app.selectbox, app.multiselect, app.error)
    return not any(map(len, others)) and len(app.title) == 1


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_for_a_sign_in_and_shows_nothing_else(
    open_page: OpenPage, members: Publisher, navigation: dict[str, str], page: str
) -> None:
    app = open_page(page, locale="en-US")

    assert asks_to_sign_in(app)
    assert shows_nothing(app)
    assert app.title[0].value == "Sign in"
    assert members.latest.publication_id not in texts(app)
    assert navigation["position"] == "hidden"
    pages = {"monday", "forecast", "orders", "changes", "availability", "inventory", "accuracy"}
    assert set(navigation) == {*pages, "data", "guide", "admin", "position"}


def test_a_link_to_a_part_shows_nothing_of_it_before_the_sign_in_and_opens_it_after(
    open_page: OpenPage, members: Publisher
) -> None:
    part = members.tables()["dim_item"]["item_id"][0].as_py()
    app = open_page("forecast.py", locale="en-US", item=part)
    before = texts(app)

    sign_in(app, "planner")

    assert part not in before
    assert not asks_to_sign_in(app)
    assert part in texts(app)


def test_with_the_sign_in_the_page_asked_for_is_drawn(
    open_page: OpenPage, members: Publisher, navigation: dict[str, str]
) -> None:
    app = sign_in(open_page("monday.py", locale="en-US"), "planner")

    assert not asks_to_sign_in(app)
    assert len(app.main.get("page_link")) > 0
    assert navigation["position"] == "sidebar"


def test_with_the_sign_out_everything_is_gone(open_page: OpenPage, members: Publisher) -> None:
    app = sign_in(open_page("monday.py", locale="en-US"), "planner")

    app.button(key="sign_out").click().run()

    assert asks_to_sign_in(app)
    assert shows_nothing(app)


def test_a_session_that_idled_too_long_shows_nothing_more(
    open_page: OpenPage, members: Publisher, state: Path
) -> None:
    app = sign_in(open_page("monday.py", locale="en-US"), "planner")
    listed = json.loads((state / "sessions.json").read_text(encoding="utf-8"))
    for session in listed["sessions"]:
        session["last_seen"] -= 2 * 3600 + 1
    (state / "sessions.json").write_text(json.dumps(listed), encoding="utf-8")

    app.run()

    assert asks_to_sign_in(app)
    assert shows_nothing(app)


def test_a_user_who_is_disabled_sees_nothing_more(
    open_page: OpenPage, members: Publisher, users: Accounts
) -> None:
    app = sign_in(open_page("monday.py", locale="en-US"), "planner")

    users.disable("planner", by=operator())
    app.run()

    assert asks_to_sign_in(app)
    assert shows_nothing(app)


def test_a_refusal_is_told_on_the_page_that_asks(open_page: OpenPage, members: Publisher) -> None:
    app = sign_in(open_page("data.py", locale="en-US"), "planner", "wrong")

    assert asks_to_sign_in(app)
    assert "The name or the password is wrong" in app.error[0].value


def test_the_language_can_be_chosen_before_the_sign_in(
    open_page: OpenPage, members: Publisher
) -> None:
    app = open_page("monday.py", locale="en-US", lang="pt_BR")

    assert app.title[0].value == "Entrar"


@pytest.mark.parametrize(
    ("user", "expected"), [("planner", "hidden"), ("analyst", "hidden"), ("admin", "visible")]
)
def test_administration_is_in_the_navigation_of_administrators(
    open_page: OpenPage,
    members: Publisher,
    navigation: dict[str, str],
    user: str,
    expected: str,
) -> None:
    sign_in(open_page("monday.py"), user)

    assert navigation["admin"] == expected


@pytest.mark.parametrize("user", ["planner", "analyst"])
def test_the_administration_page_itself_refuses_others(
    open_page: OpenPage, members: Publisher, user: str
) -> None:
    app = sign_in(open_page("admin.py", locale="en-US"), user)

    assert f"{user} may not administer publications" in app.error[0].value
    assert {button.key for button in app.button} == {"sign_out"}


def test_administrators_see_what_is_active_and_what_they_can_do(
    open_page: OpenPage, members: Publisher
) -> None:
    app = sign_in(open_page("admin.py", locale="en-US"), "admin")

    assert app.title[0].value == "Administration"
    assert {"check", "prune"} <= {button.key for button in app.button}
    assert not app.error


def test_an_open_portal_shows_its_pages_and_the_way_to_administration_to_everybody(
    open_page: OpenPage, active: Publisher, navigation: dict[str, str]
) -> None:
    app = open_page("monday.py")

    assert not asks_to_sign_in(app)
    assert len(app.main.get("page_link")) > 0
    assert (navigation["position"], navigation["admin"]) == ("sidebar", "visible")


def test_an_open_portal_hides_administration_from_a_planner_who_signed_in(
    open_page: OpenPage, active: Publisher, users: Accounts, navigation: dict[str, str]
) -> None:
    sign_in(open_page("admin.py"), "planner")

    assert navigation["admin"] == "hidden"
