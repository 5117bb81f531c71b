"""Why an action, its tier, quantity, day and place in the list: with the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from datalayer.kernel.contract.registry import ReasonCode, Registry
from ml_jobs.cli.explanation import (
    Explanation,
    Row,
    moved_of,
    number,
    position_of,
    shelf_of,
    text,
)
from ml_jobs.cli.figures import CLOSE, beside, is_equal, percent, short
from ml_jobs.negative_binomial import NegativeBinomial

_UNITS = {"un": " units", "d": " days", "demands": " demands", "un/period": " units a period"}


def action_lines(explained: Explanation, registry: Registry) -> Iterator[str]:
    """Say of every action on the part why it is there, the most urgent first."""
    if not explained.actions:
        listed = "fact_action" in explained.gold.files
        yield "Nothing" if listed else "This publication holds no actions"
        return
    for row in explained.actions:
        yield from _headline(row)
        yield from _why(explained, row)
        yield from _tier_of_expedite(explained, row, registry)
        yield from _figures(explained, row, registry)
        yield from _check(row, registry)


def _headline(row: Row) -> Iterator[str]:
    ref, quantity = text(row, "ref"), number(row, "quantity")
    what = text(row, "action")
    between = " from" if what == "move" else ""
    what += f"{between} {ref}" if ref != "-" else ""
    what += f", {short(quantity)} units" if np.isfinite(quantity) else ""
    when = f", by {text(row, 'due')}" if row.get("due") else ""
    leading = "leading" if row.get("is_leading") else "not leading"
    tier = text(row, "tier")
    yield f"{what}{when}: rank {short(number(row, 'rank'))}, tier {tier}, {leading}"


def _why(explained: Explanation, row: Row) -> Iterator[str]:
    action, tier, stock = text(row, "action"), text(row, "tier"), explained.inventory
    due, as_of = text(row, "due"), text(stock, "as_of")
    match action, tier:
        case "move", _:
            yield _why_moved(tier, as_of)
        case "order", "late":
            yield (
                f"{due} lies before {as_of}, the day of the stock: even an order placed then "
                f"arrives after {_counted(stock)} are expected to be used up, on "
                f"{text(stock, 'stockout_date') or '-'}"
            )
        case "order", "this_week":
            yield (
                f"{_counted(stock).capitalize()} {short(position_of(stock))} are not above the "
                f"reorder point {short(number(stock, 'reorder_point'))}"
            )
        case "order", _:
            yield (
                f"Expected demand takes {_counted(stock)} {short(position_of(stock))} to the "
                f"reorder point {short(number(stock, 'reorder_point'))} on {due}"
            )
        case "expedite", _ if text(row, "promised") < as_of:
            yield (
                f"It was promised for {text(row, 'promised')} and is needed on "
                f"{text(row, 'arrives')}: from then on demand at "
                f"{percent(number(stock, 'planned_service_level'))} exceeds the stock and all that "
                "comes in time"
            )
        case "expedite", _:
            yield (
                f"It is promised for {text(row, 'promised')} and needed on {text(row, 'arrives')}: "
                f"from then on demand at {percent(number(stock, 'planned_service_level'))} exceeds "
                "the stock and all that comes before it"
            )
        case "defer", _:
            yield (
                f"It is promised for {text(row, 'promised')} and needed on {text(row, 'arrives')} "
                "only"
            )
        case "cancel", _:
            yield (
                "The stock and all that comes before it are above the order-up-to level "
                f"{short(number(stock, 'order_up_to'))}, and it isn't needed for long"
            )
        case "check", "surplus":
            yield (
                f"{_counted(stock).capitalize()} {short(position_of(stock))} are "
                f"{short(number(stock, 'overstock_quantity'))} above the order-up-to level "
                f"{short(number(stock, 'order_up_to'))}, and no open order can be cancelled"
            )
        case _:
            yield from _asked_by(explained, row)


def _counted(stock: Row) -> str:
    """What the position is made of."""
    return "stock, moves and open orders" if moved_of(stock) else "stock and open orders"


def _why_moved(tier: str, as_of: str) -> str:
    if tier == "late":
        return (
            f"If it leaves on {as_of}, the day of the stock, what is there is expected to be used "
            "up before it arrives, or what else is to be done here is late even with it"
        )
    return "It is worth more here than where it lies"


def _tier_of_expedite(explained: Explanation, row: Row, registry: Registry) -> Iterator[str]:
    delivery = _delivery(explained)
    if text(row, "action") != "expedite" or delivery is None:
        return
    window = f"{short(registry.settings['this_week'].value)} days"
    why = {
        "late": f"what comes before it is expected to be used up before {delivery}",
        "this_week": f"it is needed no later than {window} after {delivery}",
    }.get(text(row, "tier"), f"it is needed more than {window} after {delivery}")
    yield f"Tier {text(row, 'tier')}, as {why}, the day on which an order placed now would arrive"


def _asked_by(explained: Explanation, row: Row) -> Iterator[str]:
    reason, stock = text(row, "reason_code"), explained.inventory
    if reason:
        yield f"Exception {reason}, one of {short(number(row, 'reasons'))} on the part and place"
        return
    names = {
        "current_stock": "stock",
        "lead_time_days": "lead time",
        "service_level": "service level",
    }
    unknown = [said for name, said in names.items() if not np.isfinite(number(stock, name))]
    yield f"Not known, so that nothing else can be said: {', '.join(unknown) or 'its distribution'}"


def _figures(explained: Explanation, row: Row, registry: Registry) -> Iterator[str]:
    stock, cycle = explained.inventory, _over_cycle(explained.inventory)
    if text(row, "runs_out"):
        yield f"Expected to run out on {text(row, 'runs_out')}, with what is counted on by then"
    yield from _chance(explained, row)
    if text(row, "action") in ("move", "order") and cycle is not None:
        position = position_of(stock) + _brought_by_then(explained, row)
        quantity = number(row, "quantity")
        lacking, filled = (_shortage(cycle, at) for at in (position, position + quantity))
        days = number(stock, "lead_time_days") + number(stock, "review_days")
        yield (
            f"Expected shortage over {short(days)} days beyond {short(position)} units = "
            f"{short(lacking)}; {beside(lacking, number(row, 'expected_shortage'))}"
        )
        yield (
            f"avoided = {short(lacking)} - {short(filled)} = {short(lacking - filled)} units; "
            f"{beside(lacking - filled, number(row, 'shortage_avoided'))}"
        )
    yield from _priority(explained, row, registry)


def _brought_by_then(explained: Explanation, row: Row) -> float:
    """What the moves before a move bring, less what all do; nothing where it isn't one."""
    if text(row, "action") != "move":
        return 0.0
    before = [
        number(each, "quantity")
        for each in explained.actions
        if text(each, "action") == "move" and text(each, "ref") < text(row, "ref")
    ]
    return sum(before) - moved_of(explained.inventory)


