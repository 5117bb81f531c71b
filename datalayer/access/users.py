"""The file of users: names, password hashes, roles, and since when their sessions count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from datalayer.access.identity import Identity, Role
from datalayer.access.names import is_name
from datalayer.access.private_files import PrivateFile

_HASH = re.compile(r"\$2[aby]\$\d\d\$.{53}")


@dataclass(frozen=True)
class User:
    """One user as stored.

    Attributes:
        password: bcrypt hash as ``passwords`` makes it.
        not_before: Unix time, seconds; a session that began earlier is refused.
        disabled: Whether sign-ins are refused.
    """

    name: str
    password: str
    role: Role
    not_before: float
    disabled: bool = False

    @property
    def identity(self) -> Identity:
        """Who acts when this user does."""
        return Identity(self.name, self.role)


class Users:
    """The users of one state folder, as ``accounts.json`` has them at the moment of asking."""

    def __init__(self, path: Path) -> None:
        self._file = PrivateFile[Mapping[str, User]](
            path, _parse, absent={}, remedy="restore it, or delete it for a new first admin"
        )

    def by_name(self) -> Mapping[str, User]:
        """Return the users by name.

        Raises:
            StateError: The file is damaged.
        """
        return self._file.read()

    @contextmanager
    def locked(self) -> Iterator[Mapping[str, User]]:
        """Keep every other writer out, and give the users meanwhile."""
        with self._file.locked() as users:
            yield users

    def store(self, user: User) -> None:
        """Add *user*, or replace the one of that name; to be called under ``locked``."""
        users = {**self.by_name(), user.name: user}
        content = {"version": 1, "users": [asdict(one) for one in users.values()]}
        self._file.write(json.dumps(content, indent=2) + "\n")


def _parse(text: str) -> Mapping[str, User]:
    users = [_parse_user(entry) for entry in json.loads(text)["users"]]
    return {user.name: user for user in users}


def _parse_user(entry: Mapping[str, str]) -> User:
    if not is_name(entry["name"]):
        raise ValueError(f"{entry['name']!r} is no user name")
    if not _HASH.fullmatch(entry["password"]):
        raise ValueError(f"the password of {entry['name']} is no bcrypt hash")
    disabled: object = entry.get("disabled", False)
    if not isinstance(disabled, bool):
        raise TypeError(f"disabled of {entry['name']} is {disabled!r}, not true or false")
    return User(
        name=entry["name"],
        password=entry["password"],
        role=Role(entry["role"]),
        not_before=float(entry["not_before"]),
        disabled=disabled,
    )
