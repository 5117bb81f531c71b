"""A state folder of accounts, a clock that stands, and users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.api_keys import ApiKeys
from datalayer.access.identity import Identity, Role
from tests.clocks import SecondsClock

CHEAP = 4
"""bcrypt's least cost: the tests are about the rules around the hash."""

BY = Identity("cli:test", Role.ADMIN)


@pytest.fixture
def clock() -> SecondsClock:
    return SecondsClock(1_800_000_000.0)


@pytest.fixture
def reopened(tmp_path: Path, clock: SecondsClock) -> Callable[[], Accounts]:
    """Open the same state folder, as a restarted process would."""
    return lambda: Accounts(tmp_path, clock=clock, bcrypt_rounds=CHEAP)


@pytest.fixture
def accounts(reopened: Callable[[], Accounts]) -> Accounts:
    return reopened()


@pytest.fixture
def password(accounts: Accounts) -> str:
    """The password of ``admin``."""
    first = accounts.ensure_first_admin()
    assert first is not None
    return first


@pytest.fixture
def keys(tmp_path: Path, clock: SecondsClock) -> ApiKeys:
    return ApiKeys(tmp_path, clock=clock)
