"""What the audit log says about sign-ins, accounts and keys, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.audit.log import AuditEntry, AuditLog
from datalayer.access.identity import Role
from datalayer.kernel.errors import KeyRefused, SignInBlocked, SignInRefused, StateError
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY

PASSWORD = "a password of the tests"
SECRET = "typed into the wrong field"


def latest(state: Path) -> AuditEntry:
    return AuditLog(state / "audit.jsonl").entries(1)[0]


def count(state: Path) -> int:
    return len(AuditLog(state / "audit.jsonl").entries(10_000))


def test_a_sign_in_is_noted_with_its_address_and_moment(
    accounts: Accounts, password: str, tmp_path: Path, clock: SecondsClock
) -> None:
    accounts.sign_in("admin", password, address="192.0.2.7")

    entry = latest(tmp_path)
    assert (entry.actor, entry.role, entry.action, entry.outcome) == (
        "admin",
        "admin",
        "sign_in",
        "done",
    )
    assert entry.details == {"address": "192.0.2.7"}
    assert entry.at is not None
    assert entry.at.timestamp() == clock.now_s


def test_a_wrong_password_is_noted_under_the_user(
    accounts: Accounts, password: str, tmp_path: Path
) -> None:
    with pytest.raises(SignInRefused):
        accounts.sign_in("admin", SECRET)

    entry = latest(tmp_path)
    assert (entry.actor, entry.action, entry.outcome) == ("admin", "sign_in", "refused")


def test_an_unknown_name_is_noted_as_a_digest_that_tells_equal_ones(
    accounts: Accounts, tmp_path: Path
) -> None:
    noted = []
    for name in (SECRET, SECRET.upper(), "another"):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong")
        noted.append(latest(tmp_path))

    digests = [entry.details["name_digest"] for entry in noted]
    assert {entry.actor for entry in noted} == {"-"}
    assert digests[0] == digests[1] != digests[2]


def test_being_blocked_is_noted_once_for_each_wait(
    accounts: Accounts, password: str, tmp_path: Path, clock: SecondsClock
) -> None:
    for _ in range(3):
        with pytest.raises(SignInRefused):
            accounts.sign_in("admin", "wrong")
    before = count(tmp_path)

    for _ in range(50):
        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", "wrong")

    assert count(tmp_path) == before + 1
    assert (latest(tmp_path).actor, latest(tmp_path).outcome) == ("admin", "blocked")

    clock.now_s += 1
    with pytest.raises(SignInRefused):
        accounts.sign_in("admin", "wrong")
    with pytest.raises(SignInBlocked):
        accounts.sign_in("admin", "wrong")

    assert count(tmp_path) == before + 3


def fail(accounts: Accounts, clock: SecondsClock, times: int, name: str = "admin") -> None:
    """Fail to sign in, each time from another address."""
    for number in range(times):
        clock.now_s += 1
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong", address=f"198.51.100.{number}")


def test_a_burst_of_failures_has_one_line_that_says_so(
    accounts: Accounts, password: str, tmp_path: Path, clock: SecondsClock
) -> None:
    before = count(tmp_path)

    fail(accounts, clock, 200)

    assert count(tmp_path) == before + 11
    assert (latest(tmp_path).actor, latest(tmp_path).outcome) == ("admin", "burst")


def test_made_up_names_are_one_burst(
    accounts: Accounts, tmp_path: Path, clock: SecondsClock
) -> None:
    before = count(tmp_path)

    for number in range(50):
        fail(accounts, clock, 1, name=f"made up {number}")

    assert count(tmp_path) == before + 11
    assert (latest(tmp_path).actor, latest(tmp_path).outcome) == ("-", "burst")


def test_a_burst_of_others_hides_no_user_s_failure(
    accounts: Accounts, password: str, tmp_path: Path, clock: SecondsClock
) -> None:
    fail(accounts, clock, 50, name="made up")

    fail(accounts, clock, 1)

    assert (latest(tmp_path).actor, latest(tmp_path).outcome) == ("admin", "refused")


@pytest.mark.parametrize("ends", ["another failure after an hour", "a success"])
def test_how_many_were_not_written_stands_in_the_line_after_a_burst(
    accounts: Accounts,
    password: str,
    tmp_path: Path,
    clock: SecondsClock,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
) -> None:
    monkeypatch.setattr("datalayer.access.sign_in_throttle.LINES_AN_HOUR", 3)
    fail(accounts, clock, 9)

    if ends == "a success":
        accounts.sign_in("admin", password, address="192.0.2.7")
    else:
        clock.now_s += 3600
        fail(accounts, clock, 1)

    assert latest(tmp_path).details["not_written"] == 5


def test_a_sign_out_is_noted_once(accounts: Accounts, password: str, tmp_path: Path) -> None:
    token = accounts.sign_in("admin", password).token
    before = count(tmp_path)

    accounts.sign_out(token)
    accounts.sign_out(token)

    assert count(tmp_path) == before + 1
    assert (latest(tmp_path).actor, latest(tmp_path).action) == ("admin", "sign_out")


def test_every_change_of_a_user_is_noted_with_who_made_it(
    accounts: Accounts, password: str, tmp_path: Path
) -> None:
    noted = []
    for change in (
        lambda: accounts.add("ana", Role.PLANNER, PASSWORD, by=BY),
        lambda: accounts.set_password("ana", "another password", by=BY),
        lambda: accounts.set_role("ana", Role.ANALYST, by=BY),
        lambda: accounts.disable("ana", by=BY),
        lambda: accounts.enable("ana", by=BY),
    ):
        change()
        noted.append(latest(tmp_path))

    assert [(e.action, e.details.get("role")) for e in noted] == [
        ("user_add", "planner"),
        ("password_set", None),
        ("user_role", "analyst"),
        ("user_disable", None),
        ("user_enable", None),
    ]
    assert {(e.actor, e.outcome, e.details["user"]) for e in noted} == {("cli:test", "done", "ana")}


def test_keys_are_noted_by_their_id(keys: ApiKeys, tmp_path: Path) -> None:
    made = keys.add("bi", Scope.REFRESH, by=BY, expires_in_s=None)
    added = latest(tmp_path)

    keys.revoke(made.split("_")[1], by=BY)

    revoked = latest(tmp_path)
    assert (added.actor, added.action) == ("cli:test", "key_add")
    assert revoked.action == "key_revoke"
    expected = {"key": made.split("_")[1], "name": "bi", "scope": "refresh"}
    assert added.details == revoked.details == expected


@pytest.mark.parametrize("reason", ["revoked", "expired", "wrong secret"])
def test_the_refusal_of_a_key_is_noted_with_its_reason_at_most_once_a_minute(
    keys: ApiKeys, tmp_path: Path, clock: SecondsClock, reason: str
) -> None:
    key = keys.add("bi", Scope.READ, by=BY, expires_in_s=60 if reason == "expired" else None)
    if reason == "revoked":
        keys.revoke(key.split("_")[1], by=BY)
    tried = key if reason != "wrong secret" else key[:20] + "0" * 63
    clock.now_s += 3600
    before = count(tmp_path)

    for _ in range(61):
        clock.now_s += 1
        with pytest.raises(KeyRefused):
            keys.check(tried)

    assert count(tmp_path) == before + 2
    assert (latest(tmp_path).actor, latest(tmp_path).outcome) == ("key:bi", "refused")
    assert latest(tmp_path).details["reason"] == reason


def test_a_key_that_does_not_exist_fills_no_log(keys: ApiKeys, tmp_path: Path) -> None:
    keys.add("bi", Scope.READ, by=BY, expires_in_s=None)
    before = count(tmp_path)

    for number in range(20):
        with pytest.raises(KeyRefused):
            keys.check(f"farol_{number:012x}_{'0' * 64}")

    assert count(tmp_path) == before


def test_no_password_no_key_and_nothing_typed_is_in_the_log(
    accounts: Accounts, password: str, keys: ApiKeys, tmp_path: Path
) -> None:
    key = keys.add("bi", Scope.READ, by=BY, expires_in_s=None)
    keys.check(key)
    token = accounts.sign_in("admin", password).token
    for name, typed in ((SECRET, SECRET), ("admin", SECRET)):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, typed)
    accounts.add("ana", Role.PLANNER, PASSWORD, by=BY)

    log = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")

    for secret in (password, PASSWORD, SECRET, key, key.split("_")[2], token):
        assert json.dumps(secret)[1:-1] not in log


def test_what_cannot_be_audited_is_not_done(
    accounts: Accounts, password: str, keys: ApiKeys, tmp_path: Path
) -> None:
    (tmp_path / "audit.jsonl").unlink()
    (tmp_path / "audit.jsonl").mkdir()

    with pytest.raises(StateError):
        accounts.add("ana", Role.ADMIN, PASSWORD, by=BY)
    with pytest.raises(StateError):
        accounts.sign_in("admin", password)
    with pytest.raises(StateError):
        keys.add("bi", Scope.REFRESH, by=BY, expires_in_s=None)

    assert set(accounts.users()) == {"admin"}
    assert keys.all() == ()
    assert not (tmp_path / "sessions.json").exists()
