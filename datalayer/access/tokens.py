"""The token in a browser's cookie: which session it stands for, signed with the cookie key."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import jwt

from datalayer.access.private_files import PrivateFile
from datalayer.kernel.errors import StateError

_KEY = re.compile(r"[0-9a-f]{64,}")
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Claims:
    """What a token says that bears our signature."""

    user: str
    session_id: str


class Tokens:
    """Signs and reads the tokens of one state folder.

    Args:
        path: Holds the key, made of 32 random bytes at first use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = PrivateFile[str](path, self._sound, absent="", remedy="")

    def key(self) -> str:
        """Return the key.

        Raises:
            StateError: The one in the file is short or not random.
        """
        return self._file.read() or self._make()

    def sign(self, claims: Claims, *, ends: float) -> str:
        """Return a token that streamlit-authenticator can read too; *ends* is a Unix time."""
        named = {"username": claims.user, "exp_date": ends, "session": claims.session_id}
        return jwt.encode(named, self.key(), _ALGORITHM)

    def read(self, token: str) -> Claims | None:
        """Return what a token says; None if it is none of ours."""
        try:
            found = jwt.decode(token, self.key(), algorithms=[_ALGORITHM])
        except (jwt.InvalidTokenError, UnicodeError):
            return None
        user, session_id = found.get("username"), found.get("session")
        if not isinstance(user, str) or not isinstance(session_id, str):
            return None
        return Claims(user, session_id)

    def _make(self) -> str:
        with self._file.locked() as made_meanwhile:
            if not made_meanwhile:
                self._file.write(secrets.token_hex(32))
        return self._file.read()

    def _sound(self, text: str) -> str:
        key = text.strip()
        if not _KEY.fullmatch(key) or len(set(key)) < 10:
            raise StateError(
                str(self._path),
                f"holds {len(key)} characters that are no random key; "
                "delete it to have one made (everybody signs in again)",
            )
        return key
