"""What is said of a part that is repaired: when it comes back, and what is counted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pages.components.language import _, quantity
from pages.components.units import amount

Row = Mapping[str, Any]


def comes_back(row: Row) -> str:
    """Return how long a repair takes and what is beyond it; an empty text for what isn't repaired.

    *row* has the columns of that name of fact_repair.
    """
    if row.get("repair_days") is None:
        return ""
    text = _("comes back from repair in {days}; {share} are beyond repair")
    return text.format(
        days=amount(row["repair_days"], "d"), share=amount(row["condemnation"], "share")
    )


def counted_on(row: Row) -> str:
    """Return how many of those in repair are counted on, from a row of fact_repair."""
    if not row["in_repair"]:
        return _("none is in repair")
    text = _("of {in_repair} in repair, {coming_back} are counted on")
    return text.format(
        in_repair=quantity(row["in_repair"]), coming_back=quantity(row["coming_back"])
    )


def told(row: Row) -> str:
    """Return all that a row of fact_repair says of a part."""
    return f"{comes_back(row)}; {counted_on(row)}"


def ordered(stock: Row, repair: Row | None) -> float | None:
    """Return the units on order, without those that come back from repair.

    Args:
        stock: Of fact_inventory.
        repair: Of fact_repair, of the same part and place; None of what isn't repaired.
    """
    total: float | None = stock.get("on_order")
    return total if total is None or repair is None else max(0.0, total - repair["coming_back"])


def bought_instead(row: Row, stock: Row) -> Iterator[str]:
    """Yield what has to be bought until the delivery after the next review, where that is known.

    Args:
        row: Of fact_repair.
        stock: Of fact_inventory, of the same part and place.
    """
    days, review = stock.get("lead_time_days"), stock.get("review_days")
    if row["failures"] is None or days is None or review is None:
        return
    text = _(
        "In {days}, with the review, {failures} are expected to fail: {condemned} of them are "
        "beyond repair and have to be bought."
    )
    yield text.format(
        days=amount(days + review, "d"),
        failures=quantity(row["failures"]),
        condemned=quantity(row["condemned"]),
    )
