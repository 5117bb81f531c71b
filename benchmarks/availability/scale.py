"""Goal A11: CPU time and bytes of what availability adds, of many parts at many places."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pyarrow as pa

from benchmarks.availability.drawn import HOLDING_RATE, TOWERS, draw
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import Forecasts
from ml_jobs.arrays import rows_of
from ml_jobs.fleet import Contract, Fleet
from ml_jobs.lanes import Lanes
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.publishing.layout import write_batches
from ml_jobs.stocking.availability.availability_facts import (
    agg_availability,
    buy_rows,
    fact_availability,
    fact_buy_list,
)
from ml_jobs.stocking.availability.balancing import Balance, Bounds, Terms
from ml_jobs.stocking.availability.buying import steps_of
from ml_jobs.stocking.availability.curve import (
    add_curves,
    curve_sums,
    priced_stocks,
    tower_hour_prices,
)
from ml_jobs.stocking.availability.money_rules import MYOPIC, Forecast, Stakes, order_by
from ml_jobs.stocking.availability.stocked import StockedSeries, Window
from ml_jobs.stocking.availability.supplied import Supply
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.transfers import fact_transfer, move_rows
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.lead_time import Duration
from tests.unit.ml_jobs.stocking.availability.demands import grouped, levels_with

ITEM_PLACES, ASKED = 100_000, 900_000
PLACES = 40
PARTITION = 5_000
PAST = 4  # cutoffs that the job judges, of each of which the curve is drawn too
LEAD = 2.0 / 3.0  # of delivery and review, what delivery takes
MONEY_RATE = 1.0 / 50  # tower-hours that a unit of currency has to avoid at the least
ORDERS_TIMED = 2_000

Answer = TypeVar("Answer")


@dataclass
class Clock:
    """CPU seconds by what they went into."""

    spent: dict[str, float] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[[], Answer]) -> Answer:
        """Do *work* and add its time to that of *name*."""
        began = time.process_time()
        answer = work()
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began
        return answer


def scale(forecasts: Forecasts, seed: int) -> list[Finding]:
    """A11: measured on 100,000 item-places, told of 900,000."""
    series = _many(forecasts, seed)
    clock, fleet = Clock(), Fleet((Contract("A", "A", TOWERS, 0.999),))
    tails, rate = Tails.as_forecast(), HOLDING_RATE
    everything = series.dependence(("A",), np.ones(1))
    prices = tower_hour_prices(everything.hours, series.unit_cost, rate)
    sums, facts, buys, moved = [], [], [], []
    for begin in range(0, len(series.item_ids), PARTITION):
        part = series.rows(np.arange(begin, begin + PARTITION))
        dependence = part.dependence(("A",), np.ones(1))
        worth = part.worth(0, dependence, tails)
        clock.timed("looking up chances", lambda w=worth: w.rungs)
        sums.append(
            clock.timed(
                "curve",
                lambda w=worth, d=dependence: curve_sums(0, w, d, priced_stocks(w, prices, rate)),
            )
        )
        facts.append(
            clock.timed(
                "levels",
                lambda p=part, w=worth: fact_availability(p, w, w.level_at(MONEY_RATE)),
            )
        )
        steps = clock.timed(
            "ranking",
            lambda p=part, w=worth: steps_of(w, p.levels, least_per_money=MONEY_RATE / 10),
        )
        moved.append(clock.timed("moves", lambda p=part, w=worth: _moves(p, w)))
        buys.append(buy_rows(part, steps, worth.hours, worth.hours, ("A",)))
    whole = clock.timed("ranking", lambda: fact_buy_list(buys))
    moves = clock.timed("moves", lambda: fact_transfer(moved))
    curve = agg_availability(add_curves(sums), fleet, prices, future=0, source="gbm")
    orders = _orders(series, Clock())
    more = ASKED / ITEM_PLACES
    each = {name: more * spent for name, spent in clock.spent.items()}
    each["orders in money"] = orders * ASKED
    once = sum(each.values())
    again = PAST * (each["looking up chances"] + each["curve"])
    size = {
        "fact_availability": more * _bytes(pa.concat_tables(facts)),
        "fact_buy_list": _bytes(whole),
        "agg_availability": _bytes(curve),
        "fact_transfer": _bytes(moves),
    }
    megabytes = sum(size.values()) / 1e6
    told = ", ".join(f"{name} {spent:.0f}" for name, spent in each.items())
    files = ", ".join(f"{name} {held / 1e6:.1f}" for name, held in size.items())
    what = f"{ASKED:,} item-places, from {ITEM_PLACES:,}"
    return [
        Finding("A11", f"{what}: CPU-s ({told})", "180", f"{once:.0f}", once <= 180),
        Finding("A11", f"{what}: CPU-s with the curve at {PAST} past cutoffs ({again:.0f})", "180",
                f"{once + again:.0f}", once + again <= 180),
        Finding("A11", f"{what}: gold added, MB ({files}; the buy list ends at "
                f"{whole.num_rows:,} rows)", "40", f"{megabytes:.1f}", megabytes <= 40),
    ]  # fmt: skip


def _moves(part: StockedSeries, worth: Worth) -> pa.Table:
    """What to move of a partition where a tower-hour costs what buying is weighed by."""
    window = part.windows[0]
    terms = Terms(HOLDING_RATE / 12.0 / MONEY_RATE, HOLDING_RATE, 30.0, Lanes())
    bounds = Bounds(window.keep, window.service)
    balance = Balance(part, 0, worth, bounds, worth.demand.covered, terms)
    return move_rows(balance, list(balance.moves()), worth.hours, ("A",))


def _many(forecasts: Forecasts, seed: int) -> StockedSeries:
    """Parts of *forecasts* over and over, each at many places with a share of its demand."""
    random = np.random.default_rng(seed)
    items = ITEM_PLACES // PLACES
    picked = random.choice(len(forecasts.demand), items)
    drawn = draw(items, seed)
    over = rows_of(forecasts.rows(picked).over(drawn, 0), np.repeat(np.arange(items), PLACES))
    share = random.dirichlet(np.ones(PLACES), items).ravel()
    # Thinning leaves the same share of the excess.
    demand = NegativeBinomial(
        over.mean * share, np.maximum(over.excess * share, 0.05), over.lot, over.least_mean * share
    )
    lead = replace(demand, mean=demand.mean * LEAD, least_mean=demand.least_mean * LEAD)
    unknown = np.full(ITEM_PLACES, np.nan)
    position = np.floor(random.uniform(0, 1.5, ITEM_PLACES) * demand.quantile(np.array(0.95)))
    return StockedSeries(
        item_ids=np.repeat([f"P{number:06d}" for number in range(items)], PLACES),
        location_ids=np.tile([f"L{number:02d}" for number in range(PLACES)], items),
        sources=np.full(ITEM_PLACES, "ensemble"),
        unit_cost=np.repeat(drawn.unit_cost, PLACES),
        holding_factor=np.ones(ITEM_PLACES),
        towers=np.repeat(drawn.share_down, PLACES)[:, None],
        fetch_hours=unknown,
        levels=replace(
            levels_with(position), lead_time=Duration(np.full(ITEM_PLACES, 61.0), unknown)
        ),
        groups=grouped(ITEM_PLACES),
        units=np.full(ITEM_PLACES, "un"),
        kilograms=unknown,
        counted=np.ones(ITEM_PLACES, np.bool_),
        late_days=np.zeros(ITEM_PLACES),
        supply=Supply.by_suppliers(ITEM_PLACES),
        panel_rows=np.arange(ITEM_PLACES),
        windows={
            0: Window(
                demand=demand,
                actual=unknown,
                service=demand.quantile(np.array(0.95)),
                textbook=unknown,
                recent=unknown,
                days=np.full(ITEM_PLACES, 91.0),
                keep=lead.quantile(np.array(0.95)),
                lead=lead,
                lead_actual=unknown,
            )
        },
    )


def _orders(series: StockedSeries, clock: Clock) -> float:
    """CPU seconds of one order in money, by the job's own rule."""
    rows = np.linspace(0, ITEM_PLACES - 1, ORDERS_TIMED).astype(np.int64)
    some, ones = series.rows(rows), np.ones(ORDERS_TIMED)
    window = some.windows[0]
    forecast = Forecast(window.lead, window.demand, window.keep, window.service, window.keep)
    stakes = Stakes(
        holding=0.2 * ones,
        lost=ones,
        lead=np.full(ORDERS_TIMED, 2),
        lot=ones,
        least=ones,
        multiple=ones,
        review=1,
    )
    nothing_comes = np.zeros((ORDERS_TIMED, 2))
    clock.timed("order", lambda: order_by(MYOPIC, forecast, stakes, ones, nothing_comes))
    return clock.spent["order"] / ORDERS_TIMED


def _bytes(table: pa.Table) -> int:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.parquet"
        write_batches(table.schema, iter(table.to_batches()), path)
        return path.stat().st_size
