"""The first administrator, and what damaged files do."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.first_admin import first_admin_notice
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import SignInRefused, StateError
from tests.unit.access.conftest import CHEAP

STARTS = """
import sys
from pathlib import Path
from datalayer.access.first_admin import first_admin_notice
print(first_admin_notice(Path(sys.argv[1])))
"""


class TestFirstAdmin:
    def test_the_first_password_is_given_once_and_signs_in(self, accounts: Accounts) -> None:
        first = accounts.ensure_first_admin()
        second = accounts.ensure_first_admin()

        assert first is not None
        assert second is None
        assert accounts.sign_in("admin", first).identity == Identity("admin", Role.ADMIN)

    def test_two_installations_get_different_passwords(self, tmp_path: Path) -> None:
        passwords = {
            Accounts(tmp_path / name, bcrypt_rounds=CHEAP).ensure_first_admin() for name in "ab"
        }

        assert len(passwords) == 2
        assert None not in passwords

    def test_of_two_processes_that_start_together_one_makes_the_admin(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", STARTS, str(tmp_path)]
        starting = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]

        ended = [(*each.communicate(), each.returncode) for each in starting]

        assert [returned for *_, returned in ended] == [0, 0]
        assert sorted(told == b"None\n" for told, *_ in ended) == [False, True]

    def test_the_notice_holds_the_password_that_signs_in(self, tmp_path: Path) -> None:
        notice = first_admin_notice(tmp_path)

        assert notice is not None
        shown = re.search(r"(?:[a-z0-9]{5}-){3}[a-z0-9]{5}", notice)
        assert shown is not None
        assert Accounts(tmp_path).sign_in("admin", shown[0]).identity.role is Role.ADMIN

    def test_a_second_start_has_no_notice(self, tmp_path: Path) -> None:
        first_admin_notice(tmp_path)

        assert first_admin_notice(tmp_path) is None

    def test_only_the_owner_may_read_what_is_stored(
        self, accounts: Accounts, password: str, tmp_path: Path
    ) -> None:
        with pytest.raises(SignInRefused):
            accounts.sign_in("admin", "wrong")

        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

        audit = modes.pop("audit.jsonl")
        assert {"accounts.json", "cookie_key", "sign_in_failures.sqlite"} <= set(modes)
        assert set(modes.values()) == {0o600}
        assert audit & 0o007 == 0

    def test_a_file_that_others_may_read_is_closed_to_them(
        self, reopened: Callable[[], Accounts], password: str, tmp_path: Path
    ) -> None:
        (tmp_path / "accounts.json").chmod(0o644)

        reopened().users()

        assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600

    def test_no_password_is_stored(self, password: str, tmp_path: Path) -> None:
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())

        assert password.encode() not in stored


class TestDamagedFiles:
    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            '{"users": 3}',
            '{"users": [{"name": "admin"}]}',
            '{"users": [{"name": "../x", "password": "x", "role": "admin", "not_before": 0}]}',
            '{"users": [{"name": "admin", "password": "plain", "role": "admin", "not_before": 0}]}',
            '{"users": [{"name": "admin", "password": "$2b$04$'
            + "a" * 53
            + '", "role": "god", "not_before": 0}]}',
            '{"users": [{"name": "admin", "password": "$2b$04$'
            + "a" * 53
            + '", "role": "admin", "not_before": 0, "disabled": "no"}]}',
        ],
    )
    def test_damaged_users_stop_every_sign_in_and_are_not_replaced(
        self, accounts: Accounts, tmp_path: Path, content: str
    ) -> None:
        (tmp_path / "accounts.json").write_text(content, encoding="utf-8")

        with pytest.raises(StateError, match="damaged"):
            accounts.ensure_first_admin()
        with pytest.raises(StateError, match="damaged"):
            accounts.sign_in("admin", "whatever")

        assert (tmp_path / "accounts.json").read_text(encoding="utf-8") == content

    def test_a_damaged_count_of_failures_locks_nobody_out(
        self, accounts: Accounts, password: str, tmp_path: Path
    ) -> None:
        (tmp_path / "sign_in_failures.sqlite").write_text("[1, 2", encoding="utf-8")

        assert accounts.sign_in("admin", password).identity.name == "admin"

    def test_a_folder_that_cannot_be_used_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file, not a folder", encoding="utf-8")

        with pytest.raises(StateError, match=r"state.*can't be read"):
            Accounts(tmp_path / "state", bcrypt_rounds=CHEAP).ensure_first_admin()
