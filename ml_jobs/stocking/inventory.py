"""Stock against forecast: reorder points, cover, the risk of running out, what to order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import stats

from ml_jobs.arrays import BoolArray, FloatArray, TextArray, divide
from ml_jobs.columns import column_of
from ml_jobs.dispersion import moments
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Dates, Items, Panel, Stock
from ml_jobs.stocking.accumulated import days_until
from ml_jobs.stocking.lead_time import Duration, LeadSums, Outlook
from ml_jobs.stocking.repair import Repair, repair_of

LONGEST_COVER_DAYS = 3650.0  # cover beyond ten years says no more than ten years does
LONGEST_OUTLOOK_DAYS = 730.0  # a stock-out further away than two years is no date to plan by


@dataclass(frozen=True)
class StockLevels:
    """What is in stock and what is asked of it, per series; NaN where not known.

    Attributes:
        as_of: Day for which the stock stands.
        current_stock: Units on the shelf.
        on_order: Units ordered and not delivered, and those counted on to return from repair; not
            given counts as none.
        moved: Units that proposed moves bring; those that they take away are negative.
        lead_time: From order to delivery.
        service_level: Chance asked for that lead-time demand is met.
        minimum_order: Least units that an order may have; not given counts as 0.
        order_multiple: Units that an order is a multiple of; not given counts as any.
        stocked: Whether it is to be held at all; of what isn't, nothing is ordered.
        repair: How the parts are repaired.
    """

    as_of: Dates
    current_stock: FloatArray
    on_order: FloatArray
    moved: FloatArray
    lead_time: Duration
    service_level: FloatArray
    minimum_order: FloatArray
    order_multiple: FloatArray
    stocked: BoolArray
    repair: Repair

    @property
    def shelf(self) -> FloatArray:
        """Stock once proposed moves are made, units; they count as made on the stock's day."""
        return self.current_stock + self.moved

    @property
    def position(self) -> FloatArray:
        """That and open orders together, units: what demand until the next delivery can draw on.

        Open orders count as arriving before they are needed; when they arrive is not known.
        """
        return self.shelf + self.on_order


@dataclass(frozen=True)
class StockPolicy:
    """What the forecast asks for, per series; NaN where stock, lead time or service isn't known.

    Attributes:
        lead_time_demand: Expected demand until an order placed now is delivered, units.
        lead_time_excess: Variance over mean of that demand, less 1, in lots.
        planned_level: Service level planned for, so that the one asked is achieved.
        reorder_point: Order when stock and open orders are at or below this, units.
        safety_stock: Reorder point less expected lead-time demand, at least 0, units.
        order_up_to: Level that an order fills stock and open orders up to, units.
        stockout_probability: Chance that lead-time demand exceeds stock and open orders.
        expected_shortage: Expected lead-time demand beyond stock and open orders, units.
        textbook_reorder_point: What the textbook formula would ask for, units.
        textbook_safety_stock: That less expected lead-time demand, at least 0, units.
    """

    lead_time_demand: FloatArray
    lead_time_excess: FloatArray
    planned_level: FloatArray
    reorder_point: FloatArray
    safety_stock: FloatArray
    order_up_to: FloatArray
    stockout_probability: FloatArray
    expected_shortage: FloatArray
    textbook_reorder_point: FloatArray
    textbook_safety_stock: FloatArray


@dataclass(frozen=True)
class Proposal:
    """What to do about it, per series.

    Attributes:
        days_of_cover: Days until expected demand has used up stock and open orders, at most
            ``LONGEST_COVER_DAYS``; NaN where no demand is forecast.
        stockout_date: That day; NaT where further away than ``LONGEST_OUTLOOK_DAYS``.
        order_quantity: Units to order now; 0 above the reorder point.
        order_by: Last day on which an order still arrives before stock and open orders are used
            up; NaT where no order is proposed. It lies in the past where an order is too late.
        overstock_quantity: Units of stock and open orders above the order-up-to level, at least 0.
        status: ok, reorder, overdue, overstock or unknown.
    """

    days_of_cover: FloatArray
    stockout_date: Dates
    order_quantity: FloatArray
    order_by: Dates
    overstock_quantity: FloatArray
    status: TextArray


