"""Secrets that anybody could guess: samples of documentation, words, short or monotonous ones."""

from __future__ import annotations

from typing import Final

LEAST_CHARACTERS: Final = 16
LEAST_DIFFERENT: Final = 8

# What samples, defaults and first guesses are made of. A random secret holds none of them: one of
# 40 letters and digits has the shortest by chance once in a million times.
_GUESSED: Final = (
    *("admin", "changeme", "change-me", "change_me", "default", "dummy", "example", "farol"),
    *("letmein", "minio", "passw", "placeholder", "qwerty", "replace", "sample", "secret", "senha"),
    *("seaweed", "your-", "your_", "12345", "abcdef"),
)
_RIGHT: Final = (
    f"it must be a random one of {LEAST_CHARACTERS} characters or more, "
    "such as deploy/init.sh or `openssl rand -hex 32` make"
)


def find_weakness(secret: str) -> str | None:
    """Return what makes *secret* easy to guess, and what would be right; None if nothing does.

    The sentence goes on from the name of its setting and shows nothing of the secret.
    """
    if any(word in secret.lower() for word in _GUESSED):
        return f"is a sample, or holds a word that is guessed first; {_RIGHT}"
    if len(secret) < LEAST_CHARACTERS:
        return f"has fewer than {LEAST_CHARACTERS} characters; {_RIGHT}"
    if len(set(secret)) < LEAST_DIFFERENT:
        return f"has fewer than {LEAST_DIFFERENT} different characters; {_RIGHT}"
    return None
