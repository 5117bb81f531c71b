"""Actions worked out once more, one part at a time and day by day, from their description alone.

Nothing of the job's own code for actions is used: what the order rule and the forecast say is
given, the rest is plain loops. ``docs/decisions/0033-actions.md`` is what this was written from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy import stats

WINDOW, DEFER_FROM, TWO_YEARS = 7, 14, 730


@dataclass(frozen=True)
class OpenOrder:
    """One open order; *due* is None where no day is known."""

    ref: str
    quantity: float
    due: date | None


@dataclass(frozen=True)
class PublishedPart:
    """One part and place as the publication has it; NaN is what isn't known."""

    as_of: date
    stock: float
    on_order: float
    lead_time_days: float
    planned_level: float
    reorder_point: float
    order_up_to: float
    order_quantity: float
    order_by: date | None
    overstock: float
    is_overstock: bool
    minimum_order: float
    order_multiple: float
    horizon_days: int
    demand_by_day: list[float]  # accumulated, day 1 first
    excess_by_day: list[float]
    least_by_day: list[float]
    lead: tuple[float, float, float]  # mean, excess, least mean of demand over the lead time
    cycle: tuple[float, float, float]  # the same over lead time and review
    ever_used: float
    exceptions: frozenset[str]
    orders: tuple[OpenOrder, ...]

    def day(self, days: float) -> date:
        """The day that is *days* after the stock's."""
        return self.as_of + timedelta(days=int(days))


@dataclass(frozen=True)
class Row:
    """One action."""

    action: str
    ref: str
    tier: str
    quantity: float | None
    due: date | None
    arrives: date | None
    expected_shortage: float | None
    shortage_avoided: float | None


def shortage(mean: float, excess: float, amount: float) -> float:
    """Expected demand beyond *amount*: the chances of every unit beyond it, added up."""
    if not mean > 0:
        return 0.0
    r, p = mean / excess, 1 / (1 + excess)
    last = int(stats.nbinom.isf(1e-13, r, p)) + 2
    units = np.arange(math.floor(amount + 1e-9), max(last, math.floor(amount) + 2))
    chances = stats.nbinom.sf(units, r, p)
    # The first unit counts for the part of it that lies beyond the amount.
    part = 1 - (amount - units[0])
    return float(chances[0] * part + chances[1:].sum())


def is_known(part: PublishedPart) -> bool:
    """Whether anything can be said of orders."""
    return not any(math.isnan(value) for value in (part.stock, part.reorder_point))


def actions_of(part: PublishedPart) -> list[Row]:
    """Every action on one part."""
    rows: list[Row] = []
    unknown = math.isnan(part.cycle[0]) or math.isnan(part.stock)
    lacking = None if unknown else _cycle_shortage(part, _position(part))
    if is_known(part):
        moved = _open_orders(part, lacking)
        rows += _to_order(part)
        if not any(row.action == "cancel" for row in moved):
            rows += _to_plan(part)
        rows += moved
    tier = _check_tier(part, rows)
    if tier:
        rows.append(Row("check", "-", tier, None, None, None, lacking, None))
    return rows


def supply_by_day(part: PublishedPart) -> list[float]:
    """Stock and what is counted on by the end of each day, the stock's first."""
    arrivals = [(_counted(part, order), order.quantity) for order in part.orders if order.due]
    arrivals.append((_lead(part), part.on_order - sum(quantity for _, quantity in arrivals)))
    return [
        part.stock + sum(quantity for counted, quantity in arrivals if counted <= day)
        for day in range(TWO_YEARS + 1)
    ]


def runs_out(part: PublishedPart) -> date | None:
    """The first day on which expected demand has used up what there is."""
    if math.isnan(part.stock):
        return None
    used = [0.0, *part.demand_by_day]
    supply = supply_by_day(part)
    return next((part.day(d) for d in range(TWO_YEARS + 1) if used[d] >= supply[d] - 1e-9), None)


def chance(part: PublishedPart) -> float | None:
    """The greatest chance, on any day, of running out before an order placed today comes."""
    if math.isnan(part.stock) or math.isnan(part.lead[0]):
        return None
    supply, lead = supply_by_day(part), min(_lead(part), TWO_YEARS)
    mean, excess = max(part.lead[0], part.lead[2]), part.lead[1]
    found = [chance_beyond(mean, excess, supply[lead])]
    days = {_counted(part, order) - 1 for order in part.orders if order.due}
    for day in range(1, lead):
        if day in days:
            mean = max(part.demand_by_day[day - 1], part.least_by_day[day - 1])
            found.append(chance_beyond(mean, part.excess_by_day[day - 1], supply[day]))
    return max(found)