def _priority(explained: Explanation, row: Row, registry: Registry) -> Iterator[str]:
    avoided, value = number(row, "shortage_avoided"), number(row, "value")
    cost, published = number(explained.item, "unit_cost"), number(row, "priority")
    if not np.isfinite(published):
        return
    name = text(explained.item, "criticality") or "medium"
    weight = registry.settings[f"criticality_{name}"].value
    worth = number(row, "quantity") * cost
    yield (
        f"Value = {short(number(row, 'quantity'))} x {short(cost)} = {short(worth)}; "
        f"{beside(worth, value)}"
    )
    priority = avoided * weight / worth
    yield (
        f"Priority = avoided {short(avoided)} x weight {short(weight)} ({name}) / {short(worth)} = "
        f"{short(priority)}; {beside(priority, published)}"
    )


def _chance(explained: Explanation, row: Row) -> Iterator[str]:
    lead, published = explained.lead_time, number(row, "stockout_probability")
    if lead is None or not np.isfinite(published):
        return
    delivery = _delivery(explained)
    unmoved = moved_of(explained.inventory) if text(row, "action") == "move" else 0.0
    arrived = _arrived(explained, delivery) - unmoved
    demand = _distribution(lead.drawn, lead.excess, lead.lot)
    chance = float(demand.exceedance(np.array([arrived]))[0])
    at_delivery = (
        f"Chance that demand until a delivery exceeds the {short(arrived)} units there by then = "
        f"{percent(chance)}"
    )
    found = _chances_before(explained, delivery, lead.lot, unmoved)
    most, day = max(found, default=(0.0, ""))
    if is_equal(chance, published) or most <= chance:
        yield f"{at_delivery}; {beside(chance, published, percent)}"
        return
    agreement = "between these" if chance < published <= most + CLOSE else "NOT EQUAL"
    yield at_delivery
    yield (
        f"It is greater before the open order of {day} comes: at most {percent(most)}, if all "
        f"demand of that period came by then; published: {percent(published)}, {agreement}"
    )


