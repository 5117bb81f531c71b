"""The spans that can be chosen: how far back and ahead of the last day known a chart reaches."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

SPANS: Final = ("3m", "6m", "1y", "all")
"""As the address has them, the shortest first."""

_DAYS: Final = {"3m": 92, "6m": 183, "1y": 366}


def span_of(name: str, through: date) -> tuple[date | None, date | None]:
    """Return the first and the last day of a span; None for no bound.

    It reaches as far ahead of *through*, the last day known, as back from it.

    Args:
        name: One of ``SPANS``.
        through: The last day of observed demand.
    """
    if name not in _DAYS:
        return None, None
    reach = timedelta(days=_DAYS[name])
    return through - reach + timedelta(days=1), through + reach
