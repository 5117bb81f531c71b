"""Names of users and of the holders of API keys."""

from __future__ import annotations

import re
import unicodedata

from datalayer.kernel.errors import InvalidSelection

# No colon: ``cli:``, ``key:`` and ``follow:`` begin the names of those who are no users.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def normal_name(name: str) -> str:
    """Return *name* as it is compared: case and spaces around it do not matter."""
    # Cut, so that a name of megabytes is never normalised; no real one is longer.
    return unicodedata.normalize("NFKC", name[:256]).strip().lower()


def is_name(text: str) -> bool:
    """Say whether *text* is a name in its normal form."""
    return _NAME.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """Return the normal form of a name that can be given.

    Raises:
        InvalidSelection: It can't.
    """
    normal = normal_name(name)
    if not is_name(normal):
        expected = "1 to 64 of a-z, 0-9, dot, dash, underscore and @, beginning with a-z or 0-9"
        raise InvalidSelection("name", repr(name[:80]), expected)
    return normal
