"""What is known of a part at a place, as terms and texts: stock, orders, lead time, run-out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from datalayer.kernel.contract.registry import Registry
from pages.components.language import _, label, ngettext, number, weekday
from pages.components.part import repairs
from pages.components.part.situation import PartSituation
from pages.components.units import amount
from pages.components.worklist import move_words
from pages.components.worklist.action_words import chance, units

Row = Mapping[str, Any]
Fact = tuple[str, str]

SHOWN_ORDERS: Final = 3
_NOWHERE: Final = "-"


def facts(situation: PartSituation, registry: Registry, *, currency: str = "") -> list[Fact]:
    """Return terms and texts, in the order in which a planner asks for them.

    What the publication doesn't say of the part is left out.

    Args:
        situation: The part at a place.
        registry: Has the names of what is assumed.
        currency: ISO code; an empty string where none is published.
    """
    stock, action = situation.stock or {}, situation.decision or {}
    told = (
        (_("Stock"), _stock(situation)),
        (_("Moves"), _moved(situation)),
        (_("On the way"), move_words.way(action, currency) if action else ""),
        (_("On order"), _on_order(situation)),
        (_("Repair"), repairs.told(situation.repair) if situation.repair else ""),
        (_("Lead time"), _lead_time(stock)),
        (_("Supplied from"), _supplied_from(situation)),
        (_("Runs out"), _runs_out(situation)),
        (_("Chance of a shortage"), _chance(situation)),
        (_("Would arrive"), _arrival(action)),
        (_("Value"), _value(action, currency)),
        (_("Order sizes"), _sizes(situation)),
        (_("Reorder point"), _levels(situation)),
        (_("Assumed"), _assumed(situation, registry)),
    )
    return [(term, text) for term, text in told if text]


def count(value: float | None, item: Row) -> str:
    """Return an amount of a part with its unit, which is not told where parts are counted."""
    return units({"quantity": value, "unit": item["unit"]})


def as_of(situation: PartSituation) -> date | None:
    """Return the day for which the stock stands."""
    day: date | None = (situation.stock or {}).get("as_of")
    return day


def _stock(situation: PartSituation) -> str:
    stock = situation.stock
    if stock is None or stock["current_stock"] is None:
        return _("not known")
    return _("{count} on {day}").format(
        count=count(stock["current_stock"], situation.item),
        day=weekday(stock["as_of"], stock["as_of"]),
    )


def _moved(situation: PartSituation) -> str:
    units_moved = (situation.stock or {}).get("moved")
    if not units_moved:
        return ""
    text = _("{count} are to come from other places")
    if units_moved < 0:
        text = _("{count} are to go to other places")
    return text.format(count=count(abs(units_moved), situation.item))


def _on_order(situation: PartSituation) -> str:
    orders = sorted(situation.rows("fact_open_order"), key=_due_first)
    total = repairs.ordered(situation.stock or {}, situation.repair)
    if total is None and not orders:
        return ""
    if not orders:
        return _("nothing") if not total else count(total, situation.item)
    told = [_order(order, situation) for order in orders[:SHOWN_ORDERS]]
    more = len(orders) - len(told)
    if more:
        text = ngettext("{count} more order", "{count} more orders", more)
        told.append(text.format(count=number(more, 0)))
    listed = "; ".join(told)
    if total is None or len(orders) == 1:
        return listed
    return f"{count(total, situation.item)}: {listed}"


def _order(order: Row, situation: PartSituation) -> str:
    known_on = as_of(situation)
    due, line = order["due"], order["line"]
    if due is None:
        text = _("{count}, no day is known (order {ref})")
    elif known_on is not None and due < known_on:
        text = _("{count} were due {day} and have not come (order {ref})")
    else:
        text = _("{count} on {day} (order {ref})")
    return text.format(
        count=count(order["quantity"], situation.item),
        day=weekday(due, known_on),
        ref=order["order_id"] if line == _NOWHERE else f"{order['order_id']}/{line}",
    )


def _due_first(order: Row) -> tuple[bool, date]:
    return order["due"] is None, order["due"] or date.max


def _lead_time(stock: Row) -> str:
    days, spread = stock.get("lead_time_days"), stock.get("lead_time_sd_days")
    if days is None:
        return _("not known") if stock else ""
    text = amount(days, "d")
    if not spread:
        return text
    return _("{days}, give or take {spread}").format(days=text, spread=amount(spread, "d"))


def _supplied_from(situation: PartSituation) -> str:
    place, wait = situation.location, situation.days_at_store
    told = str(place.get("supplied_from") or "")
    if told and place.get("supply_days") is not None:
        days = amount(place["supply_days"], "d")
        told = _("{store}, within {days}").format(store=told, days=days)
    if not told or wait is None:
        return told
    text = _("{supplied}; on average it waits {wait} until there is one")
    return text.format(supplied=told, wait=amount(wait, "d"))


def _runs_out(situation: PartSituation) -> str:
    stock, action = situation.stock or {}, situation.after_moves
    known_on = as_of(situation)
    if stock.get("current_stock") is None:
        return ""
    told = action if action is not None and action["action"] != "check" else None
    day = told["runs_out"] if told is not None else stock["stockout_date"]
    if day is None:
        return _("not within two years")
    if known_on is not None and day <= known_on:
        return _("it has run out")
    return weekday(day, known_on)


def _chance(situation: PartSituation) -> str:
    """Return the chance once moves are made, as the day on which it runs out."""
    probability = (situation.after_moves or {}).get("stockout_probability")
    if probability is None:
        probability = (situation.stock or {}).get("stockout_probability")
    if probability is None:
        return ""
    return _("{chance} before a delivery comes").format(chance=chance(probability))


def _arrival(action: Row) -> str:
    if action.get("action") not in {"order", "move"} or action["arrives"] is None:
        return ""
    return weekday(action["arrives"], action["as_of"])


def _value(action: Row, currency: str) -> str:
    value = action.get("value")
    return "" if value is None else amount(value, "currency", currency=currency)


def _sizes(situation: PartSituation) -> str:
    stock = situation.stock or {}
    least, multiple = stock.get("minimum_order"), stock.get("order_multiple")
    bounds = ((_("at least {count}"), least), (_("in multiples of {count}"), multiple))
    return ", ".join(
        text.format(count=count(value, situation.item)) for text, value in bounds if value
    )


def _levels(situation: PartSituation) -> str:
    stock = situation.stock or {}
    point, up_to = stock.get("reorder_point"), stock.get("order_up_to")
    if point is None:
        return ""
    texts = [count(point, situation.item)]
    if up_to:
        filled = _("an order fills up to {count}")
        texts.append(filled.format(count=count(up_to, situation.item)))
    return "; ".join(texts)


def _assumed(situation: PartSituation, registry: Registry) -> str:
    rows = (("fact_inventory", situation.stock), ("dim_item", situation.item))
    said = [
        _name_of(name, (data_set, "fact_repair"), registry)
        for data_set, row in rows
        for name in _names(row)
    ]
    return ", ".join(dict.fromkeys(said))


def _name_of(name: str, data_sets: Sequence[str], registry: Registry) -> str:
    """What a column is called in the first of *data_sets* that has it; its own name in none."""
    for data_set in data_sets:
        for column in registry.data_sets[data_set].columns:
            if column.name == name:
                return label(column.label).lower()
    return name


def _names(row: Row | None) -> Iterator[str]:
    return (name.strip() for name in str((row or {}).get("assumed") or "").split(",") if name)


def missing(situation: PartSituation, registry: Registry) -> Sequence[str]:
    """Return the names of what must be known to say what to do, and isn't."""
    needed = ("current_stock", "lead_time_days", "service_level")
    stock = situation.stock or {}
    columns = registry.data_sets["fact_inventory"]
    return [label(columns.column(name).label) for name in needed if stock.get(name) is None]
