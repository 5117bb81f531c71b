"""Rolling origins: what each source would have forecast at past cutoffs, and what then happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, divide
from ml_jobs.forecasts import Forecasts
from ml_jobs.panel import Panel


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


def origin_at(
    panel: Panel,
    cutoff: int,
    eligible: BoolArray,
    forecasts: Mapping[str, Forecasts],
    horizon: int,
) -> Origin:
    """Return the *forecasts* made at *cutoff* beside the demand that followed.

    *panel* is the whole history; the series *eligible*, shape (S,), are judged at the cutoff.
    """
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
    return divide(total, counted.sum(axis=1).astype(np.float64))


def on_the_same_rows(
    origins: Sequence[Origin], chosen: Mapping[str, BoolArray]
) -> tuple[Origin, ...]:
    """Take a source from the series that it failed at some cutoff, at all of them.

    So a source is always judged on the rows that the others are judged on. *chosen* says which
    series each source was to cover, shape (S,) each.
    """
    failed = {source: np.zeros_like(asked) for source, asked in chosen.items()}
    for origin in origins:
        judged = np.isfinite(origin.actual[:, 0])
        for source, asked in chosen.items():
            failed[source] |= judged & asked & ~origin.forecasts[source].covered
    nobody = np.zeros(0, dtype=bool)

    def without_failed(origin: Origin) -> Origin:
        forecasts = {
            source: each.without(failed[source]) if failed.get(source, nobody).any() else each
            for source, each in origin.forecasts.items()
        }
        return replace(origin, forecasts=forecasts)

    return tuple(without_failed(origin) for origin in origins)
