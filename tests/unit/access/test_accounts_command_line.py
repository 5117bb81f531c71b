"""``python -m datalayer.access``: users and API keys by command."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from datalayer.access.__main__ import main
from datalayer.access.accounts import Accounts
from datalayer.access.api_keys import ApiKeys
from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Role
from datalayer.kernel.errors import KeyRefused, SignInRefused

PASSWORD = "a password of the tests"

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state folder that the commands work on, with its first administrator."""
    monkeypatch.setenv("FAROL_STATE", str(tmp_path))
    Accounts(tmp_path, bcrypt_rounds=4).ensure_first_admin()
    yield tmp_path
    structlog.reset_defaults()  # the command set up logs for this test's standard error


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that comes by standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))


def new_key(capsys: Output, *arguments: str) -> str:
    """Make a key by command and return it."""
    capsys.readouterr()
    assert main(["key", "add", "bi", *arguments]) == 0
    return capsys.readouterr().out.strip()


def test_a_user_is_made_with_a_password_from_standard_input(state: Path, typed: None) -> None:
    code = main(["add", "ana", "--role", "analyst"])

    assert code == 0
    assert Accounts(state).sign_in("ana", PASSWORD).identity.role is Role.ANALYST


def test_a_user_is_made_with_a_random_password_that_is_shown(state: Path, capsys: Output) -> None:
    main(["add", "ana", "--role", "planner", "--random"])

    shown = capsys.readouterr().out.split(": ")[1].strip()
    assert Accounts(state).sign_in("ana", shown).identity.role is Role.PLANNER


def test_a_lost_password_is_replaced_by_a_random_one(state: Path, capsys: Output) -> None:
    code = main(["passwd", "admin", "--random"])

    shown = capsys.readouterr().out.split(": ")[1].strip()
    assert code == 0
    assert Accounts(state).sign_in("admin", shown).identity.role is Role.ADMIN


def test_a_password_asked_at_a_terminal_is_typed_twice(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    answers = iter([PASSWORD, "another one typed"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))

    code = main(["passwd", "admin"])

    assert code == 1
    assert "must be the same both times" in capsys.readouterr().err


def test_a_user_is_disabled_and_enabled(state: Path, typed: None) -> None:
    main(["add", "ana", "--role", "planner"])

    main(["disable", "ana"])
    with pytest.raises(SignInRefused):
        Accounts(state).sign_in("ana", PASSWORD)
    main(["enable", "ana"])

    assert Accounts(state).sign_in("ana", PASSWORD).identity.name == "ana"


def test_the_last_administrator_stays(state: Path, capsys: Output) -> None:
    code = main(["disable", "admin"])

    assert code == 1
    assert "last administrator" in capsys.readouterr().err
    assert not Accounts(state).users()["admin"].disabled


def test_a_role_is_changed(state: Path, typed: None) -> None:
    main(["add", "ana", "--role", "planner"])

    main(["role", "ana", "admin"])

    assert Accounts(state).users()["ana"].role is Role.ADMIN


def test_the_users_are_listed_with_role_and_state(typed: None, capsys: Output) -> None:
    main(["add", "ana", "--role", "planner"])
    main(["disable", "ana"])
    capsys.readouterr()

    main(["list"])

    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert listed == [
        ["user", "role", "state"],
        ["admin", "admin", "enabled"],
        ["ana", "planner", "disabled"],
    ]


def test_an_unknown_user_ends_with_a_message_and_code_1(capsys: Output) -> None:
    code = main(["passwd", "nobody", "--random"])

    assert code == 1
    assert "the users are admin" in capsys.readouterr().err


@pytest.mark.parametrize(("scope", "role"), [("read", Role.ANALYST), ("refresh", Role.ADMIN)])
def test_a_key_alone_is_on_standard_output(
    state: Path, capsys: Output, scope: str, role: Role
) -> None:
    key = new_key(capsys, "--scope", scope)

    assert ApiKeys(state).check(key).role is role


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("90d", 90 * 24), ("52w", 52 * 168)])
def test_a_key_expires_when_told(state: Path, capsys: Output, text: str, hours: int) -> None:
    new_key(capsys, "--scope", "read", "--expires", text)

    key = ApiKeys(state).all()[0]
    assert key.expires is not None
    assert key.expires - key.created == pytest.approx(hours * 3600)


@pytest.mark.parametrize("text", ["", "90", "0d", "-1d", "90 days", "1.5d", "999999d", "d"])
def test_a_time_that_is_none_is_refused(state: Path, capsys: Output, text: str) -> None:
    code = main(["key", "add", "bi", "--scope", "read", f"--expires={text}"])

    assert code == 1
    assert "12h, 90d or 52w" in capsys.readouterr().err
    assert ApiKeys(state).all() == ()


def test_the_keys_are_listed_without_their_secrets(capsys: Output) -> None:
    key = new_key(capsys, "--scope", "read")

    main(["key", "list"])

    listed = capsys.readouterr().out
    assert key.split("_")[1] in listed
    assert "valid" in listed
    assert key.split("_")[2] not in listed


def test_a_revoked_key_is_refused_and_stays_in_the_list(state: Path, capsys: Output) -> None:
    key = new_key(capsys, "--scope", "read")

    main(["key", "revoke", key.split("_")[1]])
    main(["key", "list"])

    assert "revoked" in capsys.readouterr().out.splitlines()[-1]
    with pytest.raises(KeyRefused):
        ApiKeys(state).check(key)


def test_what_is_done_by_command_is_audited_under_the_operator(state: Path, capsys: Output) -> None:
    new_key(capsys, "--scope", "read")

    entry = AuditLog(state / "audit.jsonl").entries(1)[0]
    assert entry.actor.startswith("cli:")
    assert entry.action == "key_add"
