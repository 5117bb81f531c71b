"""Signing in and out on a page; what stays of it in the session and in the browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.context import StreamlitHeaders
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.accounts import SESSION_COOKIE, Accounts
from datalayer.access.identity import Identity, Role, operator
from datalayer.kernel.errors import SignInRefused
from datalayer.settings import Settings
from tests.pages.conftest import BROWSER, OpenPage, texts
from tests.pages.signing_in import PASSWORD, add_user, sign_in


@pytest.fixture(autouse=True)
def admin(state: Path) -> Accounts:
    """The accounts of the portal under test, with one administrator."""
    add_user(state, "admin", Role.ADMIN)
    return Accounts(state)


def asks_to_sign_in(app: AppTest) -> bool:
    return any(field.key == "sign_in_password" for field in app.text_input)


def buttons(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def bring_cookie(monkeypatch: pytest.MonkeyPatch, token: str, name: str = SESSION_COOKIE) -> None:
    """Let the browser send a session token."""
    cookies = property(lambda _context: {name: token})
    monkeypatch.setattr(type(st.context), "cookies", cookies)


def token(accounts: Accounts, name: str = "admin") -> str:
    """Sign in as another browser does, and return what its cookie holds."""
    return accounts.sign_in(name, PASSWORD).token


def component_calls(app: AppTest) -> list[dict[str, Any]]:
    """Return what the library's cookie component was asked to do in this run."""
    drawn = app.main.get("component_instance")
    return [json.loads(each.proto.json_args) for each in drawn]


def test_who_is_signed_out_gets_the_form_and_no_button_to_press(open_page: OpenPage) -> None:
    app = open_page("admin.py")

    assert asks_to_sign_in(app)
    assert not buttons(app) & {"activate", "check", "roll_back", "prune", "sign_out"}
    assert len(app.table) == 0


def test_the_right_password_opens_the_page(open_page: OpenPage) -> None:
    app = sign_in(open_page("admin.py"))

    assert not asks_to_sign_in(app)
    assert "sign_out" in buttons(app)
    assert "Conectado como admin" in texts(app) + "".join(c.value for c in app.sidebar.caption)


@pytest.mark.parametrize(
    ("locale", "refusal"),
    [("en-US", "The name or the password is wrong"), ("pt-BR", "Usuário ou senha incorretos")],
)
@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_refusal_says_the_same_whatever_is_wrong(
    open_page: OpenPage, locale: str, refusal: str, name: str, password: str
) -> None:
    app = sign_in(open_page("admin.py", locale=locale), name, password)

    assert asks_to_sign_in(app)
    assert [refusal in error.value for error in app.error] == [True]


def fail(state: Path, names: Iterable[str]) -> None:
    """Fail to sign in from this browser, a minute ahead: the wait outlasts any page's drawing."""
    accounts = Accounts(state, clock=lambda: time.time() + 60, bcrypt_rounds=4)
    for name in names:
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong", address=BROWSER)


@pytest.mark.parametrize(
    "names", [["admin"] * 3, [f"name{number}" for number in range(20)]], ids=["name", "address"]
)
def test_too_many_failures_are_answered_with_the_wait(
    open_page: OpenPage, state: Path, names: list[str]
) -> None:
    fail(state, names)

    app = sign_in(open_page("admin.py", locale="en-US"))

    assert asks_to_sign_in(app)
    assert "Too many failed attempts" in app.error[0].value


def test_a_damaged_file_of_users_is_named(open_page: OpenPage, state: Path) -> None:
    app = open_page("admin.py", locale="en-US")
    (state / "accounts.json").write_text("{", encoding="utf-8")

    sign_in(app)

    assert "accounts.json is damaged" in app.error[0].value.replace("\\", "")


def test_being_signed_in_goes_along_from_page_to_page(open_page: OpenPage) -> None:
    app = sign_in(open_page("admin.py"))

    app.switch_page("data.py").run()

    assert "sign_out" in buttons(app)


def test_after_signing_in_the_cookie_is_written_until_the_browser_says_so(
    open_page: OpenPage,
) -> None:
    app = sign_in(open_page("admin.py"))
    first = [call["method"] for call in component_calls(app)]

    app.run()

    assert "set" in first
    assert "set" in [call["method"] for call in component_calls(app)]


def test_the_token_in_the_cookie_is_one_that_signs_in(open_page: OpenPage, admin: Accounts) -> None:
    app = sign_in(open_page("admin.py"))

    written = next(call for call in component_calls(app) if call["method"] == "set")

    assert admin.identity_from_token(str(written["value"])) == Identity("admin", Role.ADMIN)