def chance_beyond(mean: float, excess: float, amount: float) -> float:
    """The chance of more than *amount*."""
    if not mean > 0:
        return float(amount < 0)
    return float(stats.nbinom.sf(math.floor(amount + 1e-9), mean / excess, 1 / (1 + excess)))


def leading_of(rows: list[Row]) -> Row:
    """The first of a part's rows."""
    tiers = ["late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data"]
    usual = ["expedite", "order", "cancel", "defer", "check"]
    when_late = ["order", "expedite", "cancel", "defer", "check"]

    def key(row: Row) -> tuple[int, int]:
        actions = when_late if row.tier == "late" else usual
        return tiers.index(row.tier), actions.index(row.action)

    return min(rows, key=key)


def _position(part: PublishedPart) -> float:
    return part.stock + part.on_order


def _cycle_shortage(part: PublishedPart, amount: float) -> float:
    mean, excess, least = part.cycle
    return shortage(max(mean, least), excess, amount)


def _lead(part: PublishedPart) -> int:
    return 0 if math.isnan(part.lead_time_days) else math.ceil(part.lead_time_days)


def _counted(part: PublishedPart, order: OpenOrder) -> int:
    """From which day an order with a day is counted on."""
    assert order.due is not None
    return _lead(part) + 1 if order.due < part.as_of else _comes(part, order)


def _to_order(part: PublishedPart) -> list[Row]:
    if not part.order_quantity > 0:
        return []
    late = part.order_by is not None and part.order_by < part.as_of
    week = part.day(WINDOW)
    due = part.order_by if part.order_by is not None and part.order_by < week else week
    return [_order_row(part, part.order_quantity, due, "late" if late else "this_week")]


def _to_plan(part: PublishedPart) -> list[Row]:
    position = _position(part)
    if position <= part.reorder_point:
        return []
    for day in range(1, min(part.horizon_days, TWO_YEARS) + 1):
        left = position - part.demand_by_day[day - 1]
        if left <= part.reorder_point + 1e-9:
            wanted = math.ceil(part.order_up_to - 1e-9) - left
            if wanted <= 0:
                return []
            wanted = max(wanted, part.minimum_order)
            multiple = part.order_multiple if part.order_multiple > 0 else 1.0
            quantity = math.ceil(wanted / multiple - 1e-9) * multiple
            return [_order_row(part, quantity, part.day(day), "will_run_out")]
    return []


def _order_row(part: PublishedPart, quantity: float, due: date, tier: str) -> Row:
    before = _cycle_shortage(part, _position(part))
    after = _cycle_shortage(part, _position(part) + quantity)
    arrives = max(due, part.as_of) + timedelta(days=_lead(part))
    return Row("order", "-", tier, quantity, due, arrives, before, before - after)


def _comes(part: PublishedPart, order: OpenOrder) -> int:
    assert order.due is not None
    return max((order.due - part.as_of).days, 0)


def _open_orders(part: PublishedPart, lacking: float | None) -> list[Row]:
    dated = [order for order in part.orders if order.due is not None]
    undated = part.on_order - sum(order.quantity for order in dated)
    dated.sort(key=lambda order: (_comes(part, order), order.due, order.ref))
    if not dated:
        return []
    quantiles = _quantiles(part)
    ways: list[list[Row]] = []
    before = part.stock
    undated_counted = False
    for order in dated:
        if undated > 1e-9 and not undated_counted and _lead(part) < _comes(part, order):
            before += undated
            undated_counted = True
        ways.append(_ways(part, order, before, quantiles, lacking))
        before += order.quantity
    # An order is cancelled only if all that come after it are; else the second way is taken.
    rows: list[Row] = []
    all_cancelled = True
    for choices in reversed(ways):
        chosen = [row for row in choices if all_cancelled or row.action != "cancel"][:1]
        all_cancelled = all_cancelled and [row.action for row in chosen] == ["cancel"]
        rows += chosen
    return rows


