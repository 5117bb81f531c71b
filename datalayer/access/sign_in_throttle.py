"""Failed sign-ins slow the next one down, across restarts, and keep no owner of an account out.

Failures are counted for a name from an address, for the address whatever the name, and for the
name from wherever. The last slows guesses that come from many addresses; who signed in from this
browser or this address before isn't held up by it, so a stranger can't lock anybody out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from datalayer.access.sign_in_failures import FailureFile, Failures, FailureTables, Pool

DAY_S: Final = 86_400.0


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


PER_PAIR: Final = Limit(free_failures=3, longest_wait_s=900.0, forget_after_s=DAY_S)
"""Of one name from one address, or in a browser that is known for it."""

PER_NAME: Final = Limit(free_failures=10, longest_wait_s=300.0, forget_after_s=DAY_S)
"""Of one name from all addresses from which nobody signed in under it."""

PER_ADDRESS: Final = Limit(free_failures=20, longest_wait_s=300.0, forget_after_s=3_600.0)
"""Of one address: a whole office may stand behind it, so it gets more failures."""

KNOWN_FOR_S: Final = 90 * DAY_S
LINES_AN_HOUR: Final = 10
"""So many lines about failures of one user, or of all strangers, are written in an hour."""

_HOUR_S: Final = 3_600.0


@dataclass(frozen=True)
class SignInAttempt:
    """An attempt to sign in.

    Attributes:
        name: As ``normal_name`` returns it.
        is_user: Whether there is such a user; what is answered must not depend on it.
        address: Where it comes from; empty where that is not known.
        browser: The id of a browser in which *name* signed in before; empty if it is not one.
    """

    name: str
    is_user: bool
    address: str = ""
    browser: str = ""


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
class Line:
    """Whether a failure gets a line of its own in the audit log.

    Attributes:
        is_written: False for one of a burst that has its line already.
        begins_burst: It is the first of those that get none.
        not_written: How many before it got none and are not told of yet.
    """

    is_written: bool
    begins_burst: bool = False
    not_written: int = 0


@dataclass(frozen=True)
class _Subject:
    digest: str
    pool: Pool
    name: str
    limit: Limit


class SignInThrottle:
    """Counts failures, and says how long the next attempt must wait.

    Names are counted whether or not there is such a user, so a wait betrays nothing, and kept as
    keyed digests, since people type passwords into the wrong field.

    Args:
        path: Where the failures are kept.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self._file = FailureFile(path)
        self._clock = clock

    def begin(self, attempt: SignInAttempt, key: str) -> Wait:
        """Return how long *attempt* must wait.

        One that may go on is counted as failed until ``record_success`` says otherwise, so that
        attempts made side by side don't slip through together.

        Raises:
            StateUnavailable: The failures can't be written.
        """
        now = self._clock()

        def work(tables: FailureTables) -> Wait:
            subjects = self._subjects(tables, attempt, key)
            counted = {each: _still_counted(tables, each, now) for each in subjects}
            wait_s = {each: _blocked_until(counted[each], each.limit) - now for each in subjects}
            blocking = [each for each in subjects if wait_s[each] > 0]
            for each in blocking:
                self._store(tables, each, replace(counted[each], told=True))
            if blocking:
                told = all(counted[each].told for each in blocking)
                return Wait(max(wait_s.values()), told)
            for each, failures in counted.items():
                self._store(tables, each, Failures(failures.count + 1, now))
            whole = _digest_of_name(attempt.name, key)
            tables.prune(whole, whole, before=now - DAY_S)
            return Wait(0.0)

        return self._file.transact(work)

    def record_success(self, attempt: SignInAttempt, key: str) -> None:
        """Forget the failures that led to this success, and remember where it came from.

        Failures of the name from elsewhere stay, and so do those of the address under other
        names: who has one account must not be able to clear the way for guesses at the others.
        """
        now = self._clock()

        def work(tables: FailureTables) -> None:
            own, *wider = self._subjects(tables, attempt, key)
            forgiven = tables.failures(own.digest).count
            tables.forget(own.digest)
            for each in wider:
                failures = tables.failures(each.digest)
                count = failures.count - (1 if each.pool is Pool.ADDRESSES else forgiven)
                self._store(tables, each, replace(failures, count=max(0, count)))
            if attempt.address:
                name = _digest_of_name(attempt.name, key)
                tables.note_address(name, _digest_of_address(attempt.address, key), now)

        self._file.transact(work)

    def forget(self, name: str, key: str) -> None:
        """Forget the failures of *name* from wherever, and where it signed in."""
        self._file.transact(lambda tables: tables.forget_name(_digest_of_name(name, key)))

    def line(self, attempt: SignInAttempt, key: str) -> Line:
        """Return whether a failure gets a line of its own, and count it."""
        now = self._clock()
        # A flood of made-up names is one burst.
        subject = _digest_of_name(attempt.name, key) if attempt.is_user else ""

        def work(tables: FailureTables) -> Line:
            began, count = tables.line_window(subject)
            if count and now - began < _HOUR_S:
                tables.store_line_window(subject, began, count + 1)
                return Line(count <= LINES_AN_HOUR, begins_burst=count == LINES_AN_HOUR)
            tables.store_line_window(subject, now, 1)
            return Line(is_written=True, not_written=_not_written(count))

        return self._file.transact(work)

    def end_burst(self, name: str, key: str) -> int:
        """Return how many failures of *name* got no line, which somebody tells of now."""
        subject = _digest_of_name(name, key)

        def work(tables: FailureTables) -> int:
            _, count = tables.line_window(subject)
            tables.store_line_window(subject, 0.0, 0)
            return _not_written(count)

        return self._file.transact(work)

    def _subjects(self, tables: FailureTables, attempt: SignInAttempt, key: str) -> list[_Subject]:
        """Return what *attempt* counts for, the narrowest first."""
        name = _digest_of_name(attempt.name, key)
        pool = Pool.USERS if attempt.is_user else Pool.STRANGERS
        if attempt.browser:
            digest = keyed_digest(f"browser {attempt.browser} {attempt.name}", key)
            return [_Subject(digest, pool, name, PER_PAIR)]
        place = household(attempt.address)
        pair = keyed_digest(f"pair {place} {attempt.name}", key)
        subjects = [_Subject(pair, pool, name, PER_PAIR)]
        address = _digest_of_address(attempt.address, key)
        if not tables.is_known(name, address, since=self._clock() - KNOWN_FOR_S):
            subjects.append(_Subject(name, pool, name, PER_NAME))
        if attempt.address:
            subjects.append(_Subject(address, Pool.ADDRESSES, "", PER_ADDRESS))
        return subjects

    def _store(self, tables: FailureTables, subject: _Subject, failures: Failures) -> None:
        tables.store(subject.digest, subject.pool, subject.name, failures)


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


def _still_counted(tables: FailureTables, subject: _Subject, now: float) -> Failures:
    failures = tables.failures(subject.digest)
    if failures.last <= now - subject.limit.forget_after_s:
        return Failures()
    # A clock that was ahead and is right again must not make anybody wait until it is there anew.
    return replace(failures, last=min(failures.last, now))


def _blocked_until(failures: Failures, limit: Limit) -> float:
    beyond = failures.count - limit.free_failures
    if beyond < 0:
        return failures.last
    return failures.last + min(2.0 ** min(beyond, 64), limit.longest_wait_s)


def _not_written(count: int) -> int:
    # The line that begins a burst tells of the failure that it is written for.
    return max(0, count - LINES_AN_HOUR - 1)


def _digest_of_name(name: str, key: str) -> str:
    return keyed_digest(f"name {name}", key)


def _digest_of_address(address: str, key: str) -> str:
    return keyed_digest(f"address {household(address)}", key)
