"""What administrators change about users, and what ends with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import (
    InvalidSelection,
    LastAdmin,
    NotAllowed,
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
