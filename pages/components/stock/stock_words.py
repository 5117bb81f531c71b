"""What the list of stock says of one position; a value that isn't there as what that means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from datalayer.portal import NETWORK
from pages.components import policy_followed
from pages.components.language import NOTHING, _, day, number, percent
from pages.components.units import amount
from pages.components.value_words import value_label
from pages.components.worklist.action_words import units

Row = Mapping[str, Any]

LONGEST_COVER_DAYS: Final = 3650
"""What is published for a cover of ten years and of any time beyond."""


def text_of(row: Row, column: str, currency: str = "") -> str:
    """Return a cell of the list as text.

    Args:
        row: A row of ``questions.inventory.positions``, with that of
            ``questions.inventory.repaired`` where the part is repaired.
        column: One of ``stock_address.SORTED``.
        currency: ISO code; an empty string where none is published.
    """
    value = row[column]
    if column in _MADE:
        return _MADE[column](row)
    if value is None:
        return NOTHING
    if column in _COUNTED:
        text = units({"quantity": value, "unit": row["unit"]})
        return _WITH[column](text, row) if column in _WITH else text
    if column in _LABELLED:
        return value_label(_LABELLED[column], column, str(value))
    if column == "stock_value":
        return money(value, currency)
    return share(value) if column == "service_level" else str(value)


def _with_moves(text: str, row: Row) -> str:
    if not row["moved"]:
        return text
    return _("{stock} ({moved} by moves)").format(stock=text, moved=moved(row))


def _with_repairs(text: str, row: Row) -> str:
    back = row.get("coming_back")
    if not back:
        return text
    told = units({"quantity": back, "unit": row["unit"]})
    return _("{ordered} ({back} of them from repair)").format(ordered=text, back=told)


def place_name(row: Row) -> str:
    """Return what a place is called: the network in this run's language, others as published."""
    is_network = row["location_id"] == NETWORK
    return _("Whole network") if is_network else str(row["name"] or row["location_id"])


def share(value: float) -> str:
    """Return a share in per cent, with a decimal where it has one."""
    return percent(value, 0 if round(value, 6) == round(value, 2) else 1)


def moved(row: Row) -> str:
    """Return what proposed moves bring, or take away, with its sign; an empty string if nothing."""
    value = row["moved"]
    if not value:
        return ""
    sign = "+" if value > 0 else "\u2212"
    return f"{sign}{units({'quantity': abs(value), 'unit': row['unit']})}"


def cover(row: Row) -> str:
    """Return how long stock and open orders last, in days."""
    value = row["days_of_cover"]
    if value is None:
        return _("stock unknown") if row["current_stock"] is None else _("no use expected")
    if value >= LONGEST_COVER_DAYS:
        return _("over ten years")
    return number(value, 0)


def runs_out_heading() -> str:
    """Return what names the day on which stock and open orders are used up.

    A part's own page tells when its stock runs out, and when each open order comes: a part without
    stock has run out there, and still has a day here if something is on order.
    """
    return _("Runs out, with orders")


def run_out(row: Row) -> str:
    """Return the day on which stock and open orders are used up."""
    value = row["stockout_date"]
    if value is None:
        return _("stock unknown") if row["current_stock"] is None else _("not within two years")
    return _("it has run out") if value <= row["as_of"] else day(value)


def order_by(row: Row) -> str:
    """Return the last day to order."""
    if row["order_by"] is not None:
        return day(row["order_by"])
    return _("nobody can say") if row["order_quantity"] is None else _("no order proposed")


def status(row: Row) -> str:
    """Return what the stock asks for, and whether the part isn't to be held at all."""
    if row["status"] is None:
        return NOTHING
    told = value_label("fact_inventory", "status", str(row["status"]))
    is_held = row["policy"] != policy_followed.NOT_STOCKED
    return told if is_held else _("{status}, not held").format(status=told)


def money(value: float | None, currency: str) -> str:
    """Return money to a hundredth, so that what is shown adds up; a dash for none."""
    if value is None:
        return NOTHING
    sign = amount(0, "currency", currency=currency).removesuffix("0")
    return f"{sign}{number(value, 2)}"


_MADE: Final[Mapping[str, Callable[[Row], str]]] = {
    "days_of_cover": cover,
    "stockout_date": run_out,
    "order_by": order_by,
    "status": status,
}
_WITH: Final = {"current_stock": _with_moves, "on_order": _with_repairs}
"""What is said beside an amount."""
_COUNTED: Final = frozenset(
    {"current_stock", "on_order", "reorder_point", "order_up_to", "order_quantity"}
)
_LABELLED: Final = {"demand_class": "dim_item"}
