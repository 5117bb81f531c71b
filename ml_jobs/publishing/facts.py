"""Arrays of forecasts and scores as the long tables of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.columns import numbers, series_columns
from ml_jobs.forecasts import Forecasts
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.judging.backtest import Backtest
from ml_jobs.judging.scores import INTERVAL, MEASURES, Score
from ml_jobs.judging.timeline import Timeline
from ml_jobs.judging.verdicts import verdicts
from ml_jobs.negative_binomial import LEVELS
from ml_jobs.panel import Dates, Panel

QUANTILE_COLUMNS = tuple(f"q{round(level * 1000):03d}" for level in LEVELS)


def days_before(cutoffs: IntArray, panel: Panel) -> Dates:
    """Return the last day that a model saw at each cutoff."""
    last_days = [panel.frequency.last_day(panel.dates[cutoff - 1]) for cutoff in cutoffs]
    return np.array(last_days, dtype="datetime64[D]")


def dim_location(hierarchy: Hierarchy) -> pa.Table:
    """Return the locations, one row each; the whole network is always among them."""
    return pa.Table.from_pylist([asdict(location) for location in hierarchy.locations])


def fact_demand(panel: Panel) -> pa.Table:
    """Return the periods with demand, and the first one observed of every series."""
    kept = np.nan_to_num(panel.demand) > 0
    begun = panel.starts < len(panel.dates)
    kept[np.flatnonzero(begun), panel.starts[begun]] = True
    series, period = np.nonzero(kept)
    return pa.table(
        series_columns(panel, series)
        | {"date": panel.dates[period], "quantity": panel.demand[series, period]}
    )


def fact_forecast(panel: Panel, timeline: Timeline) -> pa.Table:
    """Return every source's forecast of every period of the timeline, in the contract's order."""
    return _forecast_rows(
        panel,
        {source: [forecasts] for source, forecasts in timeline.forecasts.items()},
        [timeline.actual],
        dates=timeline.dates[None, :],
        cutoffs=days_before(timeline.cutoffs, panel)[None, :],
    )


def fact_backtest(panel: Panel, backtest: Backtest) -> pa.Table:
    """Return every source's forecast at every cutoff, beside what then happened; in order.

    Without a cutoff the table has no columns either.
    """
    origins = backtest.origins
    if not origins:
        return pa.table({})
    starts = np.array([origin.cutoff for origin in origins])
    last_days = days_before(starts, panel)
    return _forecast_rows(
        panel,
        {source: [o.forecasts[source] for o in origins] for source in origins[0].forecasts},
        [origin.actual for origin in origins],
        dates=panel.dates[starts[:, None] + np.arange(backtest.horizon)],
        cutoffs=np.repeat(last_days[:, None], backtest.horizon, axis=1),
    )


def _forecast_rows(
    panel: Panel,
    forecasts: Mapping[str, Sequence[Forecasts]],
    actuals: Sequence[FloatArray],
    *,
    dates: Dates,
    cutoffs: Dates,
) -> pa.Table:
    """Rows by series, source, block and step, so that none of them has to be moved again.

    Forecasts and actuals come in B blocks of the shape (S, P), with the date of each step and the
    last day seen before it, shape (B, P).
    """
    sources = sorted(forecasts, key=str.encode)
    means = _laid_out([[part.mean for part in forecasts[source]] for source in sources])
    series, source, block, step = np.nonzero(np.isfinite(means))
    rows = (series, source, block, step)
    columns: dict[str, object] = {
        **series_columns(panel, series),
        "source": pa.array(sources, pa.string()).take(pa.array(source)),
        "date": dates[block, step],
        "cutoff": cutoffs[block, step],
        "forecast": means[rows],
        "actual": numbers(np.stack(actuals, axis=1)[series, block, step]),
    }
    for level, name in enumerate(QUANTILE_COLUMNS):
        laid_out = _laid_out(
            [[part.quantiles[:, :, level] for part in forecasts[source]] for source in sources]
        )
        columns[name] = laid_out[rows]
    return pa.table(columns)


def _laid_out(values: list[list[FloatArray]]) -> FloatArray:
    """One array of the shape (S, sources, B, P) out of arrays (S, P) by source and block."""
    return np.stack([np.stack(blocks, axis=1) for blocks in values], axis=1)


def fact_metrics(panel: Panel, scores: Sequence[Score]) -> pa.Table:
    """Return every score of every series that the backtest could judge.

    Without a score the table has no columns either.
    """
    return pa.concat_tables([_score_rows(panel, score) for score in scores] or [pa.table({})])


def _score_rows(panel: Panel, score: Score) -> pa.Table:
    judged = np.flatnonzero(score.n_obs > 0)
    words = verdicts(*(score.measures[name][judged] for name in INTERVAL))
    return pa.table(
        {
            **series_columns(panel, judged),
            "source": pa.repeat(pa.scalar(score.source), len(judged)),
            "horizon": pa.repeat(pa.scalar(score.horizon), len(judged)),
            "n_origins": score.n_origins[judged],
            "n_obs": score.n_obs[judged],
            "is_champion": score.is_champion[judged],
            **{name: numbers(score.measures[name][judged]) for name in (*MEASURES, *INTERVAL)},
            "verdict": pa.array([word or None for word in words.tolist()], pa.string()),
        }
    )
