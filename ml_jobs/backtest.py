"""Rolling origins: what each source would have forecast at past cutoffs, and what then happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, divided
from ml_jobs.classification import demand_classes
from ml_jobs.errors import OptionError
from ml_jobs.models.protocol import Model
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Panel
from ml_jobs.progress import ReportWork, Work, silent
from ml_jobs.quantiles import Spread, moments, pooled_answer, quantiles, spread_of

LONGEST_HORIZON_YEARS = 5


@dataclass(frozen=True)
class Forecasts:
    """What one source says of S series and H periods.

    Attributes:
        mean: Units per period, shape (S, H); NaN in rows the source doesn't cover.
        quantiles: At ``quantiles.LEVELS``, shape (S, H, 10); NaN likewise.
        spread: What the quantiles were drawn with.
    """

    mean: FloatArray
    quantiles: FloatArray
    spread: Spread

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        covered: BoolArray = np.isfinite(self.mean[:, 0])
        return covered

    def without(self, series: BoolArray) -> Forecasts:
        """Return the forecasts with those of *series* taken out."""
        return replace(
            self,
            mean=np.where(series[:, None], np.nan, self.mean),
            quantiles=np.where(series[:, None, None], np.nan, self.quantiles),
        )


@dataclass(frozen=True)
class Origin:
    """One cutoff of the backtest.

    Attributes:
        cutoff: Number of periods that the models saw.
        actual: Demand of the periods that followed, shape (S, H); NaN in the rows of series with
            too little history at the cutoff.
        scale: Mean absolute change from one period to the next before the cutoff, shape (S,).
        seasonal_scale: The same from one season to the next.
        squared_scale: Mean squared change from one period to the next before the cutoff.
        forecasts: By source; every source covers the same periods.
    """

    cutoff: int
    actual: FloatArray
    scale: FloatArray
    seasonal_scale: FloatArray
    squared_scale: FloatArray
    forecasts: Mapping[str, Forecasts]


@dataclass(frozen=True)
class Backtest:
    """All cutoffs, the earliest first; empty where the history is too short for any."""

    horizon: int
    origins: tuple[Origin, ...]


def cutoffs_of(panel: Panel, *, horizon: int, options: ForecastOptions) -> tuple[int, ...]:
    """Return the cutoffs, as numbers of periods seen, the earliest first.

    The last cutoff lies *horizon* periods before the panel's end, so that every forecast period
    is known; the others lie ``spacing`` periods apart before it. One at which no series has
    enough history yet is left out.
    """
    spacing = options.spacing_for(panel.frequency)
    least = options.min_history_for(panel.frequency)
    last = len(panel.dates) - horizon
    cutoffs = (last - spacing * back for back in range(options.origins))
    return tuple(sorted(c for c in cutoffs if c > 0 and has_history(panel, c, least).any()))


def has_history(panel: Panel, cutoff: int, least: int) -> BoolArray:
    """Return which series were observed for at least *least* periods before *cutoff*."""
    enough: BoolArray = cutoff - panel.starts >= least
    return enough


def horizon_of(panel: Panel, lead_time_days: FloatArray, options: ForecastOptions) -> int:
    """Return the horizon asked for, else the default or the longest lead time, in periods.

    Args:
        panel: What is forecast.
        lead_time_days: Lead time per series, NaN where not known, shape (S,).
        options: May name the horizon.

    Raises:
        OptionError: The horizon asked for is absurdly long.
    """
    if options.horizon is not None:
        most = LONGEST_HORIZON_YEARS * panel.frequency.steps_per_year
        if options.horizon > most:
            found = f"{options.horizon} periods of frequency {panel.frequency.value}"
            expected = f"at most {most}, which is {LONGEST_HORIZON_YEARS} years"
            raise OptionError("horizon", found, expected)
        return options.horizon
    longest = np.nanmax(lead_time_days, initial=0.0, where=np.isfinite(lead_time_days))
    periods = int(np.ceil(longest / panel.frequency.days_per_step))
    return max(panel.frequency.default_horizon, periods)


def run_backtest(
    panel: Panel,
    models: Mapping[str, Model],
    selection: Mapping[str, BoolArray],
    *,
    horizon: int,
    options: ForecastOptions,
    report: ReportWork = silent,
) -> Backtest:
    """Forecast at every cutoff with every source, each from what was known by then only.

    A series that a source could not forecast at some cutoff loses that source at all of them, so
    that a source is always judged on the rows that the others are judged on.

    Args:
        panel: The whole history.
        models: By source.
        selection: Which series each source is to cover, shape (S,) each.
        horizon: Periods ahead at each cutoff.
        options: Number and spacing of the cutoffs, least history.
        report: Told of each cutoff and of each model's own progress.
    """
    cutoffs = cutoffs_of(panel, horizon=horizon, options=options)
    least = options.min_history_for(panel.frequency)
    origins = []
    for done, cutoff in enumerate(cutoffs, start=1):
        eligible = has_history(panel, cutoff, least)
        wanted = {source: eligible & selection[source] for source in models}
        job = ForecastJob(models, horizon, options, report)
        forecasts = job.run(panel.until(cutoff), wanted)
        origins.append(_origin(panel, cutoff, eligible, forecasts, horizon))
        report(Work("backtest", done, len(cutoffs)))
    return Backtest(horizon, _on_the_same_rows(origins, selection))


@dataclass(frozen=True)
class ForecastJob:
    """How to forecast at a cutoff; the same for the backtest and for the future."""

    models: Mapping[str, Model]
    horizon: int
    options: ForecastOptions
    report: ReportWork = silent

    def run(self, known: Panel, wanted: Mapping[str, BoolArray]) -> dict[str, Forecasts]:
        """Forecast with every source from *known*, which is all that they see.

        Args:
            known: The history up to the cutoff.
            wanted: Which series each source is asked for, shape (S,) each.
        """
        spread = spread_of(known, demand_classes(known))
        return {source: self._with(source, known, wanted[source], spread) for source in self.models}

    def _with(self, source: str, known: Panel, series: BoolArray, spread: Spread) -> Forecasts:
        model = self.models[source]
        point = model.forecast(known, self.horizon, series=series, report=self.report)
        if point.variance is not None:
            spread = spread.with_variance(point.mean.mean(axis=1), point.variance)
        mean, spread = pooled_answer(
            point.mean,
            spread,
            known,
            thin=moments(known.demand).demands < self.options.thin_below,
            min_history=self.options.min_history_for(known.frequency),
        )
        return Forecasts(mean, quantiles(mean, spread), spread)


def _origin(
    panel: Panel,
    cutoff: int,
    eligible: BoolArray,
    forecasts: Mapping[str, Forecasts],
    horizon: int,
) -> Origin:
    known = panel.demand[:, :cutoff]
    future = panel.demand[:, cutoff : cutoff + horizon]
    return Origin(
        cutoff=cutoff,
        actual=np.where(eligible[:, None], future, np.nan),
        scale=mean_change(known, 1, power=1),
        seasonal_scale=mean_change(known, panel.frequency.season, power=1),
        squared_scale=mean_change(known, 1, power=2),
        forecasts=forecasts,
    )


def mean_change(known: FloatArray, lag: int, *, power: int) -> FloatArray:
    """Return the mean of ``|y[t] - y[t - lag]| ** power`` of each row; NaN where there is none.

    Args:
        known: Demand, shape (S, T), NaN before a series begins.
        lag: Periods between the two.
        power: 1 for the absolute change, 2 for the squared one.
    """
    change = np.abs(known[:, lag:] - known[:, :-lag]) ** power
    counted = np.isfinite(change)
    total = np.where(counted, change, 0.0).sum(axis=1)
    return divided(total, counted.sum(axis=1).astype(np.float64))


def _on_the_same_rows(
    origins: Sequence[Origin], selection: Mapping[str, BoolArray]
) -> tuple[Origin, ...]:
    failed = {source: np.zeros_like(asked) for source, asked in selection.items()}
    for origin in origins:
        judged = np.isfinite(origin.actual[:, 0])
        for source, forecasts in origin.forecasts.items():
            failed[source] |= judged & selection[source] & ~forecasts.covered
    return tuple(_without(origin, failed) for origin in origins)


def _without(origin: Origin, failed: Mapping[str, BoolArray]) -> Origin:
    kept = {
        source: forecasts.without(failed[source]) if failed[source].any() else forecasts
        for source, forecasts in origin.forecasts.items()
    }
    return replace(origin, forecasts=kept)
