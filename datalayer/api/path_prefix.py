"""Addresses of the portal as callers write them: under the path prefix, where one is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_prefix: ContextVar[str] = ContextVar("path_prefix", default="")


def address(path: str) -> str:
    """Return *path*, such as ``/api/v1/items``, as a caller of this portal writes it."""
    return _prefix.get() + path


@contextmanager
def under(prefix: str) -> Iterator[None]:
    """Put what ``address`` returns in the block under *prefix*, such as ``/farol``."""
    token = _prefix.set(prefix)
    try:
        yield
    finally:
        _prefix.reset(token)
