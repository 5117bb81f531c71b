"""Accounts: who signs in, who holds a session, and what administrators change about users.

Everything lies in the state folder, in files that only their owner can read: ``accounts.json``,
``sessions.json``, ``cookie_key`` and ``sign_in_failures.sqlite``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE, Identity, Role, check_name, normal_name, operator
from datalayer.access.known_browsers import KnownBrowsers
from datalayer.access.passwords import decoy_hash, hash_password, new_password, password_matches
from datalayer.access.sessions import Session, Sessions
from datalayer.access.sign_in_throttle import SignInAttempt, SignInThrottle, keyed_digest
from datalayer.access.users import User, open_users, users_json
from datalayer.kernel.errors import (
    InvalidSelection,
    LastAdmin,
    OwnAccount,
    SignInBlocked,
    SignInRefused,
    UnknownUser,
)
from datalayer.kernel.sentences import Sentence
from datalayer.settings import Settings

FIRST_ADMIN = "admin"
SESSION_COOKIE = "farol_session"


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that succeeded.

    Attributes:
        token: For the browser's cookie.
        ends: When the session ends at the latest, UTC.
        known_browser: For another cookie, by which the browser is known at later sign-ins.
    """

    identity: Identity
    token: str
    ends: datetime
    known_browser: str


def open_accounts(settings: Settings) -> Accounts:
    """Return the accounts of the portal that *settings* describe."""
    return Accounts(
        settings.state,
        session=timedelta(hours=settings.session_hours),
        idle=timedelta(minutes=settings.session_idle_minutes),
    )


