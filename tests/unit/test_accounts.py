"""Users, passwords, throttle, revocation and session tokens."""

from __future__ import annotations

import json
import multiprocessing
import re
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import jwt
import pytest

from datalayer.accounts import TOKEN_LIFETIME, Accounts, first_admin_notice, main
from datalayer.errors import (
    InvalidSelection,
    SignInBlocked,
    SignInRefused,
    StateError,
    UnknownUser,
)
from datalayer.identity import Identity, Role

CHEAP = 4
"""bcrypt's least cost: the tests are about the rules around the hash."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_accounts(tmp_path: Path, clock: Clock) -> Callable[[], Accounts]:
    """Open the same state folder, as a restarted process would."""
    return lambda: Accounts(tmp_path, clock=clock, bcrypt_rounds=CHEAP)


@pytest.fixture
def accounts(open_accounts: Callable[[], Accounts]) -> Accounts:
    return open_accounts()


@pytest.fixture
def password(accounts: Accounts) -> str:
    first = accounts.ensure_first_admin()
    assert first is not None
    return first


def token(accounts: Accounts, *, began: float, name: object = "admin", key: str = "") -> str:
    """Sign a token the way streamlit-authenticator does."""
    end = (datetime.fromtimestamp(began) + TOKEN_LIFETIME).timestamp()  # noqa: DTZ006
    return jwt.encode({"username": name, "exp_date": end}, key or accounts.cookie_key(), "HS256")


class TestFirstAdmin:
    def test_the_first_password_is_given_once_and_signs_in(self, accounts: Accounts) -> None:
        first = accounts.ensure_first_admin()
        second = accounts.ensure_first_admin()

        assert first is not None
        assert second is None
        assert accounts.authenticate("admin", first) == Identity("admin", Role.ADMIN)

    def test_two_installations_get_different_passwords(self, tmp_path: Path) -> None:
        passwords = {
            Accounts(tmp_path / name, bcrypt_rounds=CHEAP).ensure_first_admin() for name in "ab"
        }

        assert len(passwords) == 2
        assert None not in passwords

    def test_of_two_processes_that_start_together_one_makes_the_admin(self, tmp_path: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            notices = pool.map(first_admin_notice, [tmp_path] * 2)

        assert [notice is None for notice in notices].count(False) == 1

    def test_the_notice_holds_the_password_that_signs_in(self, tmp_path: Path) -> None:
        notice = first_admin_notice(tmp_path)

        assert notice is not None
        shown = re.search(r"(?:[a-z0-9]{5}-){3}[a-z0-9]{5}", notice)
        assert shown is not None
        assert Accounts(tmp_path).authenticate("admin", shown[0]).role is Role.ADMIN

    def test_a_second_start_has_no_notice(self, tmp_path: Path) -> None:
        first_admin_notice(tmp_path)

        assert first_admin_notice(tmp_path) is None

    def test_only_the_owner_may_read_what_is_stored(
        self, accounts: Accounts, password: str, tmp_path: Path
    ) -> None:
        with pytest.raises(SignInRefused):
            accounts.authenticate("admin", "wrong")

        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

        assert {"accounts.json", "cookie_key", "sign_in_failures.json"} <= set(modes)
        assert set(modes.values()) == {0o600}

    def test_a_file_that_others_may_read_is_closed_to_them(
        self, open_accounts: Callable[[], Accounts], password: str, tmp_path: Path
    ) -> None:
        (tmp_path / "accounts.json").chmod(0o644)

        open_accounts().users()

        assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600

    def test_no_password_is_stored(self, password: str, tmp_path: Path) -> None:
        stored = "".join(p.read_text(encoding="utf-8") for p in tmp_path.iterdir())

        assert password not in stored


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
        ],
    )
    def test_damaged_users_stop_every_sign_in_and_are_not_replaced(
        self, accounts: Accounts, tmp_path: Path, content: str
    ) -> None:
        (tmp_path / "accounts.json").write_text(content, encoding="utf-8")

        with pytest.raises(StateError, match="damaged"):
            accounts.ensure_first_admin()
        with pytest.raises(StateError, match="damaged"):
            accounts.authenticate("admin", "whatever")

        assert (tmp_path / "accounts.json").read_text(encoding="utf-8") == content

    def test_a_damaged_count_of_failures_locks_nobody_out(
        self, accounts: Accounts, password: str, tmp_path: Path
    ) -> None:
        (tmp_path / "sign_in_failures.json").write_text("[1, 2", encoding="utf-8")

        assert accounts.authenticate("admin", password).name == "admin"

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file, not a folder", encoding="utf-8")

        with pytest.raises(StateError, match=r"state.*can't be written"):
            Accounts(tmp_path / "state", bcrypt_rounds=CHEAP).ensure_first_admin()


class TestPasswords:
    def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
        self, accounts: Accounts, password: str
    ) -> None:
        with pytest.raises(SignInRefused) as wrong:
            accounts.authenticate("admin", password + "x")
        with pytest.raises(SignInRefused) as unknown:
            accounts.authenticate("nobody", password)

        assert str(wrong.value) == str(unknown.value)
        assert type(wrong.value) is type(unknown.value)

    def test_a_wrong_password_and_an_unknown_user_take_comparable_time(
        self, tmp_path: Path
    ) -> None:
        accounts = Accounts(tmp_path, bcrypt_rounds=8)
        accounts.ensure_first_admin()
        spent: dict[str, list[float]] = {"admin": [], "nobody": []}

        for attempt in range(9):
            for name, seconds in spent.items():
                (tmp_path / "sign_in_failures.json").unlink(missing_ok=True)
                start = time.process_time()
                with pytest.raises(SignInRefused):
                    accounts.authenticate(name, f"wrong {attempt}")
                seconds.append(time.process_time() - start)

        known, unknown = (statistics.median(seconds) for seconds in spent.values())
        assert 0.5 < known / unknown < 2.0

    @pytest.mark.parametrize("name", ["ADMIN", "  admin ", "Admin"])
    def test_case_and_spaces_around_a_name_do_not_matter(
        self, accounts: Accounts, password: str, name: str
    ) -> None:
        assert accounts.authenticate(name, password).name == "admin"

    def test_every_character_of_a_long_password_counts(
        self, accounts: Accounts, password: str
    ) -> None:
        long_password = "á" * 1000 + "z"
        accounts.set_password("admin", long_password)

        assert accounts.authenticate("admin", long_password).name == "admin"
        with pytest.raises(SignInRefused):
            accounts.authenticate("admin", "á" * 1000 + "y")

    def test_composed_and_decomposed_letters_are_one_password(
        self, accounts: Accounts, password: str
    ) -> None:
        accounts.set_password("admin", "ma\u00e7\u00e3 verde 2026")

        assert accounts.authenticate("admin", "mac\u0327a\u0303 verde 2026").name == "admin"

    @pytest.mark.parametrize("bad", ["", "short", "x" * 11, "x" * 1025])
    def test_a_password_too_short_or_too_long_is_not_set(
        self, accounts: Accounts, password: str, bad: str
    ) -> None:
        with pytest.raises(InvalidSelection, match="characters long"):
            accounts.set_password("admin", bad)

        assert accounts.authenticate("admin", password).name == "admin"

    @pytest.mark.parametrize("typed", ["", "\x00", "x" * 5_000_000, "\ud800", "🔑" * 40])
    def test_anything_typed_is_answered_with_a_refusal(
        self, accounts: Accounts, password: str, typed: str
    ) -> None:
        with pytest.raises(SignInRefused):
            accounts.authenticate("admin", typed)
        with pytest.raises(SignInRefused):
            accounts.authenticate(typed, password)

    def test_an_unknown_user_gets_no_password(self, accounts: Accounts, password: str) -> None:
        with pytest.raises(UnknownUser, match=r"nobody.*admin"):
            accounts.set_password("nobody", "long enough, surely")

        assert set(accounts.users()) == {"admin"}


class TestThrottle:
    def fail(self, accounts: Accounts, times: int, name: str = "admin") -> None:
        for _ in range(times):
            with pytest.raises(SignInRefused):
                accounts.authenticate(name, "wrong")

    def test_after_three_failures_even_the_right_password_must_wait(
        self, accounts: Accounts, password: str
    ) -> None:
        self.fail(accounts, 3)

        with pytest.raises(SignInBlocked):
            accounts.authenticate("admin", password)

    def test_the_wait_is_over_when_it_says(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        self.fail(accounts, 3)
        with pytest.raises(SignInBlocked) as blocked:
            accounts.authenticate("admin", password)

        clock.now += blocked.value.wait_s

        assert accounts.authenticate("admin", password).name == "admin"

    def test_the_wait_doubles_up_to_a_quarter_of_an_hour(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        waits = []
        self.fail(accounts, 2)
        for _ in range(14):
            self.fail(accounts, 1)
            with pytest.raises(SignInBlocked) as blocked:
                accounts.authenticate("admin", password)
            waits.append(blocked.value.wait_s)
            clock.now += blocked.value.wait_s

        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]

    def test_failures_survive_a_restart(
        self, accounts: Accounts, password: str, open_accounts: Callable[[], Accounts]
    ) -> None:
        self.fail(accounts, 3)

        with pytest.raises(SignInBlocked):
            open_accounts().authenticate("admin", password)

    def test_a_name_without_a_user_is_throttled_alike(self, accounts: Accounts) -> None:
        self.fail(accounts, 3, name="nobody")

        with pytest.raises(SignInBlocked):
            accounts.authenticate("nobody", "wrong")

    def test_one_name_does_not_hold_up_another(self, accounts: Accounts, password: str) -> None:
        self.fail(accounts, 3, name="nobody")

        assert accounts.authenticate("admin", password).name == "admin"

    def test_a_success_forgets_the_failures(self, accounts: Accounts, password: str) -> None:
        self.fail(accounts, 2)
        accounts.authenticate("admin", password)
        self.fail(accounts, 2)

        assert accounts.authenticate("admin", password).name == "admin"

    def test_a_day_without_failures_forgets_them(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        self.fail(accounts, 3)
        clock.now += 86_401
        self.fail(accounts, 2)

        assert accounts.authenticate("admin", password).name == "admin"

    def test_a_new_password_ends_the_wait(self, accounts: Accounts, password: str) -> None:
        self.fail(accounts, 3)

        accounts.set_password("admin", "another password")

        assert accounts.authenticate("admin", "another password").name == "admin"

    def test_what_was_typed_as_a_name_is_not_stored(
        self, accounts: Accounts, tmp_path: Path
    ) -> None:
        self.fail(accounts, 1, name="my secret password")

        assert "secret" not in (tmp_path / "sign_in_failures.json").read_text(encoding="utf-8")

    def test_the_names_kept_are_bounded(self, accounts: Accounts, tmp_path: Path) -> None:
        path = tmp_path / "sign_in_failures.json"
        many = {f"{number:064x}": [3, 1_800_000_000.0] for number in range(5000)}
        path.write_text(json.dumps(many), encoding="utf-8")

        self.fail(accounts, 1)

        assert len(json.loads(path.read_text(encoding="utf-8"))) == 4096


class TestTokens:
    def test_a_token_of_the_library_says_who_holds_it(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now)

        assert accounts.identity_from_token(signed) == Identity("admin", Role.ADMIN)

    def test_a_token_is_refused_after_its_lifetime(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now)
        clock.now += TOKEN_LIFETIME.total_seconds() + 1

        assert accounts.identity_from_token(signed) is None

    def test_a_token_that_ends_later_than_any_we_give_is_refused(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now + 3600)

        assert accounts.identity_from_token(signed) is None

    def test_a_token_replayed_after_signing_out_is_refused(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now)
        clock.now += 0.01
        accounts.sign_out_everywhere("admin")

        assert accounts.identity_from_token(signed) is None

    def test_a_token_given_after_signing_out_is_good(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        accounts.sign_out_everywhere("admin")
        clock.now += 0.01

        signed = token(accounts, began=clock.now)

        assert accounts.identity_from_token(signed) is not None

    def test_a_token_replayed_after_a_password_change_is_refused(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now)
        clock.now += 0.01
        accounts.set_password("admin", "another password")

        assert accounts.identity_from_token(signed) is None

    def test_signing_out_in_one_process_is_seen_by_another(
        self,
        accounts: Accounts,
        password: str,
        clock: Clock,
        open_accounts: Callable[[], Accounts],
    ) -> None:
        other = open_accounts()
        signed = token(accounts, began=clock.now)
        assert other.identity_from_token(signed) is not None
        clock.now += 0.01

        accounts.sign_out_everywhere("admin")

        assert other.identity_from_token(signed) is None

    def test_a_token_of_another_key_is_refused(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        signed = token(accounts, began=clock.now, key="0123456789abcdef" * 4)

        assert accounts.identity_from_token(signed) is None

    def test_a_token_without_signature_is_refused(
        self, accounts: Accounts, password: str, clock: Clock
    ) -> None:
        claims = {"username": "admin", "exp_date": clock.now + 60}

        assert accounts.identity_from_token(jwt.encode(claims, "", "none")) is None

    @pytest.mark.parametrize("garbage", ["", "a.b.c", "x" * 10_000, "\ud800", "é"])
    def test_garbage_is_refused(self, accounts: Accounts, garbage: str) -> None:
        assert accounts.identity_from_token(garbage) is None

    @pytest.mark.parametrize("name", [None, 3, ["admin"], "nobody"])
    def test_a_token_of_no_user_is_refused(
        self, accounts: Accounts, password: str, clock: Clock, name: object
    ) -> None:
        signed = token(accounts, began=clock.now, name=name)

        assert accounts.identity_from_token(signed) is None

    @pytest.mark.parametrize("end", [None, "later", float("inf"), float("nan"), 1e300, True])
    def test_a_token_without_a_usable_end_is_refused(
        self, accounts: Accounts, password: str, end: object
    ) -> None:
        signed = jwt.encode({"username": "admin", "exp_date": end}, accounts.cookie_key(), "HS256")

        assert accounts.identity_from_token(signed) is None


class TestCookieKey:
    def test_it_is_made_once_of_32_random_bytes(
        self, accounts: Accounts, open_accounts: Callable[[], Accounts]
    ) -> None:
        key = accounts.cookie_key()

        assert re.fullmatch("[0-9a-f]{64}", key)
        assert open_accounts().cookie_key() == key

    @pytest.mark.parametrize(
        "bad", ["", "some_key", "random_signature_key", "ab" * 15, "0" * 64, "z" * 64]
    )
    def test_a_short_or_sample_key_is_refused_and_not_shown(
        self, accounts: Accounts, tmp_path: Path, bad: str
    ) -> None:
        (tmp_path / "cookie_key").write_text(bad, encoding="utf-8")

        with pytest.raises(StateError, match=f"holds {len(bad)} characters") as refused:
            accounts.cookie_key()

        assert not bad or bad not in str(refused.value)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("FAROL_STATE", str(tmp_path))
        first_admin_notice(tmp_path)
        return tmp_path

    def test_a_lost_password_is_replaced_by_a_random_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["passwd", "admin", "--random"])

        shown = capsys.readouterr().out.split(": ")[1].strip()
        assert code == 0
        assert Accounts(tmp_path).authenticate("admin", shown).role is Role.ADMIN

    def test_an_unknown_user_ends_with_a_message_and_code_1(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["passwd", "nobody", "--random"])

        assert code == 1
        assert "the users are admin" in capsys.readouterr().err
