"""Recompute quantities, dates and chances of a publication's actions from its columns alone.

python recompute_decisions.py FOLDER

FOLDER holds the Parquet files of one publication. Of its maker nothing is needed but the contract:
demand is negative binomial with the mean, excess and lot that are published, counted in lots. Days
of open orders and of running out are told to the period of ``fact_projection``.
Prints each figure that isn't what the columns give, and how many were looked at.
"""

import math
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from scipy.stats import nbinom

Distribution = Any  # of a number of lots, frozen; or None
Row = dict[str, Any]
Figure = tuple[str, Any, Any]  # name, what is published, what the columns give

WEEK = 7
WEIGHTS = {"high": 0.5, "medium": 0.1, "low": 0.01}

# The stock of a place is that of all places in it, and so are its open orders.
LIES_IN = """
create view lies_in as with recursive above (location_id, place) as (
    select location_id, location_id from location
    union all
    select above.location_id, parent_location_id from above
        join location on location.location_id = place where parent_location_id is not null)
from above
"""
ACTIONS = """
select a.*, i.* exclude (item_id, location_id, source, dataset_id, model_version, generated_at,
    assumed, stockout_probability), unit_cost, coalesce(criticality, 'medium') as criticality,
    (select list(o order by due, ref) from
        (select order_id || '/' || line as ref, o.* from orders as o
            join lies_in using (location_id)
            where o.item_id = a.item_id and place = a.location_id and due is not null) as o
    ) as orders,
    (select list(p order by date) from projection as p
        where p.item_id = a.item_id and p.location_id = a.location_id) as periods,
    (select coalesce(sum(quantity), 0) from action as m where m.action = 'move' and m.ref < a.ref
        and m.item_id = a.item_id and m.location_id = a.location_id) as moved_before,
    (select coalesce(sum(coming_back), 0) from repair as r
        where r.item_id = a.item_id and r.location_id = a.location_id) as coming_back
from action as a join inventory as i using (item_id, location_id) join item as d using (item_id)
"""


def demand(mean: float, least: float, excess: float, lot: float) -> Distribution:
    """The distribution of a count of lots; None where there is no demand."""
    drawn = max(mean, least)
    return nbinom(drawn / (lot * excess), 1 / (1 + excess)) if drawn > 0 else None


def chance_beyond(distribution: Distribution, amount: float, lot: float) -> float:
    """The chance of more than *amount* units."""
    if distribution is None:
        return float(amount < 0)
    return distribution.sf(math.floor(amount / lot + 1e-9))


def shortage(distribution: Distribution, amount: float, lot: float) -> float:
    """Expected units beyond *amount*: the chances of every lot beyond it, added up."""
    if distribution is None:
        return 0.0
    first = math.floor(amount / lot + 1e-9)
    last = max(int(distribution.isf(1e-13)) + 2, first + 1)
    chances = [float(each) for each in distribution.sf(range(first, last))]
    return lot * ((1 - (amount / lot - first)) * chances[0] + sum(chances[1:]))


def figures_of(row: Row) -> Iterator[Figure]:
    """Yield name, published and recomputed value of each figure of an action."""
    if None in (row["current_stock"], row["lead_time_demand"]):
        return
    position = shelf(row) + row["on_order"]
    yield from chance_figures(row, position)
    yield from run_out_figures(row)
    if row["action"] == "move":
        position += row["moved_before"]
        yield from avoided_figures(row, position)
    if row["action"] != "expedite":
        cycle, lot = cycle_of(row), row["lot"]
        yield "expected_shortage", row["expected_shortage"], shortage(cycle, position, lot)
    if row["action"] == "order":
        yield from order_figures(row, position)
    if row["action"] in ("expedite", "defer"):
        yield from need_figures(row)
    if row["priority"] is not None:
        weight, value = WEIGHTS[row["criticality"]], row["quantity"] * row["unit_cost"]
        yield "value", row["value"], value
        yield "priority", row["priority"], row["shortage_avoided"] * weight / value


def shelf(row: Row) -> float:
    """The stock once moves are made; of a move, as it is without any."""
    return row["current_stock"] + (0.0 if row["action"] == "move" else row["moved"] or 0.0)


def delivery(row: Row) -> date:
    """The day on which an order placed on the stock's day arrives."""
    return row["as_of"] + timedelta(days=math.ceil(row["lead_time_days"] or 0))


