"""Sessions and their tokens: what ends them, and that nothing brings them back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import Identity, Role
from datalayer.access.sessions import MOST_KEPT, Sessions
from datalayer.kernel.errors import StateError
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY, CHEAP

DAY = timedelta(hours=24).total_seconds()
IDLE = timedelta(hours=2).total_seconds()
ADMIN = Identity("admin", Role.ADMIN)


@pytest.fixture
def token(accounts: Accounts, password: str) -> str:
    return accounts.sign_in("admin", password).token


class TestHoldingSessions:
    def test_a_token_says_who_holds_it(self, accounts: Accounts, token: str) -> None:
        assert accounts.identity_from_token(token) == ADMIN

    def test_streamlit_authenticator_reads_our_tokens(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        signed_in = accounts.sign_in("admin", password)

        claims = jwt.decode(signed_in.token, accounts.cookie_key(), algorithms=["HS256"])

        assert claims["username"] == "admin"
        assert claims["exp_date"] == signed_in.ends.timestamp() == clock.now_s + DAY

    def test_a_session_goes_on_after_a_restart(
        self, token: str, reopened: Callable[[], Accounts]
    ) -> None:
        assert reopened().identity_from_token(token) == ADMIN

    def test_two_sign_ins_are_two_sessions(
        self, accounts: Accounts, password: str, token: str
    ) -> None:
        other = accounts.sign_in("admin", password).token

        accounts.sign_out(token)

        assert accounts.identity_from_token(token) is None
        assert accounts.identity_from_token(other) == ADMIN


class TestEnding:
    def test_a_token_replayed_after_signing_out_is_refused(
        self, accounts: Accounts, token: str, reopened: Callable[[], Accounts]
    ) -> None:
        accounts.sign_out(token)

        assert accounts.identity_from_token(token) is None
        assert reopened().identity_from_token(token) is None

    def test_signing_out_in_one_process_is_seen_by_another(
        self, accounts: Accounts, token: str, reopened: Callable[[], Accounts]
    ) -> None:
        other = reopened()
        before = other.identity_from_token(token)

        accounts.sign_out(token)

        assert before == ADMIN
        assert other.identity_from_token(token) is None

    def test_a_token_replayed_after_a_password_change_is_refused(
        self, accounts: Accounts, token: str
    ) -> None:
        accounts.set_password("admin", "another password", by=BY)

        assert accounts.identity_from_token(token) is None

    def test_a_password_change_refuses_a_session_that_the_list_still_has(
        self, accounts: Accounts, token: str, clock: SecondsClock, tmp_path: Path
    ) -> None:
        listed = (tmp_path / "sessions.json").read_bytes()
        clock.now_s += 1
        accounts.set_password("admin", "another password", by=BY)

        (tmp_path / "sessions.json").write_bytes(listed)

        assert accounts.identity_from_token(token) is None

    def test_a_password_change_leaves_the_sessions_of_others(
        self, accounts: Accounts, token: str
    ) -> None:
        accounts.add("ana", Role.PLANNER, "a password of ana", by=BY)

        accounts.set_password("ana", "another password", by=BY)

        assert accounts.identity_from_token(token) == ADMIN

    def test_a_session_ends_after_its_hours_however_busy(
        self, accounts: Accounts, token: str, clock: SecondsClock
    ) -> None:
        held = []
        for _ in range(24):
            held.append(accounts.identity_from_token(token) == ADMIN)
            clock.now_s += 3600

        assert all(held)
        assert accounts.identity_from_token(token) is None

    def test_a_session_ends_when_nothing_was_asked_for_too_long(
        self, accounts: Accounts, token: str, clock: SecondsClock, reopened: Callable[[], Accounts]
    ) -> None:
        clock.now_s += IDLE + 1

        assert accounts.identity_from_token(token) is None
        assert reopened().identity_from_token(token) is None

    def test_every_use_starts_the_idle_time_anew_in_every_process(
        self, accounts: Accounts, token: str, clock: SecondsClock, reopened: Callable[[], Accounts]
    ) -> None:
        clock.now_s += IDLE - 60
        used = accounts.identity_from_token(token)
        clock.now_s += IDLE - 60

        assert used == ADMIN
        assert reopened().identity_from_token(token) == ADMIN

    def test_a_short_idle_time_does_not_end_a_session_in_use(
        self, tmp_path: Path, clock: SecondsClock
    ) -> None:
        accounts = Accounts(tmp_path, idle=timedelta(seconds=30), clock=clock, bcrypt_rounds=CHEAP)
        token = accounts.sign_in("admin", accounts.ensure_first_admin() or "").token

        held = []
        for _ in range(20):
            clock.now_s += 10
            held.append(accounts.identity_from_token(token) == ADMIN)

        assert all(held)

    def test_a_session_that_ended_idle_stays_ended(
        self, accounts: Accounts, token: str, clock: SecondsClock
    ) -> None:
        clock.now_s += IDLE + 1
        accounts.identity_from_token(token)
        clock.now_s -= 2

        accounts.sign_out(token)
        clock.now_s += 1

        assert accounts.identity_from_token(token) is None

    def test_a_clock_that_was_set_back_far_ends_sessions(
        self, accounts: Accounts, token: str, clock: SecondsClock
    ) -> None:
        clock.now_s -= 3600

        assert accounts.identity_from_token(token) is None

    def test_who_deletes_the_list_signs_everybody_out(
        self, accounts: Accounts, token: str, tmp_path: Path
    ) -> None:
        (tmp_path / "sessions.json").unlink()

        assert accounts.identity_from_token(token) is None


class TestForgery:
    def test_a_signed_token_without_a_session_is_refused(
        self, accounts: Accounts, password: str, clock: SecondsClock
    ) -> None:
        claims = {"username": "admin", "exp_date": clock.now_s + 60}

        signed = jwt.encode(claims, accounts.cookie_key(), "HS256")

        assert accounts.identity_from_token(signed) is None

    @pytest.mark.parametrize("name", [None, 3, ["admin"], "nobody", "ana"])
    def test_a_session_serves_its_own_user_only(
        self, accounts: Accounts, token: str, name: object
    ) -> None:
        accounts.add("ana", Role.PLANNER, "a password of ana", by=BY)
        claims = jwt.decode(token, accounts.cookie_key(), algorithms=["HS256"])

        forged = jwt.encode({**claims, "username": name}, accounts.cookie_key(), "HS256")

        assert accounts.identity_from_token(forged) is None

    @pytest.mark.parametrize("session", [None, 3, "", "x", "\u00e9"])
    def test_a_session_that_is_none_is_refused(
        self, accounts: Accounts, token: str, session: object
    ) -> None:
        claims = jwt.decode(token, accounts.cookie_key(), algorithms=["HS256"])

        forged = jwt.encode({**claims, "session": session}, accounts.cookie_key(), "HS256")

        assert accounts.identity_from_token(forged) is None

    @pytest.mark.parametrize(
        ("key", "algorithm"), [("0123456789abcdef" * 4, "HS256"), ("", "none")]
    )
    def test_a_token_that_another_key_or_none_signed_is_refused(
        self, accounts: Accounts, token: str, key: str, algorithm: str
    ) -> None:
        claims = jwt.decode(token, accounts.cookie_key(), algorithms=["HS256"])

        assert accounts.identity_from_token(jwt.encode(claims, key, algorithm)) is None

    @pytest.mark.parametrize("garbage", ["", "a.b.c", "x" * 10_000, "\ud800", "é"])
    def test_garbage_is_refused_and_signs_nobody_out(
        self, accounts: Accounts, token: str, garbage: str
    ) -> None:
        accounts.sign_out(garbage)

        assert accounts.identity_from_token(garbage) is None
        assert accounts.identity_from_token(token) == ADMIN


class TestTheList:
    def test_it_holds_nothing_that_signs_in(
        self, accounts: Accounts, token: str, tmp_path: Path
    ) -> None:
        claims = jwt.decode(token, accounts.cookie_key(), algorithms=["HS256"])

        listed = (tmp_path / "sessions.json").read_text(encoding="utf-8")

        assert claims["session"] not in listed
        assert token not in listed
        assert (tmp_path / "sessions.json").stat().st_mode & 0o777 == 0o600

    def test_a_use_is_written_at_most_once_a_minute(
        self, accounts: Accounts, token: str, clock: SecondsClock, tmp_path: Path
    ) -> None:
        versions = set()
        for _ in range(120):
            clock.now_s += 1
            accounts.identity_from_token(token)
            versions.add((tmp_path / "sessions.json").read_bytes())

        assert len(versions) == 3

    def test_a_use_that_cannot_be_written_fails_nobody(
        self, accounts: Accounts, token: str, clock: SecondsClock, tmp_path: Path
    ) -> None:
        (tmp_path / "sessions.lock").unlink()
        (tmp_path / "sessions.lock").mkdir()
        held = []

        for _ in range(5):
            clock.now_s += IDLE / 2
            held.append(accounts.identity_from_token(token))

        assert held == [ADMIN] * 5

    def test_sessions_that_begin_and_end_side_by_side_are_not_lost(
        self, tmp_path: Path, clock: SecondsClock
    ) -> None:
        def opened() -> Sessions:
            return Sessions(tmp_path, longest_s=DAY, idle_s=IDLE, clock=clock)

        def begin_two_and_end_one(sessions: Sessions) -> tuple[str, str]:
            ended = sessions.begin("ana", began=clock.now_s)
            kept = sessions.begin("ana", began=clock.now_s)
            sessions.end(ended)
            return ended, kept

        with ThreadPoolExecutor(8) as threads:
            ids = list(threads.map(begin_two_and_end_one, [opened() for _ in range(16)]))

        found = opened()
        assert [found.find(ended) for ended, _ in ids] == [None] * 16
        assert all(found.find(kept) for _, kept in ids)

    def test_it_is_bounded_and_keeps_the_newest(
        self, accounts: Accounts, password: str, clock: SecondsClock, tmp_path: Path
    ) -> None:
        many = [
            {"digest": str(n), "user": "ana", "began": clock.now_s, "last_seen": clock.now_s}
            for n in range(MOST_KEPT)
        ]
        path = tmp_path / "sessions.json"
        path.write_text(json.dumps({"version": 1, "sessions": many}), encoding="utf-8")

        token = accounts.sign_in("admin", password).token

        assert len(json.loads(path.read_text(encoding="utf-8"))["sessions"]) == MOST_KEPT
        assert accounts.identity_from_token(token) == ADMIN

    def test_ended_sessions_are_taken_off_at_the_next_sign_in(
        self, accounts: Accounts, password: str, clock: SecondsClock, tmp_path: Path
    ) -> None:
        accounts.sign_in("admin", password)
        clock.now_s += IDLE + 1

        accounts.sign_in("admin", password)

        listed = json.loads((tmp_path / "sessions.json").read_text(encoding="utf-8"))
        assert len(listed["sessions"]) == 1

    @pytest.mark.parametrize(
        "content", ["", "{", "[]", '{"sessions": [{}]}', '{"sessions": [{"user": "a:b"}]}']
    )
    def test_a_damaged_list_is_named_and_not_replaced(
        self, accounts: Accounts, token: str, tmp_path: Path, content: str
    ) -> None:
        (tmp_path / "sessions.json").write_text(content, encoding="utf-8")

        with pytest.raises(StateError, match=r"sessions\.json is damaged"):
            accounts.identity_from_token(token)

        assert (tmp_path / "sessions.json").read_text(encoding="utf-8") == content


class TestCookieKey:
    def test_it_is_made_once_of_32_random_bytes(
        self, accounts: Accounts, reopened: Callable[[], Accounts]
    ) -> None:
        key = accounts.cookie_key()

        assert re.fullmatch("[0-9a-f]{64}", key)
        assert reopened().cookie_key() == key

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

    def test_another_key_signs_everybody_out(
        self, accounts: Accounts, token: str, tmp_path: Path
    ) -> None:
        (tmp_path / "cookie_key").unlink()

        assert accounts.identity_from_token(token) is None
