"""The textbook's order-up-to level, from a part's own history alone."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray
from ml_jobs.dispersion import moments
from ml_jobs.panel import Panel
from ml_jobs.stocking.inventory import StockLevels, round_up
from ml_jobs.stocking.lead_time import whole_periods


def textbook_level(
    panel: Panel, levels: StockLevels, review_days: float, lot: FloatArray
) -> FloatArray:
    """Return d * P + z * sqrt(P * sigma_d^2 + d^2 * sigma_L^2), in whole lots, units, shape (S,).

    Demand of single periods counts as normal and independent; d and sigma_d are its mean and
    standard deviation over all of the history, P the whole periods of delivery and review, or, of
    a part that is repaired, those that it is missed (`Repair.mixed`), z the normal quantile of the
    service level asked.

    Args:
        panel: The history.
        levels: Lead times and the service asked.
        review_days: Days from one review to the next.
        lot: Units that are asked for at once, shape (S,).

    Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains",
    section 6.10.
    """
    time, frequency = levels.lead_time, panel.frequency
    repair = levels.repair
    periods = whole_periods(repair.mixed(time.days + review_days), frequency)
    seen = moments(panel.demand)
    bought = seen.mean * repair.condemned
    of_time = (bought * np.nan_to_num(time.sd_days) / frequency.days_per_step) ** 2
    safety = stats.norm.ppf(levels.service_level) * np.sqrt(periods * seen.variance + of_time)
    level = np.maximum(seen.mean * periods + safety, 0.0)
    known = np.isfinite(time.days) & (seen.periods > 0)
    return np.where(known, round_up(level, lot), np.nan)
