"""Forecasts of each location summed over the items of a category: ``agg_daily``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from ml_jobs.arrays import FloatArray, IntArray, TextArray, running_sums
from ml_jobs.columns import numbers
from ml_jobs.judging.timeline import Timeline
from ml_jobs.panel import Dates, Panel

KEYS = ("location_id", "category", "source", "date")
AMOUNTS = ("forecast", "actual", "known")

_SPAN_DAYS = 10**7  # further apart than any two dates, so that windows end at their group's edge


def daily_sums(panel: Panel, categories: TextArray, timeline: Timeline) -> pa.Table:
    """Return the sums of forecast and actual over the items of one partition.

    There is one row per location, category (of each series, shape (S,)), source and date that has
    a forecast; the column ``known`` counts the items whose actual is in the sum.
    """
    names = list(zip(panel.location_ids, categories.tolist(), strict=True))
    groups = sorted(set(names))
    places = {name: place for place, name in enumerate(groups)}
    rows = [places[name] for name in names]
    members = sparse.csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(groups), len(rows))
    )
    parts = [
        _rows_of(groups, source, _amounts(members, timeline, source), timeline.dates)
        for source in timeline.forecasts
    ]
    return pa.concat_tables(parts)


def _amounts(members: sparse.csr_array, timeline: Timeline, source: str) -> dict[str, FloatArray]:
    """Sums of every group and period, shape (G, P) each; *present* counts the forecasts."""
    forecast = timeline.forecasts[source].mean
    present = np.isfinite(forecast)
    known = present & np.isfinite(timeline.actual)
    return {
        "forecast": members @ np.where(present, forecast, 0.0),
        "actual": members @ np.where(known, timeline.actual, 0.0),
        "known": members @ known.astype(np.float64),
        "present": members @ present.astype(np.float64),
    }


def _rows_of(
    groups: list[tuple[str, str]], source: str, amounts: dict[str, FloatArray], dates: Dates
) -> pa.Table:
    group, period = np.nonzero(amounts["present"] > 0)
    rows = pa.array(group)
    columns: dict[str, object] = {
        "location_id": pa.array([name for name, _ in groups], pa.string()).take(rows),
        "category": pa.array([name for _, name in groups], pa.string()).take(rows),
        "source": pa.repeat(pa.scalar(source), len(group)),
        "date": dates[period],
        **{name: amounts[name][group, period] for name in AMOUNTS},
    }
    return pa.table(columns)


def agg_daily(sums: pa.Table) -> pa.Table:
    """Return the sums over all items, with windows over the days around each row's date.

    The 7-day mean is over the rows of the 7 days ending on a row's date, the 30-day total over
    those of the 30 days beginning on it, as far as there are any. *sums* are added up over
    partitions by ``KEYS``.
    """
    ordered = sums.take(pc.sort_indices(sums, [(name, "ascending") for name in KEYS]))
    days = _days(ordered)
    forecast = ordered.column("forecast").to_numpy()
    known = ordered.column("known").to_numpy() > 0
    actual = np.where(known, ordered.column("actual").to_numpy(), np.nan)
    return pa.table(
        {
            **{name: ordered.column(name) for name in KEYS},
            "forecast": forecast,
            "actual": numbers(actual),
            "forecast_7d_mean": _window(days, forecast, first=-6, last=0, mean=True),
            "forecast_30d_total": _window(days, forecast, first=0, last=29, mean=False),
        }
    )


def _days(ordered: pa.Table) -> IntArray:
    """Days of every row, each group's far behind those of the group before it."""
    dates = ordered.column("date").cast(pa.int32()).to_numpy().astype(np.int64)
    begins = np.zeros(len(dates), dtype=bool)
    for name in KEYS[:3]:
        codes = ordered.column(name).combine_chunks().dictionary_encode().indices.to_numpy()
        begins[1:] |= codes[1:] != codes[:-1]
    days: IntArray = dates + _SPAN_DAYS * np.cumsum(begins)
    return days


def _window(days: IntArray, sums: FloatArray, *, first: int, last: int, mean: bool) -> FloatArray:
    """Total or mean of the rows from *first* to *last* days after each row's, inclusive."""
    begin: IntArray = np.searchsorted(days, days + first, side="left")
    end: IntArray = np.searchsorted(days, days + last, side="right")
    (running,) = running_sums(sums[None, :])
    totals: FloatArray = running[end] - running[begin]
    return np.maximum(totals / (end - begin) if mean else totals, 0.0)
