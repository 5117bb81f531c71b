"""Who may sign in: users and their password hashes, revocation, and the session token's key.

Everything lies in the state folder, in files that only their owner can read: ``accounts.json``,
``cookie_key`` and ``sign_in_failures.json``.
"""

from __future__ import annotations

import getpass
import json
import math
import re
import secrets
import sys
import time
import unicodedata
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import jwt

from datalayer.errors import (
    InvalidSelection,
    PortalError,
    SignInBlocked,
    SignInRefused,
    StateError,
    UnknownUser,
)
from datalayer.identity import Identity, Role
from datalayer.passwords import decoy_hash, hash_password, new_password, password_matches
from datalayer.private_files import locked, read_private, write_private
from datalayer.sign_in_throttle import SignInThrottle

FIRST_ADMIN = "admin"
SESSION_COOKIE = "farol_session"
TOKEN_LIFETIME = timedelta(days=1)

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_KEY = re.compile(r"[0-9a-f]{64,}")
_CLOCK_SKEW_S = 60.0


@dataclass(frozen=True)
class User:
    """One user as stored.

    Attributes:
        password: bcrypt hash as ``passwords`` makes it.
        not_before: Unix time, seconds; a session that began earlier is refused.
    """

    name: str
    password: str
    role: Role
    not_before: float


@dataclass(frozen=True)
class Session:
    """Somebody signed in, and when that began (Unix time, seconds)."""

    identity: Identity
    began: float


class Accounts:
    """The users of one state folder.

    Args:
        state: The state folder; made if missing.
        clock: Gives Unix time in seconds.
        bcrypt_rounds: Logarithm of the cost of a hash; 12 takes about a quarter of a second.
    """

    def __init__(
        self, state: Path, *, clock: Callable[[], float] = time.time, bcrypt_rounds: int = 12
    ) -> None:
        self._path = state / "accounts.json"
        self._key_path = state / "cookie_key"
        self._lock_path = state / "accounts.lock"
        self._clock = clock
        self._rounds = bcrypt_rounds
        self._throttle = SignInThrottle(state / "sign_in_failures.json", clock=clock)
        self._cached: tuple[tuple[int, int, int], Mapping[str, User]] | None = None
        self._decoy = decoy_hash(rounds=bcrypt_rounds)

    def users(self) -> Mapping[str, User]:
        """Return the users by name, as the file has them at this moment.

        Raises:
            StateError: The file is damaged.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._cached is None or self._cached[0] != version:
            self._cached = (version, _parse_users(self._path))
        return self._cached[1]

    def ensure_first_admin(self) -> str | None:
        """Make the user ``admin`` if there is no user yet.

        Returns:
            The password, which is stored nowhere; None if there were users already.
        """
        with locked(self._lock_path):
            if self.users():
                return None
            password = new_password()
            self._store(
                User(
                    FIRST_ADMIN,
                    hash_password(password, rounds=self._rounds),
                    Role.ADMIN,
                    self._clock(),
                )
            )
            return password

    def authenticate(self, name: str, password: str) -> Identity:
        """Return who signs in with *name* and *password*.

        Raises:
            SignInBlocked: Too many failures under this name; the password was not looked at.
            SignInRefused: The name or the password is wrong.
        """
        name = _normal_name(name)
        key = self.cookie_key()
        wait_s = self._throttle.attempt(name, key)
        if wait_s > 0:
            raise SignInBlocked(math.ceil(wait_s))
        user = self.users().get(name)
        matches = password_matches(password, user.password if user else self._decoy)
        if user is None or not matches:
            raise SignInRefused
        self._throttle.succeeded(name, key)
        return Identity(user.name, user.role)

    def set_password(self, name: str, password: str) -> None:
        """Give *name* another password, end its sessions and forget its failed attempts.

        Raises:
            UnknownUser: There is no such user.
            InvalidSelection: The password is too short or too long.
        """
        self._change(
            name, password=hash_password(password, rounds=self._rounds), not_before=self._clock()
        )
        self._throttle.succeeded(_normal_name(name), self.cookie_key())

    def sign_out_everywhere(self, name: str) -> None:
        """End every session of *name*: its tokens are refused from here on.

        Raises:
            UnknownUser: There is no such user.
        """
        self._change(name, not_before=self._clock())

    def identity_of(self, name: str, *, since: float) -> Identity | None:
        """Return who *name* is in a session that began at *since* (Unix time), if it still holds.

        None when the session is too old, was ended, or its user is gone.
        """
        user = self.users().get(name)
        age_s = self._clock() - since
        if user is None or since < user.not_before:
            return None
        if not -_CLOCK_SKEW_S <= age_s <= TOKEN_LIFETIME.total_seconds():
            return None
        return Identity(user.name, user.role)

    def identity_from_token(self, token: str) -> Identity | None:
        """Return who holds a session token of streamlit-authenticator; None if it is not good."""
        session = self.session_from_token(token)
        return session.identity if session else None

    def session_from_token(self, token: str) -> Session | None:
        """Return the session that a token of streamlit-authenticator stands for, if it holds."""
        try:
            claims = jwt.decode(token, self.cookie_key(), algorithms=["HS256"])
        except (jwt.InvalidTokenError, UnicodeError):
            return None
        began = began_at(claims)
        name = claims.get("username")
        if began is None or not isinstance(name, str):
            return None
        identity = self.identity_of(name, since=began)
        return Session(identity, began) if identity else None

    def cookie_key(self) -> str:
        """Return the key that signs session tokens, made of 32 random bytes at first use.

        Raises:
            StateError: The key in the file is short or not random.
        """
        with locked(self._lock_path):
            if not self._key_path.exists():
                write_private(self._key_path, secrets.token_hex(32))
        key = read_private(self._key_path).strip()
        if not _KEY.fullmatch(key) or len(set(key)) < 10:
            raise StateError(
                str(self._key_path),
                f"holds {len(key)} characters that are no random key; "
                "delete it to have one made (everybody signs in again)",
            )
        return key

    def _change(self, name: str, **changes: str | float) -> None:
        with locked(self._lock_path):
            users = self.users()
            user = users.get(_normal_name(name))
            if user is None:
                raise UnknownUser(name, tuple(users))
            self._store(replace(user, **changes))  # type: ignore[arg-type]

    def _store(self, user: User) -> None:
        users = {**self.users(), user.name: user}
        content = {"version": 1, "users": [asdict(one) for one in users.values()]}
        write_private(self._path, json.dumps(content, indent=2) + "\n")


def began_at(claims: Mapping[str, object]) -> float | None:
    """Return when the session of a token's *claims* began, Unix time; None if they don't say.

    The library writes only the end. It adds the lifetime to the local wall clock, so the wall
    clock is also where it is taken off again: around a change to summer time a subtraction of
    seconds would be an hour off.
    """
    end = claims.get("exp_date")
    if not isinstance(end, int | float) or not math.isfinite(end):
        return None
    try:
        return (datetime.fromtimestamp(end) - TOKEN_LIFETIME).timestamp()  # noqa: DTZ006
    except (OverflowError, OSError, ValueError):
        return None


def first_admin_notice(state: Path) -> str | None:
    """Make the first admin if there is none; return what to show in the terminal, once."""
    password = Accounts(state).ensure_first_admin()
    if password is None:
        return None
    return (
        f"First start: sign in as  {FIRST_ADMIN}  with the password  {password}\n"
        f"It is shown this once and stored nowhere.\n{password_hint()}"
    )


def password_hint() -> str:
    """Return the command that sets the first admin's password, as it is typed here."""
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(Path.cwd()):
        interpreter = interpreter.relative_to(Path.cwd())
    return f"To set its password: {interpreter} -m datalayer.accounts passwd {FIRST_ADMIN}"


