"""What does it cost to wait with an order that the reorder point proposes?

    python -m benchmarks.waiting --data FOLDER [--sets online-retail carparts] [--items 600]

FOLDER holds the files that ``forecast_splits.DATA_SETS`` names. The last 18 weeks of Online Retail
and 17 months of the car parts are cut off, the job plans from what lies before, and its proposals
are played over the demand that came. Reorder point, order-up-to level and forecast stay those of
the cutoff. Parts begin at the order-up-to level; orders are placed at the end of a week or month
and come a lead time later; demand that isn't met waits. An order proposed is placed at once, or
not until ``order_by`` lies within so many days. Prints Markdown.

Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
section 6.4: P1, the share of replenishment cycles without a stock-out, here of those that a
delivery ended; P2, the share of demand met from the shelf; and the share of periods with a
stock-out, 1 - P3. P1 also of all lead times that begin at a review, which no rule chooses.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.forecast_splits import (
    SEED,
    available_data_sets,
    data_set_arguments,
    read_panel,
    split,
)
from benchmarks.readable_bands import forecast
from ml_jobs.arrays import BoolArray, FloatArray, divide, rows_of
from ml_jobs.panel import Frequency, Panel
from ml_jobs.pipeline.learning import pools_at
from ml_jobs.pipeline.lessons import Lessons, corrected_sums
from ml_jobs.pipeline.members import Members
from ml_jobs.pipeline.partitioning import Partition
from ml_jobs.pipeline.preparing import Prepared
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stock_planning import StockView, stock_view
from ml_jobs.stocking.accumulated import days_until
from ml_jobs.stocking.inventory import StockPolicy, policy_of, proposal_of, round_up

REPLAYED = {Frequency.DAILY: 126, Frequency.MONTHLY: 17}  # periods
SPANS = {Frequency.DAILY: (14, 7), Frequency.MONTHLY: (2, 1)}  # of lead time and review, periods
RULES = (np.inf, 91.0, 28.0, 7.0)  # days until `order_by`, at most, of an order that is placed
HEAD = """| parts | days | P1 | of lead times | P2 | short | stock | P1 less | P2 less | put off |
|---|---|---|---|---|---|---|---|---|---|"""
FEWEST = 30  # parts of a demand class that has its own rows


@dataclass(frozen=True)
class RuleCourse:
    """How one rule went, by part and period, shape (S, T) each.

    Attributes:
        net: Units on the shelf at the period's end, less those that wait.
        unmet: Demand of the period that the shelf didn't meet, units.
        placed: Whether an order was placed at its end.
        slack: Days from then until ``order_by``; infinite where stock is never used up.
    """

    net: FloatArray
    unmet: FloatArray
    placed: BoolArray
    slack: FloatArray


def planned(prepared: Prepared) -> tuple[Panel, StockView, StockPolicy]:
    """Return what the job planned at the cutoff."""
    folder, plan = prepared.folder, prepared.plan
    lessons, partition = load(folder.lessons, Lessons), load(folder.series(0), Partition)
    found = load(folder.members(0, plan.future), Members)
    members = corrected_sums(found, plan.future, partition.panel, lessons.scatter)
    view = stock_view(
        partition,
        plan.future,
        lessons.forecasts(plan.future, partition.panel, members, plan),
        totals=members.totals,
        pools=pools_at(folder, plan.future),
        champions=lessons.champions,
        plan=plan,
    )
    asked = lessons.planned[plan.future].of(view.levels.service_level, view.outlook.classes)
    return partition.panel, view, policy_of(partition.panel, view.levels, view.sums, planned=asked)


def play(prepared: Prepared, demand: FloatArray, window: float) -> RuleCourse:
    """Place each order proposed once ``order_by`` lies within *window* days."""
    panel, view, policy = planned(prepared)
    lead, review = SPANS[panel.frequency]
    net = round_up(policy.order_up_to, view.outlook.demand.lot)
    arriving = np.zeros((len(net), demand.shape[1] + lead + 1))
    course = RuleCourse(*(np.zeros(demand.shape, kind) for kind in (float, float, bool, float)))
    for period, wanted in enumerate(demand.T):
        net = net + arriving[:, period]
        course.unmet[:, period] = np.clip(wanted - np.maximum(net, 0.0), 0.0, wanted)
        course.net[:, period] = net = net - wanted
        if (period + 1) % review == 0:
            on_order = arriving[:, period + 1 :].sum(axis=1)
            levels = replace(view.levels, current_stock=net, on_order=on_order)
            position = np.maximum(np.nan_to_num(levels.position), 0.0)
            cover = days_until(panel, view.outlook, position, view.sums)
            options = prepared.plan.options
            found = proposal_of(levels, policy, view.outlook, options, cover=cover)
            slack = np.ceil(cover) - np.ceil(levels.lead_time.days)
            placed = (found.order_quantity > 0) & (slack <= window)
            course.slack[:, period], course.placed[:, period] = slack, placed
            arriving[placed, period + 1 + lead] = found.order_quantity[placed]
    return course


def counts(course: RuleCourse, demand: FloatArray, lead: int, review: int) -> FloatArray:
    """Return by part what the measures are shares of, and that share: pairs, shape (S, 5, 2)."""
    short, every = course.net < 0, np.ones(demand.shape)
    cycle = np.roll(np.pad(course.placed, ((0, 0), (0, lead + 1))), lead + 1, axis=1).cumsum(axis=1)
    numbers = np.arange(cycle.max())
    ended = cycle[:, demand.shape[1] - 1, None] > numbers
    failed = (short[:, :, None] & (cycle[:, : demand.shape[1], None] == numbers)).any(axis=1)
    begins = range(review, demand.shape[1] - lead + 1, review)
    served = np.stack([~short[:, begin : begin + lead].any(axis=1) for begin in begins], axis=1)
    pairs = (
        (ended, ended & ~failed),
        (np.ones(served.shape), served),
        (demand, demand - course.unmet),
        (every, short),
        (every, np.maximum(course.net, 0.0)),
    )
    return np.array([[each.sum(axis=1) for each in pair] for pair in pairs]).transpose(2, 0, 1)


def lines(what: str, courses: list[RuleCourse], demand: FloatArray, spans: tuple[int, int]) -> str:
    """Return a row for each rule; of all but the first also how it differs from that, at 95 %."""
    rng, text = np.random.default_rng(SEED), []
    weights = rng.multinomial(len(demand), np.full(len(demand), 1 / len(demand)), 1000)
    first = counts(courses[0], demand, *spans)
    for window, course in zip(RULES, courses, strict=True):
        found = counts(course, demand, *spans)
        p1, times, p2, short, stock = divide(*found.sum(axis=0).T[::-1])
        drawn, without = (np.tensordot(weights, each, 1) for each in (found, first))
        less = divide(drawn[..., 1], drawn[..., 0]) - divide(without[..., 1], without[..., 0])
        low, high = 100 * np.quantile(less, (0.025, 0.975), axis=0)
        text.append(
            f"| {what} | {window:g} | {100 * p1:.1f} of {found[:, 0, 0].sum():.0f} "
            f"| {100 * times:.1f} | {100 * p2:.1f} | {100 * short:.1f} | {stock:.2f} "
            f"| {low[0]:+.1f} .. {high[0]:+.1f} | {low[2]:+.1f} .. {high[2]:+.1f} "
            f"| {put_off(courses[0], course, window, spans[0])} |"
        )
    return "\n".join(text)


def put_off(first: RuleCourse, course: RuleCourse, window: float, lead: int) -> str:
    """Tell which of the orders *course* puts off, by how long, and what each part's first costs.

    That is the share of parts without a stock-out from that day to the delivery of *course*.
    """
    late = first.placed & (first.slack > window)
    served = []
    for part in np.flatnonzero(late.any(axis=1)):
        begin = int(late[part].argmax()) + 1
        placed = course.placed[part, begin:]
        end = begin + int(placed.argmax()) + 1 + lead if placed.any() else None
        served.append([(each.net[part, begin:end] >= 0).all() for each in (first, course)])
    if not served:
        return "-"
    days, share = np.median(first.slack[late] - window), 100 * late.sum() / first.placed.sum()
    at_once, kept = 100 * np.mean(served, axis=0)
    return (
        f"{share:.0f} % of {first.placed.sum()}, {days:.0f} days; {len(served)} parts, "
        f"{at_once:.1f} to {kept:.1f} % without stock-out"
    )


def main() -> int:
    """Measure every data set that is there."""
    parser = data_set_arguments(__doc__.split("\n", maxsplit=1)[0])
    told = parser.parse_args()
    print(HEAD, flush=True)
    for data in available_data_sets(told.data, told.sets):
        spans, whole = SPANS[data.frequency], read_panel(told.data / data.file, data.frequency)
        replayed = replace(data, horizon=REPLAYED[data.frequency], items=told.items)
        # The lead time is half of what is forecast.
        part = replace(split(whole, replayed, 0), data=replace(data, horizon=2 * spans[0]))
        with TemporaryDirectory() as folder:
            prepared = forecast(part, Path(folder), 4)
            panel, view, _ = planned(prepared)
            demand = part.actual[[part.history.item_ids.index(item) for item in panel.item_ids]]
            courses = [play(prepared, demand, window) for window in RULES]
        for name in ("all", *np.unique(view.outlook.classes)):
            rows = np.flatnonzero((view.outlook.classes == name) | (name == "all"))
            if len(rows) >= FEWEST:
                what = f"{data.name}, {name}, {len(rows)}"
                chosen = [rows_of(course, rows) for course in courses]
                print(lines(what, chosen, demand[rows], spans), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
