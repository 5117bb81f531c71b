"""What each rule's stock would have come to at every past cutoff, of one partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray
from ml_jobs.options import MONEY
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.stock_moves import is_weighed
from ml_jobs.stocking.availability.allocation import Allocation
from ml_jobs.stocking.availability.regret import SKIPPED, regret_sums
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.worth import Worth
from ml_jobs.stocking.stock_facts import PRICE_POLICY, QUANTILE_POLICY, TEXTBOOK_POLICY


def past_orders(
    series: StockedSeries, worths: Mapping[int, Worth], prices: Mapping[int, Allocation], plan: Plan
) -> Iterator[pa.Table]:
    """Yield the sums of each past cutoff, of the windows that are over by now.

    Args:
        series: S series where their stock lies.
        worths: What stock was worth at each past cutoff, at the prices of then.
        prices: What a tower-hour was worth to the stock at each past cutoff, by what was known.
        plan: Of the run.
    """
    rate = plan.options.settings["holding_rate"]
    penalties = np.array([each.penalty_per_hour or 0.0 for each in plan.fleet.contracts])
    capped = {code: plan.fleet.contract_ids.index(code) for code in plan.fleet.caps}
    seen = np.zeros(len(series.item_ids), bool)
    for cutoff, allocation in prices.items():
        window, worth = series.windows[cutoff], worths[cutoff]
        stocks = {
            QUANTILE_POLICY: window.service,
            PRICE_POLICY: _worth_holding(worth, allocation, rate),
            TEXTBOOK_POLICY: window.textbook,
        }
        stocks[SKIPPED] = stocks[followed_rule(plan)] - window.recent
        known = is_weighed(worth, series) & series.levels.stocked
        for amount in (*stocks.values(), window.actual):
            known &= np.isfinite(amount)
        rows = np.flatnonzero(known)
        yield regret_sums(
            cutoff,
            series.rows(rows),
            {rule: stock[rows] for rule, stock in stocks.items()},
            penalties,
            holding_rate=rate,
            is_new=~seen[rows],
            capped=capped,
        )
        seen[rows] = True


def followed_rule(plan: Plan) -> str:
    """Return the rule that the run's proposals are made by, of what can be weighed."""
    return PRICE_POLICY if plan.options.policy == MONEY else QUANTILE_POLICY


def _worth_holding(worth: Worth, allocation: Allocation, rate: float) -> FloatArray:
    least = rate / 12.0 / allocation.highest if allocation.highest > 0 else np.inf
    return worth.level_at(least)