def test_the_browser_is_known_when_strangers_fail_at_its_address(
    open_page: OpenPage, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = component_calls(sign_in(open_page("admin.py")))
    (known,) = (call for call in calls if str(call.get("cookie", "")).startswith("farol_known_"))
    fail(state, ["admin"] * 3)

    stranger = sign_in(open_page("admin.py"))
    bring_cookie(monkeypatch, str(known["value"]), name=str(known["cookie"]))
    owner = sign_in(open_page("admin.py"))

    assert asks_to_sign_in(stranger)
    assert not asks_to_sign_in(owner)


def test_a_reader_without_cookie_gets_no_cookie_component(open_page: OpenPage) -> None:
    assert component_calls(open_page("data.py")) == []


def test_a_cookie_signs_in_without_the_form(
    open_page: OpenPage, admin: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_cookie(monkeypatch, token(admin))

    app = open_page("admin.py")

    assert not asks_to_sign_in(app)
    assert "sign_out" in buttons(app)


def test_a_cookie_replayed_after_signing_out_is_refused(
    open_page: OpenPage, admin: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_cookie(monkeypatch, token(admin))
    app = open_page("admin.py")

    app.button(key="sign_out").click().run()

    assert asks_to_sign_in(app)
    assert asks_to_sign_in(open_page("admin.py"))


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_cookie_that_is_no_token_is_as_good_as_none(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, garbage: str
) -> None:
    bring_cookie(monkeypatch, garbage)

    assert asks_to_sign_in(open_page("admin.py"))


@pytest.mark.parametrize(("prefix", "path"), [("", "/"), ("/farol", "/farol")])
def test_the_cookie_is_written_and_ended_for_the_portal_s_own_addresses(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, prefix: str, path: str
) -> None:
    monkeypatch.setenv("FAROL_PATH_PREFIX", prefix)
    app = sign_in(open_page("admin.py"))
    written = next(call for call in component_calls(app) if call["method"] == "set")

    app.button(key="sign_out").click().run()
    ended = next(call for call in component_calls(app) if call["method"] == "set")

    assert written["options"]["path"] == ended["options"]["path"] == path
    assert written["value"]
    assert ended["value"] == ""


def test_a_session_that_can_not_be_ended_goes_on_and_says_why(open_page: OpenPage) -> None:
    app = sign_in(open_page("admin.py"))
    audit = Settings.load().state / "audit.jsonl"
    runtime.portal().state_watch.wait_for_answer()  # it looks at the file, too, and makes it
    audit.rename(audit.with_name("moved.jsonl"))
    audit.mkdir()

    app.button(key="sign_out").click().run()

    assert not asks_to_sign_in(app)
    assert any("audit.jsonl" in error.value for error in app.error)
    assert str(audit.parent) not in str([error.value for error in app.error])


def test_signing_out_deletes_the_cookie(open_page: OpenPage) -> None:
    app = sign_in(open_page("admin.py"))

    app.button(key="sign_out").click().run()

    assert asks_to_sign_in(app)
    (written,) = [call for call in component_calls(app) if call["method"] == "set"]
    assert written["cookie"] == SESSION_COOKIE
    assert written["options"]["expires"] < "1971"


def test_a_password_changed_elsewhere_ends_the_session_at_the_next_run(
    open_page: OpenPage, admin: Accounts
) -> None:
    app = sign_in(open_page("admin.py"))

    admin.set_password("admin", "another password", by=operator())
    app.run()

    assert asks_to_sign_in(app)


def test_signing_out_in_one_browser_leaves_the_other_signed_in(open_page: OpenPage) -> None:
    here, there = sign_in(open_page("admin.py")), sign_in(open_page("admin.py"))

    here.button(key="sign_out").click().run()
    there.run()

    assert asks_to_sign_in(here)
    assert not asks_to_sign_in(there)


def test_who_signed_out_can_sign_in_again(open_page: OpenPage) -> None:
    app = sign_in(open_page("admin.py"))
    app.button(key="sign_out").click().run()

    sign_in(app)

    assert not asks_to_sign_in(app)


def test_a_planner_is_told_which_role_it_takes(open_page: OpenPage, state: Path) -> None:
    add_user(state, "ana", Role.PLANNER)

    app = sign_in(open_page("admin.py", locale="en-US"), "ana")

    assert "ana may not administer publications; it takes the role admin" in app.error[0].value
    assert not buttons(app) & {"activate", "check", "roll_back", "prune"}


def test_an_attempt_is_audited_with_the_address_it_came_from(open_page: OpenPage) -> None:
    sign_in(open_page("admin.py"), password="wrong")

    entry = runtime.portal().audit.entries(50)[0]
    assert (entry.action, entry.outcome) == ("sign_in", "refused")
    assert entry.details["address"] == BROWSER


def test_behind_a_trusted_proxy_the_address_is_the_browsers_own(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = StreamlitHeaders([("X-Forwarded-For", "1.1.1.1, 198.51.100.1")])
    monkeypatch.setattr(type(st.context), "headers", property(lambda _context: headers))
    monkeypatch.setenv("FAROL_TRUSTED_PROXIES", BROWSER)

    sign_in(open_page("admin.py"), password="wrong")

    assert runtime.portal().audit.entries(50)[0].details["address"] == "198.51.100.1"
