"""Failed sign-ins slow the next one down."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role
from datalayer.access.sign_in_throttle import SignInAttempt, SignInThrottle
from datalayer.kernel.errors import SignInBlocked, SignInRefused, StateUnavailable
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY


def fail(accounts: Accounts, times: int, name: str = "admin", address: str = "") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong", address=address)


def fail_as_many(accounts: Accounts, times: int, address: str) -> None:
    """Fail under a name of its own each time."""
    for number in range(times):
        fail(accounts, 1, name=f"name{number}", address=address)


class TestPerName:
    def test_after_three_failures_even_the_right_password_must_wait(
        self, accounts: Accounts, password: str
    ) -> None:
        fail(accounts, 3)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password)

    def test_the_wait_is_over_when_it_says(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        fail(accounts, 3)
        with pytest.raises(SignInBlocked) as blocked:
            accounts.sign_in("admin", password)

        clock.now_s += blocked.value.wait_s

        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_the_wait_doubles_up_to_a_quarter_of_an_hour(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        waits = []
        fail(accounts, 2)
        for _ in range(14):
            fail(accounts, 1)
            with pytest.raises(SignInBlocked) as blocked:
                accounts.sign_in("admin", password)
            waits.append(blocked.value.wait_s)
            clock.now_s += blocked.value.wait_s

        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]

    def test_failures_survive_a_restart(
        self, accounts: Accounts, password: str, reopened: Callable[[], Accounts]
    ) -> None:
        fail(accounts, 3)

        with pytest.raises(SignInBlocked):
            reopened().sign_in("admin", password)

    def test_a_name_without_a_user_is_throttled_alike(self, accounts: Accounts) -> None:
        fail(accounts, 3, name="nobody")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("nobody", "wrong")

    def test_one_name_does_not_hold_up_another(self, accounts: Accounts, password: str) -> None:
        fail(accounts, 3, name="nobody")

        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_a_clock_that_is_set_back_makes_no_wait_longer(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        fail(accounts, 3)
        clock.now_s -= 10 * 86_400

        with pytest.raises(SignInBlocked) as blocked:
            accounts.sign_in("admin", password)
        clock.now_s += blocked.value.wait_s

        assert blocked.value.wait_s == 1
        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_a_success_forgets_the_failures(self, accounts: Accounts, password: str) -> None:
        fail(accounts, 2)
        accounts.sign_in("admin", password)
        fail(accounts, 2)

        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_a_day_without_failures_forgets_them(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        fail(accounts, 3)
        clock.now_s += 86_401
        fail(accounts, 2)

        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_a_new_password_ends_the_wait(self, accounts: Accounts, password: str) -> None:
        fail(accounts, 3)

        accounts.set_password("admin", "another password", by=BY)

        assert accounts.sign_in("admin", "another password").identity.name == "admin"

    def test_what_was_typed_as_a_name_is_not_stored(
        self, accounts: Accounts, tmp_path: Path
    ) -> None:
        fail(accounts, 1, name="my secret password")

        assert b"secret" not in (tmp_path / "sign_in_failures.sqlite").read_bytes()

    def test_attempts_made_side_by_side_do_not_slip_through_together(
        self, password: str, reopened: Callable[[], Accounts]
    ) -> None:
        def attempt(accounts: Accounts) -> type[Exception]:
            with pytest.raises(SignInRefused) as answer:
                accounts.sign_in("admin", "wrong")
            return answer.type

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(attempt, [reopened() for _ in range(24)]))

        assert answers.count(SignInRefused) == 3
        assert answers.count(SignInBlocked) == 21


class TestPerAddress:
    def test_guesses_at_many_names_from_one_address_must_wait(self, accounts: Accounts) -> None:
        fail_as_many(accounts, 20, "192.0.2.7")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("another", "wrong", address="192.0.2.7")

    def test_nineteen_failures_of_an_office_hold_up_nobody(
        self, accounts: Accounts, password: str
    ) -> None:
        fail_as_many(accounts, 19, "192.0.2.7")

        assert accounts.sign_in("admin", password, address="192.0.2.7").identity.name == "admin"

    def test_another_address_is_not_held_up(self, accounts: Accounts, password: str) -> None:
        fail_as_many(accounts, 20, "192.0.2.7")

        assert accounts.sign_in("admin", password, address="192.0.2.8").identity.name == "admin"

    def test_failures_from_an_address_survive_a_restart(
        self, accounts: Accounts, password: str, reopened: Callable[[], Accounts]
    ) -> None:
        fail_as_many(accounts, 20, "192.0.2.7")

        with pytest.raises(SignInBlocked):
            reopened().sign_in("admin", password, address="192.0.2.7")

    def test_a_success_does_not_clear_the_way_for_guesses_at_other_names(
        self, accounts: Accounts, password: str
    ) -> None:
        fail_as_many(accounts, 19, "192.0.2.7")
        accounts.sign_in("admin", password, address="192.0.2.7")

        fail(accounts, 1, name="nobody", address="192.0.2.7")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="192.0.2.7")

    def test_successes_are_not_counted(self, accounts: Accounts, password: str) -> None:
        for _ in range(25):
            accounts.sign_in("admin", password, address="192.0.2.7")

        assert accounts.sign_in("admin", password, address="192.0.2.7").identity.name == "admin"

    def test_the_wait_grows_to_five_minutes_and_is_forgotten_after_an_hour(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        fail_as_many(accounts, 19, "192.0.2.7")
        waits = []
        for number in range(11):
            fail(accounts, 1, name=f"other{number}", address="192.0.2.7")
            with pytest.raises(SignInBlocked) as blocked:
                accounts.sign_in("admin", password, address="192.0.2.7")
            waits.append(blocked.value.wait_s)
            clock.now_s += blocked.value.wait_s

        clock.now_s += 3600
        fail_as_many(accounts, 19, "192.0.2.7")

        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        assert accounts.sign_in("admin", password, address="192.0.2.7").identity.name == "admin"

    def test_all_addresses_of_one_ipv6_network_count_as_one(
        self, accounts: Accounts, password: str
    ) -> None:
        for number in range(20):
            fail(accounts, 1, name=f"name{number}", address=f"2001:db8::{number + 1}")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", password, address="2001:db8::ffff")
        assert (
            accounts.sign_in("admin", password, address="2001:db8:0:1::1").identity.name == "admin"
        )

    def test_a_name_that_reads_like_an_address_is_no_address(
        self, accounts: Accounts, password: str
    ) -> None:
        fail(accounts, 3, name="192.0.2.7")
        fail(accounts, 3, name="address 192.0.2.7")

        assert accounts.sign_in("admin", password, address="192.0.2.7").identity.name == "admin"

    def test_an_attempt_that_was_blocked_does_not_prolong_the_wait(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        fail(accounts, 3, address="192.0.2.7")
        for _ in range(30):
            with pytest.raises(SignInBlocked):
                accounts.sign_in("admin", password, address="192.0.2.7")

        clock.now_s += 1

        assert accounts.sign_in("admin", password, address="192.0.2.7").identity.name == "admin"


def fail_from_many(accounts: Accounts, times: int, name: str = "admin") -> None:
    """Fail under one name, from an address of its own each time."""
    for number in range(times):
        fail(accounts, 1, name=name, address=f"198.51.100.{number}")


def keep_failing(accounts: Accounts, clock: SecondsClock, times: int) -> None:
    """Fail as ``admin`` from a new address whenever the wait is over."""
    for number in range(times):
        clock.now_s += 301
        fail(accounts, 1, address=f"203.0.113.{number}")


class TestOfOneNameFromWherever:
    def test_a_few_failures_from_elsewhere_hold_no_owner_up(
        self, accounts: Accounts, password: str
    ) -> None:
        fail_from_many(accounts, 9)

        assert accounts.sign_in("admin", password, address="192.0.2.1").identity.name == "admin"

    def test_guesses_from_ever_new_addresses_must_wait(self, accounts: Accounts) -> None:
        fail_from_many(accounts, 10)

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", "wrong", address="192.0.2.1")

    def test_a_name_without_a_user_is_treated_alike(self, accounts: Accounts) -> None:
        fail_from_many(accounts, 10, name="nobody")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("nobody", "wrong", address="192.0.2.1")

    def test_the_wait_grows_to_five_minutes(self, accounts: Accounts, clock: SecondsClock) -> None:
        fail_from_many(accounts, 10)
        keep_failing(accounts, clock, 12)

        with pytest.raises(SignInBlocked) as blocked:
            accounts.sign_in("admin", "wrong", address="192.0.2.1")

        assert blocked.value.wait_s == 300

    def test_a_success_forgives_the_owner_s_failures_and_no_stranger_s(
        self, accounts: Accounts, password: str
    ) -> None:
        fail_from_many(accounts, 7)
        fail(accounts, 2, address="192.0.2.1")
        accounts.sign_in("admin", password, address="192.0.2.1")

        fail(accounts, 1, address="203.0.113.1")
        fail(accounts, 1, address="203.0.113.2")
        fail(accounts, 1, address="203.0.113.3")

        with pytest.raises(SignInBlocked):
            accounts.sign_in("admin", "wrong", address="203.0.113.4")


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


def test_a_file_that_cannot_be_written_is_named_without_its_folder(
    accounts: Accounts, password: str, tmp_path: Path
) -> None:
    (tmp_path / "sign_in_failures.sqlite").mkdir()

    with pytest.raises(StateUnavailable) as refused:
        accounts.sign_in("admin", password)

    assert "sign_in_failures.sqlite" in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
