"""Sign-ins that fail."""

from __future__ import annotations

import pytest

from datalayer.access.accounts import Accounts
from datalayer.kernel.errors import SignInRefused
from tests.clocks import SecondsClock


def fail(accounts: Accounts, times: int, name: str = "admin", address: str = "") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong", address=address)


def fail_as_many(accounts: Accounts, times: int, address: str) -> None:
    """Fail under a name of its own each time."""
    for number in range(times):
        fail(accounts, 1, name=f"name{number}", address=address)


def fail_from_many(accounts: Accounts, times: int, name: str = "admin") -> None:
    """Fail under one name, from an address of its own each time."""
    for number in range(times):
        fail(accounts, 1, name=name, address=f"198.51.100.{number}")


def keep_failing(accounts: Accounts, clock: SecondsClock, times: int) -> None:
    """Fail as ``admin`` from a new address whenever the wait is over."""
    for number in range(times):
        clock.now_s += 301
        fail(accounts, 1, address=f"203.0.113.{number}")
