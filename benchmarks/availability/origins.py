"""Demand over delivery and review at past origins: Farol's own totals, which see nothing later."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.availability.drawn import Draw, median_prices
from benchmarks.forecast_splits import read_panel
from ml_jobs.arrays import FloatArray, IntArray, rows_of
from ml_jobs.classification import demand_classes
from ml_jobs.dispersion import historic_demand, learn_pools, moments
from ml_jobs.models.totals import FittedTotals, Totals
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Panel

LONGEST = 4  # periods of review that delivery and review take at most
REFIT_EVERY = 2  # origins; between them the trees that were learnt last are asked
THIN_BELOW = 8  # demands, as the job's own options have it


@dataclass(frozen=True)
class OriginData:
    """A file of demand, and the origins that it is replayed from.

    Attributes:
        period: Days or months of the file in one period of review.
        origins: How many, one period apart, the last a period before the end.
        memory: Periods that a recent mean is taken over.
        priced: Whether the file of invoice lines beside it says what parts cost.
    """

    name: str
    file: str
    frequency: Frequency
    period: int
    origins: int
    memory: int
    priced: bool = False


CARPARTS = OriginData("car parts", "carparts_monthly.parquet", Frequency.MONTHLY, 1, 18, 12)
RETAIL = OriginData(
    "Online Retail", "online_retail_daily.parquet", Frequency.DAILY, 7, 20, 13, priced=True
)
LINES = "online_retail_lines.parquet"


@dataclass(frozen=True)
class Forecasts:
    """S parts at T origins, one period apart.

    Attributes:
        demand: Units asked for in the period after each origin, shape (S, T).
        before: Units asked for in each period of the history before the first origin, NaN before
            a part's first, shape (S, H).
        sums: At each origin the demand of 1 to ``LONGEST`` periods ahead, T of them, (S, LONGEST).
        prices: Real costs; None where nobody knows them.
    """

    data: OriginData
    demand: FloatArray
    before: FloatArray
    sums: tuple[NegativeBinomial, ...]
    prices: FloatArray | None

    @property
    def origins(self) -> range:
        """Origins, the first is 0."""
        return range(self.demand.shape[1])

    def rows(self, rows: IntArray) -> Forecasts:
        """Return these *rows* of the parts."""
        return replace(
            self,
            demand=self.demand[rows],
            before=self.before[rows],
            sums=tuple(rows_of(each, rows) for each in self.sums),
            prices=None if self.prices is None else self.prices[rows],
        )

    def ahead(self, origin: int, periods: IntArray) -> NegativeBinomial:
        """Return what is forecast at *origin* for each part's *periods*, shape (S,)."""
        whole, rows = self.sums[origin], np.arange(len(periods))
        return replace(
            whole,
            mean=whole.mean[rows, periods - 1],
            excess=whole.excess[rows, periods - 1],
            least_mean=whole.least_mean[rows, periods - 1],
        )

    def over(self, drawn: Draw, origin: int) -> NegativeBinomial:
        """Return the demand over delivery and review as forecast at *origin*, shape (S,)."""
        return self.ahead(origin, drawn.protection)

    def came(self, origin: int, periods: IntArray) -> FloatArray:
        """Return what was asked for in the *periods* after *origin*; NaN where not over, (S,)."""
        until = np.minimum(origin + periods, self.demand.shape[1])
        sums = np.concatenate([np.zeros((len(periods), 1)), np.cumsum(self.demand, axis=1)], axis=1)
        rows = np.arange(len(periods))
        over = origin + periods <= self.demand.shape[1]
        return np.where(over, sums[rows, until] - sums[rows, origin], np.nan)

    def known_demand(self, origin: int) -> FloatArray:
        """Return the periods that were known at *origin*, NaN before a part's first."""
        return np.concatenate([self.before, self.demand[:, :origin]], axis=1)


def forecasts_of(
    folder: Path, data: OriginData, kept: Path, report: Callable[[str], None]
) -> Forecasts:
    """Return the forecasts of *data* at its origins; made once and *kept* as a file."""
    path = kept / f"{data.name.replace(' ', '-')}.pickle"
    if path.is_file():
        with path.open("rb") as file:
            return _of_known_parts(pickle.load(file))
    panel = read_panel(folder / data.file, data.frequency)
    first = len(panel.dates) - data.origins * data.period
    sums, fitted = [], None
    for number in range(data.origins):
        known = panel.until(first + number * data.period)
        report(f"{data.name}: origin {number + 1} of {data.origins}")
        if fitted is None or number % REFIT_EVERY == 0:
            reach = LONGEST * data.period
            fitted = Totals().fit(known, reach, readable=data.period, farthest=reach)
        sums.append(_sums(known, fitted, data.period))
    prices = None
    if data.priced:
        prices = median_prices(folder / LINES, panel.item_ids, panel.dates[first])
    found = Forecasts(
        data,
        _in_periods(panel.demand[:, first:], data.period),
        _in_periods(panel.demand[:, first % data.period : first], data.period),
        tuple(sums),
        prices,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pickle.dump(found, file)
    return _of_known_parts(found)


def _sums(known: Panel, fitted: FittedTotals, period: int) -> NegativeBinomial:
    classes = demand_classes(known)
    thin = moments(known.demand).demands < THIN_BELOW
    historic = historic_demand(known, classes, learn_pools(known, classes, thin=thin))
    lengths = np.tile(np.arange(1, LONGEST + 1) * period, (len(known.item_ids), 1))
    return fitted.forecast(known, np.zeros_like(lengths), lengths, historic=historic)


def _in_periods(demand: FloatArray, period: int) -> FloatArray:
    """Add up *demand* of days to periods; one that a part had not begun in is not known."""
    whole: FloatArray = demand.reshape(len(demand), -1, period).sum(axis=2)
    return whole


def _of_known_parts(found: Forecasts) -> Forecasts:
    """Leave out the parts that had not begun at the first origin, or whose price isn't known."""
    known = np.isfinite(found.sums[0].mean[:, 0]) & np.isfinite(found.demand).all(axis=1)
    if found.prices is not None:
        known &= np.isfinite(found.prices)
    return found.rows(np.flatnonzero(known))
