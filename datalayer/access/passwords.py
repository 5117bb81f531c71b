"""Passwords: made, hashed and compared.

The hash is bcrypt over the base64 of the password's SHA-256, because bcrypt itself reads no more
than 72 bytes: this way every character of a long password counts.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata

import bcrypt

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence

LENGTH = range(12, 1025)

_UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Return a random password of 20 letters and digits (99 bits) that can be read aloud."""
    letters = "".join(secrets.choice(_UNMISTAKABLE) for _ in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def hash_password(password: str, *, rounds: int) -> str:
    """Return the bcrypt hash of *password*, of the cost 2 ** *rounds*.

    Raises:
        InvalidSelection: The password is too short or too long.
    """
    if len(password) not in LENGTH:
        raise InvalidSelection(
            parameter=Sentence("the password"),
            found=Sentence("{count} characters long", count=len(password)),
            expected=Sentence(
                "{least} to {most} characters long", least=LENGTH.start, most=LENGTH.stop - 1
            ),
        )
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode("ascii")


def password_matches(password: str, hashed: str) -> bool:
    """Return True if *hashed* is the hash of *password*; takes as long whether it is or not."""
    return bcrypt.checkpw(_digest(password), hashed.encode("ascii"))


def decoy_hash(*, rounds: int) -> str:
    """Return a well-formed hash of no password, to compare with where there is no user."""
    return bcrypt.gensalt(rounds).decode("ascii") + "." * 31


def _digest(password: str) -> bytes:
    # One password typed on two keyboards may arrive composed or decomposed: NFKC makes one of it.
    # Cut, so that a password of megabytes is never normalised; no stored one is longer.
    typed = unicodedata.normalize("NFKC", password[: LENGTH.stop])
    return base64.b64encode(hashlib.sha256(typed.encode("utf-8", "surrogatepass")).digest())