def chance_figures(row: Row, position: float) -> Iterator[Figure]:
    """Yield the chance of running out before that; what is late or comes later isn't counted on.

    It is the greatest of the days until then. What an open order is missed by before it comes is
    known to its period: at least that of the period's end, and at most that with the supply of
    its begin.
    """
    lot, least = row["lot"], row["least_daily_demand"] * row["lead_time_days"]
    lead = demand(row["lead_time_demand"], least, row["lead_time_excess"], lot)
    dated = [(each["due"], each["quantity"]) for each in row["orders"] or []]
    at_last = position - sum(
        quantity for due, quantity in dated if not row["as_of"] <= due <= delivery(row)
    )
    published, at_end = row["stockout_probability"], chance_beyond(lead, at_last, lot)
    days = [due for due, _ in dated if row["as_of"] < due <= delivery(row)]
    if not days:
        yield "stockout_probability", published, at_end
        return
    before = chances_before(row, days)
    yield "stockout_probability, too low", max(published, at_end), published
    yield "stockout_probability, too high", min(published, max(at_end, *before)), published


def chances_before(row: Row, days: list[date]) -> Iterator[float]:
    """Yield at most what the chances are of lacking before open orders come on *days*."""
    dated = [(each["due"], each["quantity"]) for each in row["orders"]]
    for day in days:
        earlier = sum(quantity for due, quantity in dated if row["as_of"] <= due < day)
        ends = [each for each in row["periods"] if each["date"] >= day]
        if not ends:
            yield 1.0
            continue
        until = (ends[0]["date"] - row["as_of"]).days * row["least_daily_demand"]
        demanded = demand(ends[0]["demand"], until, ends[0]["demand_excess"], row["lot"])
        yield chance_beyond(demanded, shelf(row) + earlier, row["lot"])


def cycle_of(row: Row) -> Distribution:
    """Demand over lead time and review."""
    least = row["least_daily_demand"] * (row["lead_time_days"] + row["review_days"])
    return demand(row["cycle_demand"], least, row["cycle_excess"], row["lot"])


def run_out_figures(row: Row) -> Iterator[Figure]:
    """Yield whether the stock lasts until the period in which it runs out, and no longer."""
    periods, on = row["periods"], row["runs_out"]
    moved = (row["moved"] or 0.0) if row["action"] == "move" else 0.0
    lasts = [
        each["position"] - moved > -1e-6 for each in periods if on is None or each["date"] < on
    ]
    yield "periods before it runs out", len(lasts), sum(lasts)
    if on is not None and len(lasts) < len(periods):
        received = periods[len(lasts)]["receipts"] - (
            periods[len(lasts) - 1]["receipts"] if lasts else 0
        )
        used_up = periods[len(lasts)]["position"] - moved - received < 1e-6
        yield "runs out in that period", True, used_up


def avoided_figures(row: Row, position: float) -> Iterator[Figure]:
    """Yield what a quantity on top of the *position* avoids of the shortage expected."""
    lot, quantity, cycle = row["lot"], row["quantity"], cycle_of(row)
    avoided = shortage(cycle, position, lot) - shortage(cycle, position + quantity, lot)
    yield "shortage_avoided", row["shortage_avoided"], avoided


def order_figures(row: Row, position: float) -> Iterator[Figure]:
    """Yield the figures of an order: what it avoids, when it comes, and how much the rule asks."""
    lot, quantity = row["lot"], row["quantity"]
    yield from avoided_figures(row, position)
    arrives = max(row["due"], row["as_of"]) + (delivery(row) - row["as_of"])
    yield "arrives, days off", (row["arrives"] - arrives).days, 0
    if row["tier"] == "will_run_out":
        return
    wanted = math.ceil(row["order_up_to"] / lot - 1e-9) * lot - position
    step = row["order_multiple"] or lot
    least = max(wanted, row["minimum_order"] or 0.0)
    yield "quantity", quantity, math.ceil(least / step - 1e-9) * step
    week = row["as_of"] + timedelta(days=WEEK)
    yield "due, days off", (row["due"] - min(row["order_by"] or week, week)).days, 0
    late = row["order_by"] is not None and row["order_by"] < row["as_of"]
    yield "is late", row["tier"] == "late", late


