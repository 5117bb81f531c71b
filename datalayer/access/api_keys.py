"""API keys: made, checked, revoked. A key is ``farol_<id>_<secret>`` and is shown once.

Of the secret, 32 random bytes, ``api_keys.json`` holds the SHA-256. A slow hash such as bcrypt is
for passwords, which can be guessed: 256 random bits can't, and a key is checked on every request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import Identity, Role, check_name, is_name
from datalayer.access.last_use import LastUse
from datalayer.access.private_files import PrivateFile
from datalayer.kernel.errors import InvalidSelection, KeyRefused
from datalayer.kernel.sentences import Sentence

_FORM = re.compile(r"farol_([0-9a-f]{12})_([0-9a-f]{64})")


class Scope(StrEnum):
    """What a key opens; ``refresh`` includes ``read``."""

    READ = "read"
    REFRESH = "refresh"


_ROLES = {Scope.READ: Role.ANALYST, Scope.REFRESH: Role.ADMIN}


@dataclass(frozen=True)
class ApiKey:
    """One key as stored; times are Unix times in seconds.

    Attributes:
        name: Of the program or person that uses it; several keys may bear one name.
        secret_sha256: SHA-256 of the secret, hexadecimal.
        expires: None for a key that does not.
        last_used: To the minute; None if it never was.
        revoked: None while it is not.
        made_by: Who made it; empty where an earlier version did not note it.
    """

    id: str
    name: str
    secret_sha256: str
    scope: Scope
    created: float
    expires: float | None = None
    last_used: float | None = None
    revoked: float | None = None
    made_by: str = ""

    def state(self, now: float) -> str:
        """Return ``valid``, ``expired`` or ``revoked``, as it is at *now*."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "valid"


class ApiKeys:
    """The API keys of one state folder.

    Args:
        state: The state folder; made if missing.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, state: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._file = PrivateFile[Mapping[str, ApiKey]](
            state / "api_keys.json",
            _parse,
            absent={},
            remedy=Sentence("restore it, or delete it and make new keys"),
        )
        self._clock = clock
        self._audit = AuditLog(state / "audit.jsonl", lambda: datetime.fromtimestamp(clock(), UTC))
        self._use = LastUse(self._note_use)
        self._refusals = LastUse(self._note_refusal)

    def all(self) -> tuple[ApiKey, ...]:
        """Return every key, those revoked too, in the order in which they were made.

        Raises:
            StateError: The file is damaged.
        """
        return tuple(self._file.read().values())

    def check(self, key: str) -> Identity:
        """Return who holds *key*: ``key:<name>``, an analyst by ``read``, an admin by ``refresh``.

        Costs one ``stat`` and a look-up while the file is the same.

        Raises:
            KeyRefused: It is unknown, expired or revoked; it is not said which.
            StateError: The file of keys is damaged.
        """
        form = _FORM.fullmatch(key)
        known = self._file.read().get(form[1]) if form else None
        if form is None or known is None:
            raise KeyRefused
        now = self._clock()
        proven = hmac.compare_digest(_sha256(form[2]), known.secret_sha256)
        if not proven or known.state(now) != "valid":
            self._refusals.note(known.id, written=0.0, now=now)
            raise KeyRefused
        self._use.note(known.id, written=known.last_used or 0.0, now=now)
        return _holder(known)

    def add(self, name: str, scope: Scope, *, by: Identity, expires_in_s: float | None) -> str:
        """Make a key for *name* and return it; it can't be shown again.

        Raises:
            NotAllowed: *by* is no administrator.
            InvalidSelection: *name* is no name, or the time is not positive.
        """
        by.require(Role.ADMIN, "make API keys")
        if expires_in_s is not None and expires_in_s <= 0:
            raise InvalidSelection(
                parameter="expires",
                found=f"{expires_in_s:g} s",
                expected=Sentence("a time to come, such as 90d"),
            )
        now, secret = self._clock(), secrets.token_hex(32)
        made = ApiKey(
            id=secrets.token_hex(6),
            name=check_name(name),
            secret_sha256=_sha256(secret),
            scope=scope,
            created=now,
            expires=None if expires_in_s is None else now + expires_in_s,
            made_by=by.name,
        )
        with self._file.lock() as keys:
            self._audit.require_writable()
            self._write(keys, made)
            self._audit.record(by, "key_add", "done", None, **_describe(made))
        return f"farol_{made.id}_{secret}"

    def revoke(self, key_id: str, *, by: Identity) -> ApiKey:
        """Refuse a key from here on, and return it.

        Raises:
            NotAllowed: *by* is no administrator.
            InvalidSelection: There is no such key.
        """
        by.require(Role.ADMIN, "revoke API keys")
        with self._file.lock() as keys:
            found = keys.get(key_id)
            if found is None:
                raise InvalidSelection(
                    parameter="key id",
                    found=repr(key_id),
                    expected=Sentence("one of {values:s}", values=tuple(keys)),
                )
            revoked = replace(found, revoked=found.revoked or self._clock())
            self._audit.require_writable()
            self._write(keys, revoked)
            self._audit.record(by, "key_revoke", "done", None, **_describe(revoked))
        return revoked

    def _note_use(self, key_id: str, now: float) -> None:
        with self._file.lock(wait=False) as keys:
            if found := keys.get(key_id):
                self._write(keys, replace(found, last_used=now))

    def _note_refusal(self, key_id: str, now: float) -> None:
        known = self._file.read()[key_id]
        why = {"valid": "wrong secret"}.get(known.state(now), known.state(now))
        self._audit.record(_holder(known), "key_check", "refused", None, key=key_id, reason=why)

    def _write(self, keys: Mapping[str, ApiKey], changed: ApiKey) -> None:
        listed = [asdict(key) for key in {**keys, changed.id: changed}.values()]
        self._file.write(json.dumps({"version": 1, "keys": listed}, indent=2) + "\n")


def _holder(key: ApiKey) -> Identity:
    return Identity(f"key:{key.name}", _ROLES[key.scope])


def _describe(key: ApiKey) -> dict[str, str]:
    return {"key": key.id, "name": key.name, "scope": key.scope.value}


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _parse(text: str) -> Mapping[str, ApiKey]:
    return {entry["id"]: _parse_key(entry) for entry in json.loads(text)["keys"]}


def _parse_key(entry: Mapping[str, str]) -> ApiKey:
    if not _FORM.fullmatch(f"farol_{entry['id']}_{entry['secret_sha256']}"):
        raise ValueError(Sentence("{id!r} is no id with a SHA-256", id=entry["id"]))
    if not is_name(entry["name"]):
        raise ValueError(Sentence("{name!r} is no user name", name=entry["name"]))
    moments = {
        name: None if entry[name] is None else float(entry[name])
        for name in ("expires", "last_used", "revoked")
    }
    return ApiKey(
        id=entry["id"],
        name=entry["name"],
        secret_sha256=entry["secret_sha256"],
        scope=Scope(entry["scope"]),
        created=float(entry["created"]),
        made_by=str(entry.get("made_by", "")),
        **moments,
    )