@dataclass(frozen=True)
class Inventory:
    """Stock, policy and proposal of every series of the panel.

    Attributes:
        sums: Demand over the lead time, and over lead time and review, that policy and proposal
            were made from.
    """

    levels: StockLevels
    policy: StockPolicy
    proposal: Proposal
    sums: LeadSums


def inventory_of(
    panel: Panel,
    levels: StockLevels,
    outlook: Outlook,
    sums: LeadSums,
    *,
    planned: FloatArray,
    options: ForecastOptions,
) -> Inventory:
    """Compare every series' stock with the forecast: what is asked for, and what to do.

    *panel* is the history of S series, *planned* the service level to plan for, as
    `PlannedLevels.of` gives it, shape (S,).
    """
    policy = policy_of(panel, levels, sums, planned=planned)
    cover = days_until(panel, outlook, np.nan_to_num(levels.position), sums)
    proposal = proposal_of(levels, policy, outlook, options, cover=cover)
    return Inventory(levels, policy, proposal, sums)


def levels_of(items: Items, stock: Stock) -> StockLevels:
    """Read stock, lead times and order sizes; of what both name the stock's word goes first.

    Nothing is moved of it.
    """
    repair = repair_of(items, stock)
    on_order = np.nan_to_num(column_of(stock.table, "on_order")) + repair.coming_back
    return StockLevels(
        as_of=stock.table.column("as_of").cast(pa.date32()).to_numpy(zero_copy_only=False),
        current_stock=column_of(stock.table, "current_stock"),
        on_order=on_order,
        moved=np.zeros_like(on_order),
        lead_time=Duration(
            column_of(items.table, "lead_time_days"), _either(items, stock, "lead_time_sd_days")
        ),
        service_level=column_of(stock.table, "service_level"),
        minimum_order=_either(items, stock, "minimum_order"),
        order_multiple=_either(items, stock, "order_multiple"),
        stocked=items.stocked,
        repair=repair,
    )


def _either(items: Items, stock: Stock, name: str) -> FloatArray:
    """The stock's value, else the item's; NaN where neither has one."""
    answer = np.full(stock.table.num_rows, np.nan)
    for table in (stock.table, items.table):
        if name in table.column_names:
            answer = np.where(np.isfinite(answer), answer, column_of(table, name))
    return answer


def policy_of(
    panel: Panel, levels: StockLevels, sums: LeadSums, *, planned: FloatArray
) -> StockPolicy:
    """Take reorder point and order-up-to level as quantiles of summed demand.

    The reorder point is the quantile, at the service level planned for, of demand summed over the
    lead time; the order-up-to level the same over lead time and review period. *panel* is the
    history, *planned* the service level to plan for, shape (S,): 0, and so are both, of what isn't
    to be held.

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    sections 6.7 and 6.10, with the distribution of the sum in place of z * sigma * sqrt(L).
    """
    lead, cycle = sums.lead, sums.cycle
    planned = np.where(levels.stocked, planned, 0.0)
    reorder_point = lead.quantile(planned)
    textbook = levels.stocked * textbook_reorder_point(panel, levels, lead.mean)
    return StockPolicy(
        lead_time_demand=lead.mean,
        lead_time_excess=np.where(np.isfinite(lead.mean), lead.excess, np.nan),
        planned_level=planned,
        reorder_point=reorder_point,
        safety_stock=np.maximum(reorder_point - lead.mean, 0.0),
        order_up_to=np.maximum(cycle.quantile(planned), reorder_point),
        stockout_probability=lead.exceedance(levels.position),
        expected_shortage=lead.expected_shortage(levels.position),
        textbook_reorder_point=textbook,
        textbook_safety_stock=np.maximum(textbook - lead.mean, 0.0),
    )


