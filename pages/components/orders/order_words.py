"""What the order list says of an order: which part, why, by when, and what it must keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from datalayer.kernel.contract.spoken import CURRENCIES
from datalayer.portal import OrderLine, OrderSum, order_reasons
from pages.components import captions
from pages.components.language import NOTHING, _, current, ngettext, number, weekday

Card = Mapping[str, Any]


def part(card: Card) -> str:
    """Return code and name of a part."""
    return f"{card['sku']} · {card['name']}"


def subject(card: Card) -> str:
    """Return which part for which place, as the name of a field."""
    return _("{part} at {place}").format(part=part(card), place=card["place"])


def supplier(name: str | None) -> str:
    """Return the heading of a supplier's orders."""
    return name if name is not None else _("No supplier known")


def short_why(card: Card) -> str:
    """Return why an order is proposed, in a few words, as files of orders say it."""
    return order_reasons.short_why(card, current())


def order_by(card: Card) -> str:
    """Return until when an order is to be placed."""
    day = weekday(card["due"], card["as_of"])
    if card["tier"] == "late":
        return _("now, was due {day}").format(day=day)
    return _("by {day}").format(day=day)


def arrives(card: Card) -> str:
    """Return when what is ordered by then arrives."""
    return _("arrives {day}").format(day=weekday(card["arrives"], card["as_of"]))


def units(quantity: float) -> str:
    """Return a number of units with all its digits."""
    return order_reasons.units(quantity, current())


def money(value: float | None, currency: str, decimals: int = 2) -> str:
    """Return an amount of money; a dash where it isn't known."""
    if value is None:
        return NOTHING
    return f"{CURRENCIES.get(currency, f'{currency} ')}{number(value, decimals)}"


def sizes(card: Card) -> str:
    """Return what a quantity must keep; an empty text where nothing is known."""
    least, multiple = card["minimum_order"], card["order_multiple"] or card["lot"]
    said = []
    if least:
        said.append(_("at least {quantity}").format(quantity=units(least)))
    if multiple and multiple == 1:
        said.append(_("whole units"))
    elif multiple:
        said.append(_("a multiple of {quantity}").format(quantity=units(multiple)))
    return ", ".join(said)


def not_orderable(line: OrderLine) -> str:
    """Return why a quantity can't be ordered, and which could."""
    if line.is_excess:
        return _excess(line)
    kept = sizes(line.card)
    if line.quantity <= 0 or not kept:
        text = _("{quantity} can't be ordered. Leave the row out, or order {next}.")
    else:
        text = _("{quantity} can't be ordered: it must be {kept}. The next is {next}.")
    return text.format(quantity=units(line.quantity), kept=kept, next=units(line.orderable))


def _excess(line: OrderLine) -> str:
    year = line.card["year_demand"]
    text = (
        _(
            "{quantity} can't be ordered: {proposed} are proposed, and about {year} are used in a "
            "year. At most {most} can be ordered here. Is it a digit too many?"
        )
        if year
        else _(
            "{quantity} can't be ordered: {proposed} are proposed. At most {most} can be ordered "
            "here. Is it a digit too many?"
        )
    )
    return text.format(
        quantity=units(line.quantity),
        proposed=units(line.proposed),
        year=number(year, 0 if (year or 0) >= 10 else 1),
        most=units(math.floor(line.most)),
    )


def sum_text(total: OrderSum, currency: str, *, decimals: int = 2) -> str:
    """Return what orders come to: how many, how much, and of how many the cost isn't known."""
    text = ngettext("{count} order", "{count} orders", total.orders)
    said = [text.format(count=number(total.orders, 0))]
    if total.value is not None:
        said.append(money(total.value, currency, decimals))
    if total.without_value:
        text = ngettext(
            "the cost of {count} is not known",
            "the cost of {count} is not known",
            total.without_value,
        )
        said.append(text.format(count=number(total.without_value, 0)))
    return ", ".join(said)


def literal_supplier(name: str | None) -> str:
    """Return the heading of a supplier's orders as Markdown."""
    return captions.literal(supplier(name))
