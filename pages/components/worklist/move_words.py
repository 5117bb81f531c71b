"""What is said of a move between two places: from where, how far and how long it is, what it costs.

Every number is a published one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.components.language import _, ngettext, number
from pages.components.units import amount

Row = Mapping[str, Any]


def way(row: Row, currency: str) -> str:
    """Return how far and how long it is, and what it costs; an empty string if nothing is known.

    Args:
        row: Has km, days, distance_assumed and freight.
        currency: ISO code; an empty string where none is published.
    """
    told = []
    if row["km"] is not None:
        text = _("about {km} km") if row["distance_assumed"] else _("{km} km")
        told.append(text.format(km=number(row["km"], 0)))
    if row["days"] is not None:
        days = row["days"]
        text = ngettext("{count} day", "{count} days", 1 if days == 1 else 2)
        told.append(text.format(count=number(days, 0 if days == int(days) else 1)))
    if row["freight"] is not None:
        told.append(amount(round(row["freight"]), "currency", currency=currency))
    return ", ".join(told)


def counted(count: int) -> str:
    """Return how many moves are to be made."""
    text = ngettext("{count} move to make first", "{count} moves to make first", count)
    return text.format(count=number(count, 0))
