"""Parts that are repaired: most of what fails comes back, so that only the rest is bought new."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, TextArray, divide
from ml_jobs.columns import column_of, numbers, series_columns
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Items, Panel, Stock
from ml_jobs.stocking.accumulated import expected_until
from ml_jobs.stocking.lead_time import LeadSums, Outlook, whole_periods


@dataclass(frozen=True)
class Repair:
    """How the parts of S series are repaired, shape (S,) each.

    Attributes:
        days: From a failure until the part is back on the shelf; 0 of what isn't repaired.
        condemned: Share of the failed that can't be repaired; 1 of what isn't repaired.
        in_repair: Units that failed and aren't back yet, whether they can be repaired or not.
    """

    days: FloatArray
    condemned: FloatArray
    in_repair: FloatArray

    @property
    def is_repaired(self) -> BoolArray:
        """Which parts come back."""
        repaired: BoolArray = self.condemned < 1.0
        return repaired

    @property
    def coming_back(self) -> FloatArray:
        """Of the units in repair, how many are counted on, in whole units."""
        expected: FloatArray = np.floor((1.0 - self.condemned) * self.in_repair + 0.5)
        return expected

    def mixed(self, days: FloatArray | float) -> FloatArray:
        """Return the days that a failed part is missed, on average, where a new one takes *days*.

        Source: Palm's theorem, as in Sherbrooke 2004, "Optimal Inventory Modeling of Systems",
        chapter 2: of the times that failed parts are missed only the mean counts.
        """
        return (1.0 - self.condemned) * self.days + self.condemned * days

    def in_whole_periods(self, frequency: Frequency) -> Repair:
        """Return the same with the days rounded up to whole periods, as they can be replayed."""
        whole = whole_periods(self.days, frequency) * frequency.days_per_step
        return replace(self, days=np.where(self.days > 0, whole, 0.0))


def repair_of(items: Items, stock: Stock) -> Repair:
    """Read how the parts of each series are repaired, and how many are."""
    days = column_of(items.table, "repair_days")
    repaired = np.isfinite(days)
    share = column_of(items.table, "condemnation")
    return Repair(
        np.where(repaired, days, 0.0),
        np.where(repaired, share, 1.0),
        np.where(repaired, np.nan_to_num(column_of(stock.table, "in_repair")), 0.0),
    )


def without_returns(panel: Panel, outlook: Outlook, sums: LeadSums, repair: Repair) -> LeadSums:
    """Return what stock has to last for where most of what fails comes back.

    Stock, open orders and what is in repair last until the end of a lead time if all that is
    missing then is no more: everything that failed within the time of a repair, and of what failed
    before that what is condemned. *sums* are of all that is asked for.
    """
    if not repair.is_repaired.any():
        return sums
    within = expected_until(panel, outlook, repair.days[:, None], sums)[:, 0]
    cycle = _missing(sums.cycle, within, repair)
    # Once all times are over, only what is condemned goes on being missed.
    less = divide(repair.condemned * sums.cycle.mean, cycle.mean)
    return replace(
        sums,
        lead=_missing(sums.lead, within, repair),
        cycle=cycle,
        onward=np.where(np.isfinite(less), less, repair.condemned),
    )


def _missing(demand: NegativeBinomial, within: FloatArray, repair: Repair) -> NegativeBinomial:
    """What is missing after a time of *demand*, with *within* units asked for in a repair's time.

    In the shorter of both times all of a batch is missing. In the rest of the longer one it is a
    share, by which its scatter is less, too: the condemned of what failed before the last repair
    time; or, of a repair that takes longer, of what failed before the time began all others.
    """
    share = np.where(demand.mean >= within, repair.condemned, 1.0 - repair.condemned)
    whole, part = np.minimum(demand.mean, within), np.abs(demand.mean - within)
    mean = whole + share * part
    scatter = np.nan_to_num(divide(whole + share**2 * part, mean), nan=1.0)
    rows = repair.is_repaired
    return replace(
        demand,
        mean=np.where(rows, mean, demand.mean),
        excess=np.where(rows, demand.excess * scatter, demand.excess),
    )


def fact_repair(panel: Panel, sources: TextArray, sums: LeadSums, repair: Repair) -> pa.Table:
    """Return a row for every series whose part is repaired.

    *sums* are those of `without_returns`, and *sources* the champions, shape (S,).
    """
    rows = np.flatnonzero(repair.is_repaired)
    columns = {
        "repair_days": repair.days,
        "condemnation": repair.condemned,
        "in_repair": repair.in_repair,
        "coming_back": repair.coming_back,
        "failures": sums.asked,
        "condemned": repair.condemned * sums.asked,
        "missing": sums.cycle.mean,
    }
    return pa.table(
        {
            **series_columns(panel, rows),
            **{name: numbers(values[rows]) for name, values in columns.items()},
            "source": pa.array(sources[rows], pa.string()),
        }
    )
