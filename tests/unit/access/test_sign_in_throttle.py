"""Failed sign-ins under a name, or from an address, slow the next one down."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.kernel.errors import SignInBlocked, SignInRefused, StateUnavailable
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY
from tests.unit.access.failing import fail, fail_as_many, fail_from_many, keep_failing


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


def test_a_file_that_cannot_be_written_is_named_without_its_folder(
    accounts: Accounts, password: str, tmp_path: Path
) -> None:
    (tmp_path / "sign_in_failures.sqlite").mkdir()

    with pytest.raises(StateUnavailable) as refused:
        accounts.sign_in("admin", password)

    assert "sign_in_failures.sqlite" in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
