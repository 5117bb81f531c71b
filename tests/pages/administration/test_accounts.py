"""Accounts and keys on the page: every action, every refusal, and what is shown only once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.accounts import Accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import Role, operator
from datalayer.kernel.errors import KeyRefused, SignInRefused
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.signing_in import PASSWORD, add_user, sign_in


@pytest.fixture
def app(open_section: OpenPage, state: Path) -> AppTest:
    """The section, with a planner ``ana`` beside the administrator."""
    add_user(state, "ana", Role.PLANNER)
    return open_section("accounts")


def accounts(state: Path) -> Accounts:
    return Accounts(state, bcrypt_rounds=4)


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def submit(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def secret(app: AppTest) -> str:
    """Return what is shown this once, and say that it was copied."""
    shown = app.code[0].value
    press(app, "deed-copied")
    assert not app.code
    return shown


def add(app: AppTest, name: str, role: Role = Role.PLANNER) -> AppTest:
    app.text_input(key="user-new-name").input(name)
    app.selectbox(key="user-new-role").set_value(role)
    return submit(app, "Add and show the password")


def make_key(app: AppTest, name: str = "power-bi", scope: Scope = Scope.READ) -> AppTest:
    app.text_input(key="key-new-name").input(name)
    app.selectbox(key="key-new-scope").set_value(scope)
    return submit(app, "Make it and show it")


def last_entry() -> tuple[str, str, str]:
    entry = runtime.portal().audit.entries(1)[0]
    return entry.actor, entry.action, entry.outcome


class TestUsers:
    def test_each_is_listed_with_role_state_and_sessions(self, app: AppTest) -> None:
        told = texts(app)

        assert "**admin** · administrator · ✓ may sign in · this is you" in told
        assert "**ana** · planner · ✓ may sign in" in told
        assert "never signed in" in told
        assert "1 session" in told

    def test_a_new_one_signs_in_with_the_password_shown(self, app: AppTest, state: Path) -> None:
        add(app, "Bruno", Role.ANALYST)

        signed_in = accounts(state).sign_in("bruno", secret(app))
        assert signed_in.identity.role is Role.ANALYST
        assert last_entry()[:2] == ("bruno", "sign_in")

    def test_it_is_in_the_audit_trail_without_the_password(self, app: AppTest, state: Path) -> None:
        add(app, "bruno")

        assert last_entry() == ("admin", "user_add", "done")
        assert secret(app) not in (state / "audit.jsonl").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        "name", ["", "a b", "../x", "<script>", "key:x", "=1+1", "é", "x" * 65]
    )
    def test_a_hostile_name_is_refused_with_what_would_be_right(
        self, app: AppTest, state: Path, name: str
    ) -> None:
        add(app, name)

        assert "1 to 64 of a\\-z" in app.error[0].value or "1 to 64 of a-z" in app.error[0].value
        assert not app.code
        assert set(accounts(state).users()) == {"admin", "ana"}

    def test_a_name_is_given_once(self, app: AppTest) -> None:
        add(app, "ANA")

        assert "a user already" in app.error[0].value
        assert not app.code

    @pytest.mark.parametrize(
        ("name", "said"), [("ana", "o nome é ana, que já é usuário"), ("José", "o nome é 'José'")]
    )
    def test_a_refused_name_is_told_in_portuguese(
        self, open_section: OpenPage, state: Path, name: str, said: str
    ) -> None:
        add_user(state, "ana", Role.PLANNER)
        app = open_section("accounts", locale="pt-BR")

        app.text_input(key="user-new-name").input(name)
        submit(app, "Incluir e mostrar a senha")

        assert said in app.error[0].value

    def test_another_role_holds_at_once(self, app: AppTest, state: Path) -> None:
        token = accounts(state).sign_in("ana", PASSWORD).token
        app.selectbox(key="user-role-ana").set_value(Role.ANALYST)

        press(app, "user-role-give-ana")

        who = accounts(state).identity_from_token(token)
        assert who is not None
        assert who.role is Role.ANALYST
        assert last_entry() == ("admin", "user_role", "done")

    def test_a_new_password_is_shown_and_the_old_one_useless(
        self, app: AppTest, state: Path
    ) -> None:
        press(app, "user-password-ana")

        assert accounts(state).sign_in("ana", secret(app)).identity.name == "ana"
        with pytest.raises(SignInRefused):
            accounts(state).sign_in("ana", PASSWORD)

    def test_a_secret_is_gone_once_it_was_copied(self, app: AppTest) -> None:
        press(app, "user-password-ana")

        shown = secret(app)

        assert shown not in repr(dict(app.session_state._state.filtered_state))

    def test_a_secret_stays_until_it_was_copied(self, app: AppTest) -> None:
        press(app, "user-password-ana")
        shown = app.code[0].value

        app.run()

        assert app.code[0].value == shown

    def test_a_double_click_hides_no_password(self, app: AppTest, state: Path) -> None:
        add(app, "bruno")

        submit(app, "Add and show the password")

        assert not app.error
        assert accounts(state).sign_in("bruno", secret(app)).identity.name == "bruno"

    def test_nobody_else_is_shown_a_secret(self, app: AppTest, state: Path) -> None:
        add_user(state, "second", Role.ADMIN)
        add(app, "bruno")
        shown = app.code[0].value

        accounts(state).disable("admin", by=operator())
        sign_in(app.run(), "second")

        assert not app.code
        assert shown not in repr(dict(app.session_state._state.filtered_state))

    def test_sessions_are_ended(self, app: AppTest, state: Path) -> None:
        token = accounts(state).sign_in("ana", PASSWORD).token
        app.run()

        press(app, "user-sessions-ana")

        assert accounts(state).identity_from_token(token) is None
        assert "ana is signed out everywhere" in texts(app)
        assert last_entry() == ("admin", "sessions_end", "done")

    def test_one_without_sessions_has_none_to_end(self, app: AppTest) -> None:
        assert "user-sessions-ana" not in {button.key for button in app.button}

    def test_a_disabled_one_does_not_sign_in_until_it_may_again(
        self, app: AppTest, state: Path
    ) -> None:
        press(app, "user-disable-ana")
        with pytest.raises(SignInRefused):
            accounts(state).sign_in("ana", PASSWORD)
        assert "**ana** · planner · ✗ disabled" in texts(app)

        press(app, "user-enable-ana")

        assert accounts(state).sign_in("ana", PASSWORD).identity.name == "ana"

    def test_a_second_press_does_not_undo_the_first(self, app: AppTest, state: Path) -> None:
        disable = app.button(key="user-disable-ana")
        press(app, "user-disable-ana")

        assert disable.id not in {button.id for button in app.button}
        assert accounts(state).users()["ana"].disabled

    def test_the_consequence_is_named_before_the_press(self, app: AppTest, state: Path) -> None:
        accounts(state).sign_in("ana", PASSWORD)
        app.run()

        told = texts(app)
        assert "**ana** can't sign in any more. 1 session ends at once." in told
        assert "**ana** is signed out everywhere" in told

    def test_one_who_is_gone_meanwhile_is_told(self, app: AppTest, state: Path) -> None:
        path = state / "accounts.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["users"] = [user for user in content["users"] if user["name"] != "ana"]
        path.write_text(json.dumps(content), encoding="utf-8")

        press(app, "user-disable-ana")

        assert "ana" in app.error[0].value
        assert not app.exception


class TestOwnAccount:
    def test_it_has_no_button_to_disable_it_and_it_is_said_why(self, app: AppTest) -> None:
        keys = {button.key for button in app.button}

        assert not {"user-disable-admin", "user-role-give-admin"} & keys
        assert "Another administrator disables your account" in texts(app)

    def test_a_new_password_signs_out_and_signs_in(self, app: AppTest, state: Path) -> None:
        app.text_input(key="own-password").input("another password")
        app.text_input(key="own-password-again").input("another password")

        submit(app, "Set my password")

        assert any(field.key == "sign_in_password" for field in app.text_input)
        assert accounts(state).sign_in("admin", "another password").identity.name == "admin"
        assert "another password" not in repr(dict(app.session_state._state.filtered_state))

    @pytest.mark.parametrize(
        ("first", "again", "told"),
        [
            ("another password", "another passwort", "different the second time"),
            ("short", "short", "12 to 1,024 characters long"),
        ],
    )
    def test_one_that_is_none_is_refused_and_the_old_one_holds(
        self, app: AppTest, state: Path, first: str, again: str, told: str
    ) -> None:
        app.text_input(key="own-password").input(first)
        app.text_input(key="own-password-again").input(again)

        submit(app, "Set my password")

        assert told in app.error[0].value.replace("\\", "")
        assert accounts(state).sign_in("admin", PASSWORD).identity.name == "admin"

    def test_a_refused_one_is_told_in_portuguese(self, open_section: OpenPage) -> None:
        app = open_section("accounts", locale="pt-BR")
        app.text_input(key="own-password").input("another password")
        app.text_input(key="own-password-again").input("another passwort")

        submit(app, "Trocar minha senha")

        assert app.error[0].value.startswith("a senha é diferente")

    def test_signing_out_everywhere_signs_out_here_too(self, app: AppTest) -> None:
        press(app, "own-sessions")

        assert any(field.key == "sign_in_password" for field in app.text_input)


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.PLANNER, Role.ANALYST])
    def test_nobody_else_sees_accounts(self, open_page: OpenPage, state: Path, role: Role) -> None:
        add_user(state, "eve", role)

        app = sign_in(open_page("admin.py", locale="en-US", section="accounts"), "eve")

        assert "may not administer" in app.error[0].value
        assert not app.main.text_input

    def test_a_press_of_who_is_no_administrator_any_more_changes_nothing(
        self, app: AppTest, state: Path
    ) -> None:
        add_user(state, "second", Role.ADMIN)
        accounts(state).set_role("admin", Role.PLANNER, by=operator())

        press(app, "user-disable-ana")

        assert not accounts(state).users()["ana"].disabled

    def test_the_last_administrator_is_not_disabled_by_one_who_was_just_demoted(
        self, app: AppTest, state: Path
    ) -> None:
        add_user(state, "second", Role.ADMIN)
        app.run()
        accounts(state).set_role("admin", Role.ANALYST, by=operator())

        press(app, "user-disable-second")

        assert not accounts(state).users()["second"].disabled

    @pytest.mark.parametrize(
        ("mode", "told"), [("open", "This portal is open"), ("members", "is for its members")]
    )
    def test_it_is_said_what_accounts_are_for(
        self,
        open_section: OpenPage,
        monkeypatch: pytest.MonkeyPatch,
        mode: str,
        told: str,
    ) -> None:
        monkeypatch.setenv("FAROL_ACCESS", mode)
        runtime.reset()

        assert told in texts(open_section("accounts"))

    def test_it_speaks_portuguese(self, open_section: OpenPage) -> None:
        app = open_section("accounts", locale="pt-BR")

        assert "Este portal é aberto" in texts(app)
        assert "administrador · ✓ pode entrar · é você" in texts(app)


class TestKeys:
    def test_a_new_one_opens_what_it_says_and_is_shown_once(
        self, app: AppTest, state: Path
    ) -> None:
        make_key(app, "nightly", Scope.REFRESH)
        key = secret(app)

        assert ApiKeys(state).check(key).role is Role.ADMIN
        assert last_entry() == ("admin", "key_add", "done")
        assert key not in (state / "audit.jsonl").read_text(encoding="utf-8")
        assert key not in repr(dict(app.session_state._state.filtered_state))

    def test_a_double_click_makes_one(self, app: AppTest, state: Path) -> None:
        make_key(app, "nightly")

        submit(app, "Make it and show it")

        assert len(ApiKeys(state).all()) == 1
        assert ApiKeys(state).check(secret(app)).role is Role.ANALYST

    def test_it_is_listed_with_its_maker_and_its_end(self, app: AppTest) -> None:
        make_key(app)

        told = texts(app).replace("\\", "")
        assert "**power-bi** · may read · ✓ holds" in told
        assert "by admin" in told
        assert "never used" in told
        assert "until " in told

    def test_one_may_hold_until_it_is_revoked(self, app: AppTest) -> None:
        app.selectbox(key="key-new-days").set_value(0)

        make_key(app)

        assert "never expires" in texts(app)

    def test_a_revoked_one_opens_nothing(self, app: AppTest, state: Path) -> None:
        make_key(app)
        key = secret(app)
        (made,) = ApiKeys(state).all()

        press(app, f"key-revoke-{made.id}")

        with pytest.raises(KeyRefused):
            ApiKeys(state).check(key)
        assert "✗ revoked" in texts(app)
        assert last_entry()[:2] == ("admin", "key_revoke") or last_entry()[1] == "key_check"

    def test_what_revoking_does_is_said_before(self, app: AppTest) -> None:
        make_key(app)

        assert "refused from the next call on (401)" in texts(app)

    @pytest.mark.parametrize("name", ["", "a b", "x" * 65, "key:x", "=1+1"])
    def test_a_hostile_name_is_refused(self, app: AppTest, state: Path, name: str) -> None:
        make_key(app, name)

        assert "1 to 64 of a" in app.error[0].value
        assert ApiKeys(state).all() == ()

    def test_a_damaged_file_is_told_and_the_page_stands(
        self, open_section: OpenPage, state: Path
    ) -> None:
        runtime.api_keys().add("etl", Scope.READ, by=ADMIN, expires_in_s=None)
        (state / "api_keys.json").write_text("{", encoding="utf-8")

        app = open_section("accounts")

        assert "api_keys.json" in app.error[0].value.replace("\\", "")
        assert "**admin**" in texts(app)