class Accounts:
    """The users of one state folder and their sessions.

    Who changes users, *by*, must be an administrator: anybody else gets ``NotAllowed``. A name
    that is no user's raises ``UnknownUser``, and a file that is damaged ``StateError``.

    Args:
        state: The state folder; made if missing.
        session: How long a sign-in lasts.
        idle: How long it lasts while nothing is asked.
        clock: Gives Unix time in seconds.
        bcrypt_rounds: Logarithm of the cost of a hash; 12 takes about a quarter of a second.
    """

    def __init__(
        self,
        state: Path,
        *,
        session: timedelta = timedelta(hours=24),
        idle: timedelta = timedelta(hours=2),
        clock: Callable[[], float] = time.time,
        bcrypt_rounds: int = 12,
    ) -> None:
        self._file = open_users(state)
        self._longest_s = session.total_seconds()
        self._sessions = Sessions(
            state, longest_s=self._longest_s, idle_s=idle.total_seconds(), clock=clock
        )
        self._throttle = SignInThrottle(state / "sign_in_failures.sqlite", clock=clock)
        self._known = KnownBrowsers(self._sessions.cookie_key, clock=clock)
        self._audit = AuditLog(state / "audit.jsonl", lambda: datetime.fromtimestamp(clock(), UTC))
        self._clock = clock
        self._rounds = bcrypt_rounds
        self._decoy = decoy_hash(rounds=bcrypt_rounds)

    def users(self) -> Mapping[str, User]:
        """Return the users by name, as the file has them at this moment."""
        return self._file.read()

    def cookie_key(self) -> str:
        """Return the key that signs session tokens; see ``Sessions.cookie_key``."""
        return self._sessions.cookie_key()

    def sign_in(
        self, name: str, password: str, *, address: str = "", known_browser: str = ""
    ) -> SignedIn:
        """Check *name* and *password* as typed, and begin a session; attempts are audited.

        The attempt comes from *address*, empty if that is not known, and from a browser that holds
        the token *known_browser*, empty if it holds none.

        Raises:
            SignInBlocked: Too many failures; the password was not looked at.
            SignInRefused: The name or the password is wrong, or the user is disabled.
        """
        began = self._clock()  # before the check: a password that changes meanwhile ends this
        name = normal_name(name)
        user = self.users().get(name)
        not_before = user.not_before if user else math.inf
        browser = self._known.browser(known_browser, name, not_before=not_before)
        attempt = SignInAttempt(name, user is not None, address, browser)
        user = self._authenticate(attempt, user, password)
        token = self._sessions.begin(user.name, began=began)
        ends = datetime.fromtimestamp(began + self._longest_s, UTC)
        known = self._known.token(user.name, browser, issued=began)
        return SignedIn(user.identity, token, ends, known)

    def identity_from_token(self, token: str) -> Identity | None:
        """Return who holds a session, which counts as a use of it; None if it has ended.

        Costs a ``stat`` of each file and the check of a signature while nothing has changed.
        """
        session = self._sessions.find(token)
        user = self.users().get(session.user) if session else None
        if session is None or user is None or user.disabled or session.began < user.not_before:
            return None
        return user.identity

    def sign_out(self, token: str) -> None:
        """End the session that *token* stands for, and no other; an ended one stays ended."""
        who = self.identity_from_token(token)
        if who is not None:
            self._audit.require_writable()
            self._sessions.end(token)
            self._audit.record(who, "sign_out", "done", None)

    def ensure_first_admin(self) -> str | None:
        """Make the user ``admin`` if there is no user yet.

        Returns:
            The password, which is stored nowhere; None if there were users already.
        """
        if self.users():
            return None
        password = new_password()
        made = self._make_user(FIRST_ADMIN, Role.ADMIN, password)
        with self._file.lock() as users:
            if users:
                return None
            self._store(made, "user_add", by=operator(), role=made.role.value)
        return password

    def add(self, name: str, role: Role, password: str, *, by: Identity) -> User:
        """Make a user.

        Raises:
            InvalidSelection: The name is taken or none, or the password too short or too long.
        """
        by.require(Role.ADMIN, "add users")
        made = self._make_user(check_name(name), role, password)
        with self._file.lock() as users:
            if made.name in users:
                raise InvalidSelection(
                    parameter=Sentence("the name"),
                    found=Sentence("{name:s}, a user already", name=made.name),
                    expected=Sentence("a new name"),
                )
            self._store(made, "user_add", by=by, role=role.value)
        return made

    def set_password(self, name: str, password: str, *, by: Identity) -> None:
        """Give *name* another password, end its sessions and forget its failed attempts.

        Raises:
            InvalidSelection: The password is too short or too long.
        """
        by.require(Role.ADMIN, "set passwords")
        hashed = hash_password(password, rounds=self._rounds)
        with self._file.lock():
            changed = replace(self._find_user(name), password=hashed, not_before=self._clock())
            self._store(changed, "password_set", by=by)
        self._sessions.end_all(changed.name)
        self._throttle.forget(changed.name, self.cookie_key())

    def disable(self, name: str, *, by: Identity) -> None:
        """Refuse *name* from here on, and end its sessions.

        Raises:
            OwnAccount: It is the account of who asks.
            LastAdmin: Nobody could administer the portal any more.
        """
        by.require(Role.ADMIN, "disable users")
        with self._file.lock():
            changed = replace(self._find_user(name), disabled=True, not_before=self._clock())
            self._require_no_lockout(changed, by)
            self._store(changed, "user_disable", by=by)
        self._sessions.end_all(changed.name)

    def enable(self, name: str, *, by: Identity) -> None:
        """Let *name*, which was disabled, sign in again."""
        by.require(Role.ADMIN, "enable users")
        with self._file.lock():
            self._store(replace(self._find_user(name), disabled=False), "user_enable", by=by)

    def set_role(self, name: str, role: Role, *, by: Identity) -> None:
        """Give *name* another role, which holds in its running sessions too.

        Raises:
            OwnAccount: It is the account of who asks, and the role a lower one.
            LastAdmin: Nobody could administer the portal any more.
        """
        by.require(Role.ADMIN, "change roles")
        with self._file.lock():
            changed = replace(self._find_user(name), role=role)
            self._require_no_lockout(changed, by)
            self._store(changed, "user_role", by=by, role=role.value)

    def end_sessions(self, name: str, *, by: Identity) -> None:
        """End every session of *name*, which may sign in again at once."""
        by.require(Role.ADMIN, "end sessions")
        with self._file.lock():
            changed = replace(self._find_user(name), not_before=self._clock())
            self._store(changed, "sessions_end", by=by)
        self._sessions.end_all(changed.name)

    def sessions(self, *, by: Identity) -> tuple[Session, ...]:
        """Return everybody's sessions that go on."""
        by.require(Role.ADMIN, "see sessions")
        users = self.users()
        return tuple(
            each
            for each in self._sessions.going_on()
            if each.user in users and each.began >= users[each.user].not_before
        )

    def _authenticate(self, attempt: SignInAttempt, user: User | None, password: str) -> User:
        key = self.cookie_key()
        wait = self._throttle.begin(attempt, key)
        if wait.seconds > 0:
            if not wait.told_before:
                self._record_failure(attempt, user, "blocked")
            raise SignInBlocked(wait_s=math.ceil(wait.seconds))
        matches = password_matches(password, user.password if user else self._decoy)
        if user is None or user.disabled or not matches:
            self._record_failure(attempt, user, "refused")
            raise SignInRefused
        self._throttle.record_success(attempt, key)
        self._record_sign_in(attempt, user, "done", self._throttle.end_burst(user.name, key))
        return user

    def _make_user(self, name: str, role: Role, password: str) -> User:
        hashed, now = hash_password(password, rounds=self._rounds), self._clock()
        return User(name, hashed, role, not_before=now, made=now)

    def _find_user(self, name: str) -> User:
        users = self.users()
        found = users.get(normal_name(name))
        if found is None:
            raise UnknownUser(name=name, known=tuple(users))
        return found

    def _require_no_lockout(self, changed: User, by: Identity) -> None:
        after = {**self.users(), changed.name: changed}.values()
        if not any(user.role is Role.ADMIN and not user.disabled for user in after):
            raise LastAdmin(name=changed.name)
        if changed.name == by.name and (changed.disabled or changed.role is not Role.ADMIN):
            raise OwnAccount(name=changed.name)

    def _store(self, user: User, action: str, *, by: Identity, **details: str) -> None:
        self._audit.require_writable()
        self._file.write(users_json({**self.users(), user.name: user}.values()))
        self._audit.record(by, action, "done", None, user=user.name, **details)

    def _record_failure(self, attempt: SignInAttempt, user: User | None, outcome: str) -> None:
        """Audit a failure, unless it is one of so many that their burst has its line already."""
        line = self._throttle.line(attempt, self.cookie_key())
        if line.is_written:
            outcome = "burst" if line.begins_burst else outcome
            self._record_sign_in(attempt, user, outcome, line.not_written)

    def _record_sign_in(
        self, attempt: SignInAttempt, user: User | None, outcome: str, not_written: int
    ) -> None:
        """Audit an attempt, and that so many before it got no line."""
        details: dict[str, str | int] = {"address": attempt.address} if attempt.address else {}
        if user is None:  # what was typed may be a password in the wrong field
            details["name_digest"] = keyed_digest(attempt.name, self.cookie_key())[:16]
        if not_written:
            details["not_written"] = not_written
        who = user.identity if user else replace(ANYONE, name="-")
        self._audit.record(who, "sign_in", outcome, None, **details)