def _normal_name(name: str) -> str:
    # Cut, so that a name of megabytes is never normalised; no real one is longer.
    return unicodedata.normalize("NFKC", name[:256]).strip().lower()


def _parse_users(path: Path) -> Mapping[str, User]:
    try:
        listed = json.loads(read_private(path))["users"]
        users = [_parse_user(entry) for entry in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            str(path), f"is damaged ({error}); restore it, or delete it for a new first admin"
        ) from error
    return {user.name: user for user in users}


def _parse_user(entry: Mapping[str, str]) -> User:
    if not _NAME.fullmatch(entry["name"]):
        raise ValueError(f"{entry['name']!r} is no user name")
    if not re.fullmatch(r"\$2[aby]\$\d\d\$.{53}", entry["password"]):
        raise ValueError(f"the password of {entry['name']} is no bcrypt hash")
    return User(
        name=entry["name"],
        password=entry["password"],
        role=Role(entry["role"]),
        not_before=float(entry["not_before"]),
    )


def main(arguments: list[str] | None = None) -> int:
    """Set a user's password from the command line; return the exit code."""
    from datalayer.settings import load_settings

    parser = ArgumentParser(prog="python -m datalayer.accounts")
    commands = parser.add_subparsers(dest="command", required=True)
    passwd = commands.add_parser("passwd", help="set a password; ends the user's sessions")
    passwd.add_argument("name")
    passwd.add_argument("--random", action="store_true", help="make one and print it")
    chosen = parser.parse_args(arguments)
    try:
        accounts = Accounts(load_settings().state)
        password = new_password() if chosen.random else _asked_password()
        accounts.set_password(chosen.name, password)
    except PortalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    shown = f": {password}" if chosen.random else ""
    sys.stdout.write(f"{chosen.name} has a new password{shown}\n")
    return 0


def _asked_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise InvalidSelection("password", "different the second time", "the same both times")
    return first


if __name__ == "__main__":
    sys.exit(main())
