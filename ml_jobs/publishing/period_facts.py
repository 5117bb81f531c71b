"""Weeks and months as the rows of ``fact_period``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, TextArray, running_sums
from ml_jobs.columns import numbers, series_columns
from ml_jobs.grain import NAIVE, Readable, ReadableForecasts, grain_of
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel
from ml_jobs.publishing.facts import QUANTILE_COLUMNS, days_before


def fact_period(panel: Panel, sources: TextArray, forecasts: ReadableForecasts) -> pa.Table:
    """Return a row per series, source and week or month, of two years and of what is ahead.

    The rows of each series' champion, *sources*, shape (S,), hold what was used, and where there
    is one a forecast; those of naive the forecasts only.
    """
    actual = actual_of(panel, forecasts.shown)
    is_naive = (sources == NAIVE)[:, None]
    naive = replace(forecasts.naive, mean=np.where(is_naive, np.nan, forecasts.naive.mean))
    return pa.concat_tables(
        [
            _rows(panel, sources, forecasts, forecasts.champion, actual, also_used=True),
            _rows(panel, np.full(len(sources), NAIVE), forecasts, naive, actual, also_used=False),
        ]
    )


def actual_of(panel: Panel, shown: Readable) -> FloatArray:
    """Return the demand of whole weeks or months, shape (S, W); NaN where not all was observed."""
    summed = running_sums(np.nan_to_num(panel.demand))
    ends = np.minimum(shown.ends, len(panel.dates))
    total = summed[:, ends] - summed[:, np.minimum(shown.begins, len(panel.dates))]
    whole = (shown.begins >= panel.starts[:, None]) & (shown.ends <= len(panel.dates))
    return np.where(whole, total, np.nan)


def _rows(
    panel: Panel,
    sources: TextArray,
    forecasts: ReadableForecasts,
    demand: NegativeBinomial,
    actual: FloatArray,
    *,
    also_used: bool,
) -> pa.Table:
    known = np.isfinite(demand.mean)
    rows = np.nonzero(known | np.isfinite(actual) if also_used else known)
    series, week = rows
    quantiles = demand.quantiles()
    seen = np.where(known, forecasts.cutoffs, 0)[rows]
    distinct, place = np.unique(seen, return_inverse=True)
    last_days = days_before(np.maximum(distinct, 1), panel)
    last_days[distinct == 0] = np.datetime64("NaT", "D")
    columns: dict[str, object] = {
        **series_columns(panel, series),
        "source": pa.array(sources, pa.string()).take(pa.array(series)),
        "date": forecasts.shown.dates[week],
        "grain": pa.repeat(pa.scalar(grain_of(panel.frequency)), len(series)),
        "forecast": numbers(demand.mean[rows]),
        "actual": numbers(actual[rows]),
        "cutoff": numbers(last_days[place]),
    }
    for level, name in enumerate(QUANTILE_COLUMNS):
        columns[name] = numbers(quantiles[:, :, level][rows])
    return pa.table(columns)