def _delivery(explained: Explanation) -> date | None:
    """The day on which an order placed on the stock's day arrives; None where it isn't known."""
    as_of, days = explained.inventory.get("as_of"), number(explained.inventory, "lead_time_days")
    if not isinstance(as_of, date) or not np.isfinite(days):
        return None
    return as_of + timedelta(days=int(np.ceil(days)))


def _arrived(explained: Explanation, delivery: date | None) -> float:
    """Stock and what is counted on until *delivery*.

    That leaves out open orders due later, and those that are late already.
    """
    row, coming = explained.inventory, dict(_coming(explained, delivery))
    dated = [each for each in explained.open_orders if isinstance(each.get("due"), date)]
    left_out = sum(number(each, "quantity") for each in dated) - sum(coming.values())
    return position_of(row) - (left_out if delivery else 0.0)


def _coming(explained: Explanation, delivery: date | None) -> Iterator[tuple[date, float]]:
    """The days on which open orders come until *delivery*, and the units of each day."""
    as_of = explained.inventory.get("as_of")
    if not isinstance(as_of, date) or delivery is None:
        return
    units: dict[date, float] = {}
    for order in explained.open_orders:
        due = order.get("due")
        if isinstance(due, date) and as_of <= due <= delivery:
            units[due] = units.get(due, 0.0) + number(order, "quantity")
    yield from sorted(units.items())


def _chances_before(
    explained: Explanation, delivery: date | None, lot: float, unmoved: float
) -> Iterator[tuple[float, str]]:
    """What the chances of running out before open orders come are at most, and their days.

    Demand is published to the ends of periods; that of the whole period may come before the order.
    What is *unmoved* isn't there yet.
    """
    stock = explained.inventory
    there, as_of = shelf_of(stock) - unmoved, stock.get("as_of")
    for day, units in _coming(explained, delivery):
        ends = [each for each in explained.periods if text(each, "date") >= str(day)]
        if ends and isinstance(as_of, date) and day > as_of:
            until = (date.fromisoformat(text(ends[0], "date")) - as_of).days
            least = float(np.nan_to_num(number(stock, "least_daily_demand"))) * until
            mean = max(number(ends[0], "demand"), least)
            demand = _distribution(mean, number(ends[0], "demand_excess"), lot)
            yield float(demand.exceedance(np.array([there]))[0]), str(day)
        there += units


def _check(row: Row, registry: Registry) -> Iterator[str]:
    code = text(row, "check_first")
    if not code:
        return
    reason = registry.check_reasons[code]
    more = number(row, "checks") - 1
    others = f" ({short(more)} more)" if more else ""
    yield f"Check first, {reason.label.en.lower()}: {_sentence(row, reason)}{others}"


def _sentence(row: Row, reason: ReasonCode) -> str:
    return reason.sentence.en.format(
        observed=_amount(number(row, "check_observed"), reason.unit),
        expected=_amount(number(row, "check_expected"), reason.unit),
        threshold=_amount(reason.threshold, reason.threshold_unit),
    )


def _amount(value: float, unit: str) -> str:
    return percent(value) if unit == "share" else f"{short(value)}{_UNITS.get(unit, '')}"


def _over_cycle(row: Row) -> NegativeBinomial | None:
    """Demand over lead time and review as published; None where it isn't."""
    names = ("cycle_demand", "cycle_excess", "lot", "least_daily_demand", "lead_time_days")
    mean, excess, lot, least, days = (number(row, name) for name in names)
    if not np.isfinite([mean, excess, lot, least, days]).all():
        return None
    whole = days + number(row, "review_days")
    return _distribution(max(mean, least * whole), excess, lot)


def _distribution(mean: float, excess: float, lot: float) -> NegativeBinomial:
    return NegativeBinomial(*(np.array([each]) for each in (mean, excess, lot, 0.0)))


def _shortage(demand: NegativeBinomial, amount: float) -> float:
    return float(demand.expected_shortage(np.array([amount]))[0])