def _quantiles(part: PublishedPart) -> list[float]:
    means = np.maximum(part.demand_by_day, part.least_by_day)
    excess = np.array(part.excess_by_day)
    shape = np.maximum(means / excess, 1e-12)
    found = stats.nbinom.ppf(part.planned_level, shape, 1 / (1 + excess))
    return np.where(means == 0, 0.0, found).tolist()


def _ways(
    part: PublishedPart,
    order: OpenOrder,
    before: float,
    quantiles: list[float],
    lacking: float | None,
) -> list[Row]:
    """What can be done about an order, the best first; nothing where it suits."""
    assert order.due is not None
    comes, lead = _comes(part, order), _lead(part)
    overdue = order.due < part.as_of
    deadline = lead if overdue else comes
    most = _at_most_before(part, order, before)
    needed = next((d for d in range(1, TWO_YEARS + 1) if quantiles[d - 1] > most[d]), None)
    if needed is not None and needed < deadline:
        return [_expedite(part, order, most, deadline=deadline, needed=needed)]
    least = _at_least_before(part, order, before)
    idle_until = next((d for d in range(1, TWO_YEARS + 1) if quantiles[d - 1] > least[d]), None)
    rows: list[Row] = []
    over = before - math.ceil(part.order_up_to - 1e-9)
    due = max(order.due, part.as_of)
    if idle_until is not None and idle_until - comes < DEFER_FROM:
        return rows
    if (idle_until is None and over >= 0) or over >= order.quantity:
        rows.append(Row("cancel", order.ref, "surplus", order.quantity, due, None, lacking, None))
    if idle_until is not None:
        arrives = part.day(idle_until)
        rows.append(Row("defer", order.ref, "surplus", order.quantity, due, arrives, lacking, None))
    return rows


def _at_most_before(part: PublishedPart, order: OpenOrder, before: float) -> list[float]:
    """What comes before an order by each day: before a late one what comes in time as well."""
    assert order.due is not None
    if order.due >= part.as_of:
        return [before] * (TWO_YEARS + 1)
    late = sum(each.quantity for each in part.orders if each.due and each.due < part.as_of)
    supply, lead = supply_by_day(part), _lead(part)
    return [
        before - part.stock + supply[day] - (late if day > lead else 0.0)
        for day in range(TWO_YEARS + 1)
    ]


def _at_least_before(part: PublishedPart, order: OpenOrder, before: float) -> list[float]:
    """What comes before an order by each day, what is late only once a new one would have come."""
    assert order.due is not None
    late = sum(each.quantity for each in part.orders if each.due and each.due < part.as_of)
    if order.due < part.as_of:
        late = before - part.stock
    return [before - (late if day <= _lead(part) else 0.0) for day in range(TWO_YEARS + 1)]


def _expedite(
    part: PublishedPart, order: OpenOrder, before: list[float], *, deadline: int, needed: int
) -> Row:
    lead = _lead(part)
    used = [0.0, *part.demand_by_day]
    out = next((d for d in range(TWO_YEARS + 1) if used[d] >= before[d] - 1e-9), None)
    if out is not None and out < deadline and out < lead:
        tier, due = "late", part.day(out - lead)
    else:
        due = part.day(max(needed - lead, 0))
        tier = "this_week" if needed - lead <= WINDOW else "will_run_out"
    # On the day on which most is lacking.
    means = [max(mean, part.least_by_day[d]) for d, mean in enumerate(part.demand_by_day)]
    days = range(min(deadline, TWO_YEARS))
    at = max(days, key=lambda d: (means[d] - before[d + 1], d))
    without = shortage(means[at], part.excess_by_day[at], before[at + 1])
    with_it = shortage(means[at], part.excess_by_day[at], before[at + 1] + order.quantity)
    avoided = without - with_it
    return Row("expedite", order.ref, tier, order.quantity, due, part.day(needed), without, avoided)


def _check_tier(part: PublishedPart, rows: list[Row]) -> str:
    doubts = {"biased", "tracking_signal", "demand_shifted", "outlier", "class_changed"}
    little = {"thin_history", "stale_history"}
    if not is_known(part) and part.ever_used > 0:
        return "check_data"
    if doubts & part.exceptions and not rows:
        return "check_forecast"
    if part.is_overstock and not any(row.action == "cancel" for row in rows):
        return "surplus"
    if little & part.exceptions and not rows and _position(part) > 0:
        return "check_data"
    return ""
