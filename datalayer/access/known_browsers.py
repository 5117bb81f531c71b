"""Browsers in which somebody signed in before: strangers' failures don't hold them up.

A browser keeps a signed token for each user who signed in in it. The token opens nothing: a
password is asked for all the same, and a few wrong ones make its bearer wait like anybody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

import jwt

from datalayer.access.identity import normal_name
from datalayer.access.sign_in_throttle import KNOWN_FOR_S

COOKIE_PREFIX: Final = "farol_known_"
_ALGORITHM: Final = "HS256"
_PURPOSE: Final = "known_browser"


def known_browser_cookie(name: str) -> str:
    """Return the name of the cookie that holds the token of the user who typed *name*."""
    typed = normal_name(name).encode("utf-8", "surrogatepass")
    return COOKIE_PREFIX + hashlib.sha256(typed).hexdigest()[:16]


class KnownBrowsers:
    """Makes and reads the tokens.

    Args:
        key: Gives the key that signs them.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, key: Callable[[], str], *, clock: Callable[[], float]) -> None:
        self._key = key
        self._clock = clock

    def token(self, name: str, browser: str, *, issued: float) -> str:
        """Return a token for a browser in which *name* has signed in.

        Args:
            name: The user.
            browser: The id that it had before; empty for a new one.
            issued: When the sign-in began, Unix time.
        """
        claims = {
            "purpose": _PURPOSE,
            "username": name,
            "browser": browser or secrets.token_hex(16),
            "issued": issued,
        }
        return jwt.encode(claims, self._key(), _ALGORITHM)

    def browser(self, token: str, name: str, *, not_before: float) -> str:
        """Return the id of the browser that *token* was made for; empty if it is not for *name*.

        A token from before *not_before*, when a password was set, counts as none.
        """
        try:
            claims = jwt.decode(token, self._key(), algorithms=[_ALGORITHM])
        except (jwt.InvalidTokenError, UnicodeError):
            return ""
        issued = claims.get("issued")
        if claims.get("purpose") != _PURPOSE or claims.get("username") != name:
            return ""
        if not isinstance(issued, float | int):
            return ""
        if not max(not_before, self._clock() - KNOWN_FOR_S) <= issued:
            return ""
        return str(claims.get("browser", ""))
