"""Failed sign-ins slow the next one down, per name and per address, across restarts."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from datalayer.access.private_files import PrivateFile

KEPT: Final = 4096


@dataclass(frozen=True)
class Limit:
    """How failures add up to a wait.

    Attributes:
        free_failures: With this many the wait is 1 s; each further one doubles it.
        longest_wait_s: What it grows to.
        forget_after_s: Without another failure for this long, all is forgotten.
    """

    free_failures: int
    longest_wait_s: float
    forget_after_s: float


PER_NAME: Final = Limit(free_failures=3, longest_wait_s=900.0, forget_after_s=86_400.0)
# A whole office may stand behind one address: it gets more failures, and is held up less.
PER_ADDRESS: Final = Limit(free_failures=20, longest_wait_s=300.0, forget_after_s=3_600.0)


@dataclass(frozen=True)
class Wait:
    """How long an attempt must wait.

    Attributes:
        seconds: 0 for an attempt that may go on.
        told_before: Whether an earlier attempt was answered with this same wait.
    """

    seconds: float
    told_before: bool = False


@dataclass(frozen=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    told: bool = False

    def blocked_until(self, limit: Limit) -> float:
        beyond = self.count - limit.free_failures
        if beyond < 0:
            return self.last
        return self.last + min(2.0 ** min(beyond, 64), limit.longest_wait_s)


class SignInThrottle:
    """Counts failures under names and from addresses, and says how long the next one must wait.

    Names are counted whether or not there is such a user, so a wait betrays nothing, and kept as
    keyed digests, since people type passwords into the wrong field.

    Args:
        path: Where the failures are kept.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        # A damaged count must not lock everybody out; the next failure rewrites it.
        self._file = PrivateFile[Mapping[str, _Failures]](path, _parse, absent={}, remedy=None)
        self._clock = clock

    def attempt(self, name: str, address: str, key: str) -> Wait:
        """Begin an attempt to sign in as *name* from *address* (empty where it is not known).

        An attempt that may go on is counted as failed until ``record_success`` says otherwise, so
        that attempts made side by side don't slip through together.
        """
        subjects = _subjects(name, address, key)
        with self._file.lock() as listed:
            kept, now = self._recent(listed), self._clock()
            counted = {
                digest: self._still_counted(kept.pop(digest, None), limit)
                for digest, limit in subjects.items()
            }
            wait_s = {
                digest: counted[digest].blocked_until(limit) - now
                for digest, limit in subjects.items()
            }
            blocking = [digest for digest in subjects if wait_s[digest] > 0]
            if not blocking:
                after = {digest: _Failures(f.count + 1, now) for digest, f in counted.items()}
            else:
                after = counted | {each: replace(counted[each], told=True) for each in blocking}
            self._write(kept | after)
        told_before = bool(blocking) and all(counted[each].told for each in blocking)
        return Wait(max(0.0, *wait_s.values()), told_before)

    def record_success(self, name: str, address: str, key: str) -> None:
        """Forget the failures of *name*, and that this attempt was counted for *address*.

        Earlier failures from the address stay: who has one account must not be able to clear
        the way for guesses at the others.
        """
        with self._file.lock() as listed:
            kept = self._recent(listed)
            for digest, limit in _subjects(name, address, key).items():
                failures = kept.pop(digest, None)
                if failures and limit is PER_ADDRESS:
                    kept[digest] = replace(failures, count=max(0, failures.count - 1))
            self._write(kept)

    def _still_counted(self, failures: _Failures | None, limit: Limit) -> _Failures:
        if failures is None or failures.last <= self._clock() - limit.forget_after_s:
            return _Failures()
        return failures

    def _recent(self, listed: Mapping[str, _Failures]) -> dict[str, _Failures]:
        since = self._clock() - PER_NAME.forget_after_s
        return {digest: failures for digest, failures in listed.items() if failures.last > since}

    def _write(self, kept: Mapping[str, _Failures]) -> None:
        newest = list(kept.items())[-KEPT:]  # a failure moves its name to the end
        self._file.write(json.dumps({d: (f.count, f.last, f.told) for d, f in newest}))


def keyed_digest(text: str, key: str) -> str:
    """Return the HMAC-SHA-256 of *text*, hexadecimal: it tells equal texts and nothing else."""
    return hmac.new(key.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def household(address: str) -> str:
    """Return the address, or the /64 network of an IPv6 one: a single host has all of that."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found)


def _subjects(name: str, address: str, key: str) -> dict[str, Limit]:
    subjects = {keyed_digest(f"name {name}", key): PER_NAME}
    if address:
        subjects[keyed_digest(f"address {household(address)}", key)] = PER_ADDRESS
    return subjects


def _parse(text: str) -> Mapping[str, _Failures]:
    return {
        digest: _Failures(int(count), float(last), told=bool(told))
        for digest, (count, last, told) in json.loads(text).items()
    }
