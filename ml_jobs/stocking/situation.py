"""What a partition's series look like to the reasons for an exception, and what a reason finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.columns import column_of
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Dates, Items, Panel
from ml_jobs.stocking.inventory import Inventory
from ml_jobs.stocking.lead_time import Outlook


@dataclass(frozen=True)
class ExceptionReason:
    """One reason, held against every series; shape (S,) each.

    Attributes:
        holds: Which series are listed for it.
        observed: Value found, in the unit of the reason code.
        expected: Value that was to be expected, in the same unit.
        value_at_risk: Currency; NaN where the unit cost is not known.
        since: First day on which the reason held; NaT where not known.
        severity: high, medium or low.
    """

    code: str
    holds: BoolArray
    observed: FloatArray
    expected: FloatArray
    value_at_risk: FloatArray
    since: Dates
    severity: TextArray


@dataclass(frozen=True)
class ChampionRecord:
    """What each series' champion forecast in the backtest, beside what happened.

    Attributes:
        forecast: Units per period, shape (S, N); NaN where there is no forecast.
        actual: The same of the demand observed.
        upper: The 99 % quantile of the same forecasts.
        dates: First day of each period, shape (N,); in the order of the cutoffs.
        value_added: Value added over naive over the whole horizon, shape (S,); NaN where not known.
        worse_than_naive: Where it is below 0 by more than chance explains, shape (S,).
    """

    forecast: FloatArray
    actual: FloatArray
    upper: FloatArray
    dates: Dates
    value_added: FloatArray
    worse_than_naive: BoolArray


@dataclass(frozen=True)
class Situation:
    """All that the reasons look at, S series; *record* is None without a backtest."""

    panel: Panel
    items: Items
    outlook: Outlook
    inventory: Inventory
    record: ChampionRecord | None
    options: ForecastOptions

    @cached_property
    def unit_cost(self) -> FloatArray:
        """Currency per unit, NaN where not known, shape (S,)."""
        return column_of(self.items.table, "unit_cost")

    @property
    def horizon(self) -> int:
        """Periods forecast."""
        return int(self.outlook.demand.mean.shape[1])

    @property
    def horizon_demand(self) -> FloatArray:
        """Expected demand of the whole horizon, units, shape (S,)."""
        demand: FloatArray = self.outlook.demand.mean.sum(axis=1)
        return demand

    @property
    def demand_per_day(self) -> FloatArray:
        """Its mean, units per day, shape (S,)."""
        return self.horizon_demand / (self.horizon * self.panel.frequency.days_per_step)

    @property
    def used_up_per_day(self) -> FloatArray:
        """What of it doesn't come back from repair, units per day, shape (S,)."""
        return self.demand_per_day * self.inventory.levels.repair.condemned

    def threshold(self, code: str) -> float:
        """The threshold of a reason."""
        return self.options.thresholds[code]