def textbook_reorder_point(
    panel: Panel, levels: StockLevels, lead_time_demand: FloatArray
) -> FloatArray:
    """Return d * L + z * sqrt(L * sigma_d^2 + d^2 * sigma_L^2), units, shape (S,).

    Demand of single periods counts as normal and independent: d * L is the *lead_time_demand*
    that the forecast gives, units, shape (S,), sigma_d the standard deviation of the history, z
    the normal quantile of the service level asked. L is the lead time; of a part that is repaired
    the time that one is missed, and only what is condemned waits for a supplier (`Repair`).

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    sections 6.7 and 6.10.
    """
    time, step = levels.lead_time, panel.frequency.days_per_step
    missed = levels.repair.mixed(time.days)
    of_demand = missed / step * moments(panel.demand).variance
    bought_per_day = levels.repair.condemned * np.nan_to_num(divide(lead_time_demand, missed))
    of_time = (bought_per_day * np.nan_to_num(time.sd_days)) ** 2
    safety = stats.norm.ppf(levels.service_level) * np.sqrt(of_demand + of_time)
    reorder_point: FloatArray = np.maximum(lead_time_demand + safety, 0.0)
    return reorder_point


def proposal_of(
    levels: StockLevels,
    policy: StockPolicy,
    outlook: Outlook,
    options: ForecastOptions,
    *,
    cover: FloatArray,
) -> Proposal:
    """Return how much to order and by when.

    *cover* is how many days stock and open orders last, shape (S,).
    """
    position = levels.position
    cover = np.where(np.isfinite(position), cover, np.nan)
    order_up_to = round_up(policy.order_up_to, outlook.demand.lot)
    quantity = order_to(order_up_to, position, levels, outlook.demand.lot)
    proposed = (position <= policy.reorder_point) & (quantity > 0)
    known = np.isfinite(position + policy.reorder_point)
    # Less a little: what is a whole day, give or take floating point, is not a day more.
    used_up = np.ceil(cover - 1e-6)
    slack = np.where(proposed, used_up - np.ceil(levels.lead_time.days), np.nan)
    surplus = np.where(known, np.maximum(position - order_up_to, 0.0), np.nan)
    too_much = (cover > options.thresholds["overstock"]) & (surplus > 0)
    status = np.select(
        [~known, proposed & (slack < 0), proposed, too_much],
        ["unknown", "overdue", "reorder", "overstock"],
        "ok",
    )
    return Proposal(
        days_of_cover=np.where(np.isinf(cover), np.nan, np.minimum(cover, LONGEST_COVER_DAYS)),
        stockout_date=days_after(levels.as_of, used_up),
        order_quantity=np.where(known, np.where(proposed, quantity, 0.0), np.nan),
        order_by=days_after(levels.as_of, slack),
        overstock_quantity=surplus,
        status=status,
    )


def order_to(
    level: FloatArray, position: FloatArray, levels: StockLevels, lot: FloatArray
) -> FloatArray:
    """Return the units that fill *position* up to *level*, 0 where it is there; shape (S,).

    At least the minimum order, rounded up to the multiple, or to whole lots of *lot* units.
    """
    wanted = np.maximum(level - position, np.nan_to_num(levels.minimum_order))
    multiple = np.where(levels.order_multiple > 0, levels.order_multiple, lot)
    return np.where(level > position, round_up(wanted, multiple), 0.0)


def round_up(amount: FloatArray, multiple: FloatArray) -> FloatArray:
    """Return the least whole number of *multiple* that is at least *amount*."""
    # Less a little: what is a whole multiple, give or take floating point, is not rounded up.
    return np.ceil(amount / multiple - 1e-9) * multiple


def days_after(start: Dates, days: FloatArray) -> Dates:
    """Return the day that is *days* after *start*; NaT where further than the longest outlook.

    A day in the past is one however far: as many days before *start* as a lead time has.
    """
    near = np.isfinite(days) & (days <= LONGEST_OUTLOOK_DAYS)
    whole = np.where(near, days, 0.0).astype(np.int64).astype("timedelta64[D]")
    return np.where(near, start + whole, np.datetime64("NaT", "D"))
