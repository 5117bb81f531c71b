"""Floods of failed sign-ins make no known user wait, and end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role
from datalayer.access.sign_in_throttle import SignInAttempt, SignInThrottle
from datalayer.kernel.errors import SignInBlocked, SignInRefused
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY
from tests.unit.access.failing import fail, fail_from_many, keep_failing


class TestWhoIsKnown:
    def test_no_stranger_holds_up_an_address_from_which_the_owner_signed_in(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        accounts.sign_in("admin", password, address="192.0.2.1")
        fail_from_many(accounts, 10)
        keep_failing(accounts, clock, 10)

        assert accounts.sign_in("admin", password, address="192.0.2.1").identity.name == "admin"

    def test_no_stranger_holds_up_a_browser_in_which_the_owner_signed_in(
        self, accounts: Accounts, password: str
    ) -> None:
        known = accounts.sign_in("admin", password, address="192.0.2.1").known_browser
        fail_from_many(accounts, 10)

        signed_in = accounts.sign_in("admin", password, address="192.0.2.9", known_browser=known)

        assert signed_in.identity.name == "admin"

    def test_a_stranger_at_the_owner_s_own_address_does_not_hold_up_the_browser(
        self, accounts: Accounts, password: str
    ) -> None:
        known = accounts.sign_in("admin", password, address="192.0.2.1").known_browser
        fail(accounts, 3, address="192.0.2.1")
        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.1")

        signed_in = accounts.sign_in("admin", password, address="192.0.2.1", known_browser=known)

        assert signed_in.identity.name == "admin"

    def test_guesses_in_a_known_browser_must_wait_wherever_it_is(
        self, accounts: Accounts, password: str
    ) -> None:
        known = accounts.sign_in("admin", password).known_browser
        for number in range(3):
            with pytest.raises(SignInRefused):
                accounts.sign_in("admin", "wrong", address=f"192.0.2.{number}", known_browser=known)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.9", known_browser=known)

    def test_guesses_at_a_known_address_must_wait(self, accounts: Accounts, password: str) -> None:
        accounts.sign_in("admin", password, address="192.0.2.1")
        fail(accounts, 3, address="192.0.2.1")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.1")

    def test_who_is_known_as_one_user_is_not_as_another(
        self, accounts: Accounts, password: str
    ) -> None:
        accounts.add("ana", Role.PLANNER, "a password of the tests", by=BY)
        known = accounts.sign_in(
            "ana", "a password of the tests", address="192.0.2.1"
        ).known_browser
        fail_from_many(accounts, 10)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.1", known_browser=known)

    @pytest.mark.parametrize("change", ["set_password", "disable"])
    def test_a_new_password_makes_browsers_and_addresses_strangers(
        self, accounts: Accounts, password: str, clock: SecondsClock, change: str
    ) -> None:
        accounts.add("ana", Role.PLANNER, password, by=BY)
        known = accounts.sign_in("ana", password, address="192.0.2.1").known_browser
        clock.now_s += 1
        if change == "set_password":
            accounts.set_password("ana", password, by=BY)
        else:
            accounts.disable("ana", by=BY)
            accounts.enable("ana", by=BY)
        fail_from_many(accounts, 10, name="ana")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("ana", password, address="192.0.2.2", known_browser=known)

    def test_a_known_browser_is_a_stranger_after_90_days(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        known = accounts.sign_in("admin", password, address="192.0.2.1").known_browser
        clock.now_s += 90 * 86_400 + 1
        fail_from_many(accounts, 10)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.1", known_browser=known)

    def test_the_token_of_a_browser_is_no_session_and_the_other_way_round(
        self, accounts: Accounts, password: str
    ) -> None:
        signed_in = accounts.sign_in("admin", password)
        fail(accounts, 3)

        assert accounts.identity_from_token(signed_in.known_browser) is None
        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, known_browser=signed_in.token)

    @pytest.mark.parametrize("token", ["x", "a.b.c", "\ud800", "é" * 9000])
    def test_what_is_no_token_is_a_stranger_s(
        self, accounts: Accounts, password: str, token: str
    ) -> None:
        fail(accounts, 3)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, known_browser=token)


class TestFloods:
    def test_made_up_names_make_no_user_s_failures_forgotten(
        self,
        accounts: Accounts,
        password: str,
        clock: SecondsClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("datalayer.access.sign_in_failures.MOST_STRANGERS", 20)
        fail(accounts, 3, address="192.0.2.1")
        clock.now_s += 0.5

        for number in range(60):
            clock.now_s += 0.001
            fail(accounts, 1, name=f"made up {number}", address=f"198.51.100.{number}")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", "wrong", address="192.0.2.1")

    def test_ever_new_addresses_make_no_user_s_failures_forgotten(
        self,
        accounts: Accounts,
        password: str,
        clock: SecondsClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for bound in ("MOST_STRANGERS", "MOST_OF_A_USER"):
            monkeypatch.setattr(f"datalayer.access.sign_in_failures.{bound}", 5)
        fail_from_many(accounts, 10)
        keep_failing(accounts, clock, 20)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", "wrong", address="192.0.2.1")

    def test_what_is_kept_is_bounded(
        self,
        accounts: Accounts,
        password: str,
        clock: SecondsClock,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        for bound in ("MOST_STRANGERS", "MOST_OF_A_USER"):
            monkeypatch.setattr(f"datalayer.access.sign_in_failures.{bound}", 5)
        for number in range(50):
            clock.now_s += 301
            fail(accounts, 1, address=f"198.51.100.{number}")
            fail(accounts, 1, name=f"made up {number}", address=f"198.51.100.{number}")

        with sqlite3.connect(tmp_path / "sign_in_failures.sqlite") as file:
            rows = dict(file.execute("select pool, count(*) from failures group by pool"))

        # Of one attempt, two rows are equally old.
        assert rows == {"users": 6, "strangers": 6, "addresses": 5}

    def test_a_day_without_failures_leaves_nothing(
        self, accounts: Accounts, clock: SecondsClock, tmp_path: Path
    ) -> None:
        fail_from_many(accounts, 9)
        clock.now_s += 86_401

        fail(accounts, 1, name="nobody", address="192.0.2.1")

        with sqlite3.connect(tmp_path / "sign_in_failures.sqlite") as file:
            assert list(file.execute("select count(*) from failures")) == [(3,)]

    def test_an_attempt_writes_no_more_when_there_are_many(
        self, accounts: Accounts, clock: SecondsClock, tmp_path: Path
    ) -> None:
        def changed_bytes(work: Callable[[], None]) -> int:
            path = tmp_path / "sign_in_failures.sqlite"
            before = path.read_bytes()
            work()
            after = path.read_bytes()
            pages = [
                (before[at : at + 4096], after[at : at + 4096]) for at in range(0, len(after), 4096)
            ]
            return sum(len(new) for old, new in pages if old != new)

        for number in range(1500):
            clock.now_s += 0.001
            attempt = SignInAttempt(
                f"made up {number}", is_user=False, address=f"10.{number % 97}.0.1"
            )
            SignInThrottle(tmp_path / "sign_in_failures.sqlite", clock=lambda: clock.now_s).begin(
                attempt, "key"
            )

        written = changed_bytes(lambda: fail(accounts, 1, name="one more", address="192.0.2.1"))

        assert (tmp_path / "sign_in_failures.sqlite").stat().st_size > 300_000
        assert written < 100_000
