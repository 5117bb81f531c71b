"""What administrators change about users, and what ends with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import (
    InvalidSelection,
    LastAdmin,
    NotAllowed,
    OwnAccount,
    SignInRefused,
    UnknownUser,
)
from tests.unit.access.conftest import BY

PASSWORD = "a password of the tests"


@pytest.fixture(autouse=True)
def ana(accounts: Accounts, password: str) -> None:
    """A planner beside the first administrator."""
    accounts.add("ana", Role.PLANNER, PASSWORD, by=BY)


@pytest.mark.parametrize("role", list(Role))
def test_a_new_user_signs_in_with_its_role(accounts: Accounts, role: Role) -> None:
    accounts.add("bruno", role, PASSWORD, by=BY)

    assert accounts.sign_in("bruno", PASSWORD).identity == Identity("bruno", role)


def test_a_name_is_given_once(accounts: Accounts) -> None:
    with pytest.raises(InvalidSelection, match="ana, a user already"):
        accounts.add(" ANA ", Role.ADMIN, "another password", by=BY)

    assert accounts.sign_in("ana", PASSWORD).identity.role is Role.PLANNER


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "cli:root", "key:bi", "../x", "x" * 65, "ana\n", "é", "\ud800", "-a"]
)
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    before = set(accounts.users())

    with pytest.raises(InvalidSelection, match="1 to 64 of a-z") as refused:
        accounts.add(name + "\x00", Role.ADMIN, PASSWORD, by=BY)

    assert "\x00" not in str(refused.value)
    assert set(accounts.users()) == before


def test_a_disabled_user_is_refused_like_a_wrong_password(accounts: Accounts) -> None:
    accounts.disable("ana", by=BY)

    with pytest.raises(SignInRefused, match="name or the password is wrong"):
        accounts.sign_in("ana", PASSWORD)


def test_disabling_ends_the_sessions_at_once_and_for_good(accounts: Accounts) -> None:
    token = accounts.sign_in("ana", PASSWORD).token

    accounts.disable("ana", by=BY)
    while_disabled = accounts.identity_from_token(token)
    accounts.enable("ana", by=BY)

    assert while_disabled is None
    assert accounts.identity_from_token(token) is None


def test_an_enabled_user_signs_in_with_the_password_it_had(accounts: Accounts) -> None:
    accounts.disable("ana", by=BY)

    accounts.enable("ana", by=BY)

    assert accounts.sign_in("ana", PASSWORD).identity.name == "ana"


def test_the_last_administrator_cannot_be_disabled(accounts: Accounts, password: str) -> None:
    with pytest.raises(LastAdmin, match="admin is the last administrator"):
        accounts.disable("admin", by=BY)

    assert accounts.sign_in("admin", password).identity.role is Role.ADMIN


def test_the_last_administrator_cannot_be_made_something_less(accounts: Accounts) -> None:
    with pytest.raises(LastAdmin):
        accounts.set_role("admin", Role.ANALYST, by=BY)

    assert accounts.users()["admin"].role is Role.ADMIN


def test_a_disabled_administrator_does_not_count_as_one(accounts: Accounts) -> None:
    accounts.add("second", Role.ADMIN, PASSWORD, by=BY)
    accounts.disable("second", by=BY)

    with pytest.raises(LastAdmin):
        accounts.disable("admin", by=BY)


def test_with_a_second_administrator_the_first_can_go(accounts: Accounts, password: str) -> None:
    accounts.add("second", Role.ADMIN, PASSWORD, by=BY)

    accounts.disable("admin", by=BY)

    with pytest.raises(SignInRefused):
        accounts.sign_in("admin", password)


def test_another_role_holds_in_running_sessions(accounts: Accounts) -> None:
    token = accounts.sign_in("ana", PASSWORD).token

    accounts.set_role("ana", Role.ANALYST, by=BY)

    assert accounts.identity_from_token(token) == Identity("ana", Role.ANALYST)


@pytest.mark.parametrize("by", [ANYONE, Identity("ana", Role.PLANNER), Identity("x", Role.ANALYST)])
def test_only_an_administrator_changes_anything(
    accounts: Accounts, tmp_path: Path, by: Identity
) -> None:
    before = (tmp_path / "accounts.json").read_bytes()

    with pytest.raises(NotAllowed):
        accounts.add("eva", Role.ADMIN, PASSWORD, by=by)
    with pytest.raises(NotAllowed):
        accounts.set_password("admin", "another password", by=by)
    with pytest.raises(NotAllowed):
        accounts.set_role("ana", Role.ADMIN, by=by)
    with pytest.raises(NotAllowed):
        accounts.disable("admin", by=by)
    with pytest.raises(NotAllowed):
        accounts.enable("admin", by=by)

    assert (tmp_path / "accounts.json").read_bytes() == before


def test_an_unknown_user_is_named_with_those_there_are(accounts: Accounts) -> None:
    with pytest.raises(UnknownUser, match="no user eva; the users are admin, ana"):
        accounts.disable("eva", by=BY)


def test_a_file_of_users_without_the_mark_of_disabling_is_read(
    accounts: Accounts, tmp_path: Path
) -> None:
    path = tmp_path / "accounts.json"
    older = path.read_text(encoding="utf-8").replace(',\n      "disabled": false', "")
    path.write_text(older, encoding="utf-8")

    assert "disabled" not in older
    assert accounts.sign_in("ana", PASSWORD).identity.name == "ana"


def test_a_user_knows_since_when_it_is_there(accounts: Accounts) -> None:
    assert accounts.users()["ana"].made == 1_800_000_000.0


def test_a_file_of_an_earlier_version_does_not_say_since_when(
    accounts: Accounts, tmp_path: Path
) -> None:
    path = tmp_path / "accounts.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for user in content["users"]:
        del user["made"]
    path.write_text(json.dumps(content), encoding="utf-8")

    assert accounts.users()["ana"].made is None


class TestOwnAccount:
    @pytest.fixture
    def second(self, accounts: Accounts) -> Identity:
        """An administrator beside the first one."""
        return accounts.add("bruno", Role.ADMIN, PASSWORD, by=BY).identity

    def test_nobody_disables_their_own(self, accounts: Accounts, second: Identity) -> None:
        with pytest.raises(OwnAccount, match="bruno is your own account"):
            accounts.disable(" BRUNO ", by=second)

        assert not accounts.users()["bruno"].disabled

    @pytest.mark.parametrize("role", [Role.PLANNER, Role.ANALYST])
    def test_nobody_gives_their_own_a_lower_role(
        self, accounts: Accounts, second: Identity, role: Role
    ) -> None:
        with pytest.raises(OwnAccount):
            accounts.set_role("bruno", role, by=second)

        assert accounts.users()["bruno"].role is Role.ADMIN

    def test_the_last_administrator_is_told_of_being_the_last(
        self, accounts: Accounts, second: Identity
    ) -> None:
        accounts.disable("admin", by=second)

        with pytest.raises(LastAdmin, match="make another one first"):
            accounts.set_role("bruno", Role.PLANNER, by=second)

    def test_another_administrator_does_both(self, accounts: Accounts, second: Identity) -> None:
        accounts.set_role("admin", Role.PLANNER, by=second)
        accounts.disable("admin", by=second)

        assert accounts.users()["admin"].disabled


class TestSessions:
    def test_those_that_go_on_are_listed(self, accounts: Accounts) -> None:
        accounts.sign_in("ana", PASSWORD)
        accounts.sign_in("ana", PASSWORD)

        assert [each.user for each in accounts.sessions(by=BY)] == ["ana", "ana"]

    def test_ended_ones_open_nothing_and_the_user_signs_in_again(self, accounts: Accounts) -> None:
        token = accounts.sign_in("ana", PASSWORD).token

        accounts.end_sessions("ana", by=BY)

        assert accounts.identity_from_token(token) is None
        assert accounts.sessions(by=BY) == ()
        assert accounts.sign_in("ana", PASSWORD).identity.name == "ana"

    def test_those_of_others_go_on(self, accounts: Accounts, password: str) -> None:
        token = accounts.sign_in("admin", password).token

        accounts.end_sessions("ana", by=BY)

        assert accounts.identity_from_token(token) is not None

    def test_only_administrators_see_and_end_them(self, accounts: Accounts) -> None:
        ana = accounts.users()["ana"].identity

        with pytest.raises(NotAllowed):
            accounts.sessions(by=ana)
        with pytest.raises(NotAllowed):
            accounts.end_sessions("ana", by=ana)

    def test_an_unknown_name_is_told(self, accounts: Accounts) -> None:
        with pytest.raises(UnknownUser):
            accounts.end_sessions("nobody", by=BY)