def need_figures(row: Row) -> Iterator[Figure]:
    """Yield whether an open order is needed in the period of the day it is moved to.

    It is from the day on which demand exceeds the stock and all that comes before it with a greater
    chance than the planned service level allows.
    """
    allowed = 1 - row["planned_service_level"]
    earlier = [
        exceeds(row, each, comes_before(row, each["date"]), allowed)
        for each in row["periods"]
        if each["date"] < row["arrives"]
    ]
    before = comes_before(row, row["arrives"])
    later = [
        exceeds(row, each, before, allowed)
        for each in row["periods"]
        if each["date"] >= row["arrives"]
    ]
    yield "needed in periods before it arrives", 0, sum(earlier)
    yield "needed in periods from then on", len(later), sum(later)


def comes_before(row: Row, by: date) -> float:
    """Stock, and all on order that comes before the open order of this action until a day.

    Before a late order to expedite that is what comes in time by then, too. An order is put off
    only if it isn't needed without late ones, before an order placed on the stock's day would come.
    """
    days = {each["ref"]: max(each["due"], row["as_of"]) for each in row["orders"]}
    (own,) = (each for each in row["orders"] if each["ref"] == row["ref"])
    key = (days[own["ref"]], own["due"], own["ref"])
    before = [each for each in row["orders"] if (days[each["ref"]], each["due"], each["ref"]) < key]
    without_day = row["on_order"] - row["coming_back"]
    without_day -= sum(each["quantity"] for each in row["orders"])
    first = without_day if delivery(row) < days[own["ref"]] else 0.0
    first += repaired(row, days[own["ref"]] - timedelta(days=1))
    if row["action"] == "expedite" and own["due"] < row["as_of"]:
        before += [each for each in row["orders"] if row["as_of"] <= each["due"] <= by]
        first = (without_day if delivery(row) <= by else 0.0) + repaired(row, by)
    if row["action"] == "defer" and by <= delivery(row):
        before = [each for each in before if each["due"] >= row["as_of"]]
    return shelf(row) + first + sum(each["quantity"] for each in before)


def repaired(row: Row, until: date) -> float:
    """What has come back from repair by a day: evenly until an order of the stock's day comes."""
    span = max((delivery(row) - row["as_of"]).days, 1)
    days = min(max((until - row["as_of"]).days, 0), span)
    return math.floor(row["coming_back"] / span * days + 1e-9)


def exceeds(row: Row, period: Row, amount: float, allowed: float) -> bool:
    """Whether demand to the end of a period exceeds *amount* with more than the chance allowed."""
    days = (period["date"] - row["as_of"]).days
    least = row["least_daily_demand"] * days
    until = demand(period["demand"], least, period["demand_excess"], row["lot"])
    return chance_beyond(until, amount, row["lot"]) > allowed


def rows_of(folder: Path) -> list[Row]:
    """Read the actions with the stock, the open orders and the projection of part and place."""
    database = duckdb.connect()
    for name in ("action", "inventory", "projection"):
        database.read_parquet(str(folder / f"fact_{name}.parquet")).create_view(name)
    for name in ("item", "location"):
        database.read_parquet(str(folder / f"dim_{name}.parquet")).create_view(name)
    orders = folder / "fact_open_order.parquet"
    if orders.exists():
        database.read_parquet(str(orders)).create_view("orders")
    else:
        names = "order_id text, line text, item_id text, location_id text"
        database.execute(f"create table orders ({names}, quantity double, due date)")
    repairs = folder / "fact_repair.parquet"
    if repairs.exists():
        database.read_parquet(str(repairs)).create_view("repair")
    else:
        database.execute("create table repair (item_id text, location_id text, coming_back double)")
    database.execute(LIES_IN)
    found = database.execute(ACTIONS)
    columns = [column[0] for column in found.description]
    return [dict(zip(columns, values, strict=True)) for values in found.fetchall()]


looked_at, wrong = 0, 0
for action in rows_of(Path(sys.argv[1])):
    for figure, published, found in figures_of(action):
        looked_at += 1
        if published is None or abs(published - found) > 1e-6 * max(1.0, abs(found)):
            wrong += 1
            which = " ".join(action[name] for name in ("item_id", "location_id", "action", "ref"))
            print(f"{which}: {figure} is {published}, the columns give {found}")
print(f"{looked_at} figures looked at, {wrong} of them are not what the columns give")
sys.exit(1 if wrong else 0)
