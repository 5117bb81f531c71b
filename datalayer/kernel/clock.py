"""The present moment; whoever needs it takes a clock as an argument, and this is the default."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)
