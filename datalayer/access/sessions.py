"""Sessions: who signed in, when, and when they were last heard of; shared by pages and API.

A browser holds a signed token that names a session of the list. A token whose session is not on
the list is refused, however well it is signed: ending a session is to take it off.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import jwt

from datalayer.access.identity import is_name
from datalayer.access.last_use import NOTE_EVERY_S, LastUse
from datalayer.access.private_files import PrivateFile
from datalayer.kernel.sentences import Sentence

MOST_KEPT: Final = 10_000
CLOCK_SKEW_S: Final = 60.0

_KEY = re.compile(r"[0-9a-f]{64,}")
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Session:
    """One sign-in in one browser; times are Unix times in seconds.

    Attributes:
        digest: SHA-256 of the random id that the browser's token carries.
        last_seen: When it was last used; at most a minute before that in truth.
    """

    digest: str
    user: str
    began: float
    last_seen: float


class Sessions:
    """The sessions of one state folder, kept across restarts.

    Args:
        state: Holds ``sessions.json`` and ``cookie_key``, which signs the tokens.
        longest_s: A session ends this long after it began.
        idle_s: It ends sooner where nothing was asked for this long, up to a minute earlier.
        clock: Gives Unix time in seconds.
    """

    def __init__(
        self, state: Path, *, longest_s: float, idle_s: float, clock: Callable[[], float]
    ) -> None:
        self._file = PrivateFile[Mapping[str, Session]](
            state / "sessions.json",
            _parse,
            absent={},
            remedy=Sentence("restore it, or delete it and everybody signs in again"),
        )
        self._key_file = PrivateFile[str](
            state / "cookie_key",
            _parse_key,
            absent="",
            remedy=Sentence("delete it to have one made (everybody signs in again)"),
        )
        self._longest_s = longest_s
        self._idle_s = idle_s
        self._clock = clock
        self._use = LastUse(self._note_use, every_s=min(NOTE_EVERY_S, idle_s / 2))

    def cookie_key(self) -> str:
        """Return the key that signs tokens, made of 32 random bytes at first use.

        Raises:
            StateError: The key in the file is short or not random.
        """
        if not self._key_file.read():
            with self._key_file.lock() as made_meanwhile:
                if not made_meanwhile:
                    self._key_file.write(secrets.token_hex(32))
        return self._key_file.read()

    def begin(self, user: str, *, began: float) -> str:
        """Begin a session of *user* and return its token, which streamlit-authenticator can read.

        The token carries 16 random bytes, of which the list holds the digest.
        """
        session_id = secrets.token_hex(16)
        made = Session(_digest(session_id), user, began, began)
        with self._file.lock() as kept:
            self._write([*self._live(kept), made][-MOST_KEPT:])
        claims = {"username": user, "exp_date": began + self._longest_s, "session": session_id}
        return jwt.encode(claims, self.cookie_key(), _ALGORITHM)

    def find(self, token: str) -> Session | None:
        """Return a session that goes on, which counts as a use of it; None if there is none."""
        found = self._find_listed(token)
        if found is None or not self._goes_on(found):
            return None
        self._use.note(found.digest, written=found.last_seen, now=self._clock())
        return found

    def going_on(self) -> tuple[Session, ...]:
        """Return the sessions that have not ended, with when they were last heard of."""
        return tuple(
            replace(each, last_seen=self._use.latest(each.digest, each.last_seen))
            for each in self._file.read().values()
            if self._goes_on(each)
        )

    def end(self, token: str) -> None:
        """End the session that *token* stands for, if there is one, and no other."""
        with self._file.lock() as kept:
            ended = self._find_listed(token)
            self._write([each for each in self._live(kept) if each != ended])

    def end_all(self, user: str) -> None:
        """End every session of *user*."""
        with self._file.lock() as kept:
            self._write([each for each in self._live(kept) if each.user != user])

    def _find_listed(self, token: str) -> Session | None:
        """Return the session that *token* names; None if it is none of ours."""
        try:
            claims = jwt.decode(token, self.cookie_key(), algorithms=[_ALGORITHM])
        except (jwt.InvalidTokenError, UnicodeError):
            return None
        session_id = claims.get("session")
        found = self._file.read().get(_digest(session_id)) if isinstance(session_id, str) else None
        return found if found and found.user == claims.get("username") else None

    def _goes_on(self, session: Session) -> bool:
        now = self._clock()
        idle_s = now - self._use.latest(session.digest, session.last_seen)
        age_s = now - session.began
        return -CLOCK_SKEW_S <= age_s < self._longest_s and idle_s < self._idle_s

    def _live(self, kept: Mapping[str, Session]) -> list[Session]:
        live = []
        for session in kept.values():
            if self._goes_on(session):
                live.append(session)
            else:
                self._use.forget(session.digest)
        return live

    def _note_use(self, digest: str, now: float) -> None:
        with self._file.lock(wait=False) as kept:
            if found := kept.get(digest):
                self._write(list({**kept, digest: replace(found, last_seen=now)}.values()))

    def _write(self, sessions: list[Session]) -> None:
        content = {"version": 1, "sessions": [asdict(session) for session in sessions]}
        self._file.write(json.dumps(content) + "\n")


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(text: str) -> Mapping[str, Session]:
    return {entry["digest"]: _parse_session(entry) for entry in json.loads(text)["sessions"]}


def _parse_session(entry: Mapping[str, str]) -> Session:
    if not is_name(entry["user"]):
        raise ValueError(Sentence("{name!r} is no user name", name=entry["user"]))
    return Session(
        str(entry["digest"]), entry["user"], float(entry["began"]), float(entry["last_seen"])
    )


def _parse_key(text: str) -> str:
    key = text.strip()
    if not _KEY.fullmatch(key) or len(set(key)) < 10:
        raise ValueError(
            Sentence("it holds {count} characters that are no random key", count=len(key))
        )
    return key
