"""Failed sign-ins slow the next one down, per name, across restarts and processes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from datalayer.private_files import locked, read_private, write_private

FREE_FAILURES = 3
LONGEST_WAIT_S = 900.0
FORGET_AFTER_S = 86_400.0
NAMES_KEPT = 4096


@dataclass(frozen=True)
class _Failures:
    count: int
    last: float

    def blocked_until(self) -> float:
        beyond = self.count - FREE_FAILURES
        return self.last + min(2.0**beyond, LONGEST_WAIT_S) if beyond >= 0 else self.last


class SignInThrottle:
    """Counts failures under a name and says how long the next attempt must wait.

    The first two failures cost nothing; after the third the wait is 1 s and doubles up to
    15 minutes. A day without failures, or a success, forgets them. Names are counted whether or
    not there is such a user, so a wait betrays nothing, and kept as keyed digests, since people
    type passwords into the wrong field.

    Args:
        path: Where the failures are kept.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self._path = path
        self._lock_path = path.with_suffix(".lock")
        self._clock = clock

    def attempt(self, name: str, key: str) -> float:
        """Begin an attempt to sign in as *name*; return the seconds it must wait, 0 if none.

        An attempt that may go on is counted as failed until ``succeeded`` says otherwise, so
        that attempts made side by side don't slip through together.
        """
        with locked(self._lock_path):
            kept = self._read()
            before = kept.pop(_digest(name, key), _Failures(0, 0.0))
            wait_s = before.blocked_until() - self._clock()
            if wait_s <= 0:
                kept[_digest(name, key)] = _Failures(before.count + 1, self._clock())
                self._write(kept)
            return max(0.0, wait_s)

    def succeeded(self, name: str, key: str) -> None:
        """Forget the failures of *name*."""
        with locked(self._lock_path):
            kept = self._read()
            if kept.pop(_digest(name, key), None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, _Failures]:
        try:
            listed = json.loads(read_private(self._path))
            found = {digest: _Failures(int(n), float(last)) for digest, (n, last) in listed.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            return {}  # a damaged count must not lock everybody out; the next failure rewrites it
        horizon = self._clock() - FORGET_AFTER_S
        return {digest: failures for digest, failures in found.items() if failures.last > horizon}

    def _write(self, kept: Mapping[str, _Failures]) -> None:
        newest = list(kept.items())[-NAMES_KEPT:]  # a failure moves its name to the end
        write_private(self._path, json.dumps({d: (f.count, f.last) for d, f in newest}))


def _digest(name: str, key: str) -> str:
    return hmac.new(key.encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
