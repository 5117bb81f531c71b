"""The file of users: names, password hashes, roles, and since when their sessions count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from datalayer.access.identity import Identity, Role, is_name
from datalayer.access.private_files import PrivateFile
from datalayer.kernel.sentences import Sentence

_HASH = re.compile(r"\$2[aby]\$\d\d\$.{53}")


@dataclass(frozen=True)
class User:
    """One user as stored.

    Attributes:
        password: bcrypt hash as ``passwords`` makes it.
        not_before: Unix time, seconds; a session that began earlier is refused.
        disabled: Whether sign-ins are refused.
        made: When the user was made, Unix time; None where an earlier version did not note it.
    """

    name: str
    password: str
    role: Role
    not_before: float
    disabled: bool = False
    made: float | None = None

    @property
    def identity(self) -> Identity:
        """Who acts when this user does."""
        return Identity(self.name, self.role)


def open_users(state: Path) -> PrivateFile[Mapping[str, User]]:
    """Return the file of the users of one state folder, by name."""
    return PrivateFile[Mapping[str, User]](
        state / "accounts.json",
        _parse,
        absent={},
        remedy=Sentence("restore it, or delete it for a new first admin"),
    )


def users_json(users: Iterable[User]) -> str:
    """Return the text of the file that holds *users*."""
    content = {"version": 1, "users": [asdict(user) for user in users]}
    return json.dumps(content, indent=2) + "\n"


def _parse(text: str) -> Mapping[str, User]:
    return {entry["name"]: _parse_user(entry) for entry in json.loads(text)["users"]}


def _parse_user(entry: Mapping[str, str]) -> User:
    if not is_name(entry["name"]):
        raise ValueError(Sentence("{name!r} is no user name", name=entry["name"]))
    if not _HASH.fullmatch(entry["password"]):
        raise ValueError(Sentence("the password of {name} is no bcrypt hash", name=entry["name"]))
    disabled: object = entry.get("disabled", False)
    if not isinstance(disabled, bool):
        raise TypeError(
            Sentence(
                "disabled of {name} is {found!r}, not true or false",
                name=entry["name"],
                found=disabled,
            )
        )
    return User(
        name=entry["name"],
        password=entry["password"],
        role=Role(entry["role"]),
        not_before=float(entry["not_before"]),
        disabled=disabled,
        made=None if entry.get("made") is None else float(entry["made"]),
    )
