"""Scores and forecasts of groups of items: ``agg_metrics`` and ``agg_daily``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs import metrics
from ml_jobs.arrays import BoolArray, FloatArray, IntArray, TextArray
from ml_jobs.facts import MEASURES, concatenated, numbers, texts_of
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import NETWORK, Dates, Items
from ml_jobs.scores import NAIVE, Pairs, Score
from ml_jobs.timeline import Timeline

UNCLASSIFIED = "unclassified"
GROUPINGS = ("category", "abc_class", "demand_class")
MEAN_OVER_ITEMS = ("mase", "rmsse", "scaled_pinball")


@dataclass(frozen=True)
class Group:
    """A group of series and which of the S series belong to it, shape (S,)."""

    group_by: str
    group_value: str
    members: BoolArray


def groups_of(items: Items) -> tuple[Group, ...]:
    """Return the group of all series, and one per value of each grouping."""
    everyone = Group("all", "all", np.ones(items.table.num_rows, dtype=bool))
    return (everyone, *(group for name in GROUPINGS for group in _groups_by(items, name)))


def _groups_by(items: Items, name: str) -> Iterator[Group]:
    values = texts_of(items.table, name, otherwise=UNCLASSIFIED)
    for value in np.unique(values):
        yield Group(name, str(value), values == value)


def agg_metrics(
    groups: Sequence[Group],
    pairs: Mapping[str, Pairs],
    scores: Sequence[Score],
    options: ForecastOptions,
) -> pa.Table:
    """Return the scores of every group.

    MAPE, WAPE, bias, tracking signal and coverage are those of all pairs of the group together;
    MASE, RMSSE and scaled pinball loss are means over its series, and so is what the value added
    compares. A source that covers a part of the group only is compared with naive on that part,
    and is never the group's champion.
    """
    horizons = sorted({score.horizon for score in scores})
    rows = [
        row
        for group in groups
        for horizon in horizons
        for row in _group_rows(
            group, horizon, pairs, [s for s in scores if s.horizon == horizon], options
        )
    ]
    return concatenated([pa.Table.from_pylist(rows, _schema())], _schema())


def champion_of(groups: Sequence[Group], scores: Sequence[Score], horizon: int) -> str | None:
    """Return the champion of the first group at *horizon*; None where nothing was judged."""
    judged = [score for score in scores if score.horizon == horizon]
    return _champion(groups[0], judged)


def _champion(group: Group, scores: Sequence[Score]) -> str | None:
    if not scores:
        return None
    counts = np.array([score.n_obs[group.members].sum() for score in scores])
    losses = np.array([_group_loss(group, score) for score in scores])
    best = metrics.champions(losses[:, None], ((counts == counts.max()) & (counts > 0))[:, None])
    return scores[best[0]].source if best[0] >= 0 else None


def _group_loss(group: Group, score: Score) -> float:
    return float(metrics.mean(score.measures["scaled_pinball"][group.members]))


def _group_rows(
    group: Group,
    horizon: int,
    pairs: Mapping[str, Pairs],
    scores: Sequence[Score],
    options: ForecastOptions,
) -> Iterator[dict[str, object]]:
    champion = _champion(group, scores)
    naive = next((score for score in scores if score.source == NAIVE), None)
    for score in scores:
        judged = group.members & (score.n_obs > 0)
        if not judged.any():
            continue
        measured = _pooled(pairs[score.source].part(judged, horizon), score, judged)
        values = measured | _value_added(score, naive, judged, options)
        yield {
            "group_by": group.group_by,
            "group_value": group.group_value,
            "source": score.source,
            "horizon": horizon,
            "n_origins": int(score.n_origins[judged].max()),
            "n_obs": int(score.n_obs[judged].sum()),
            "is_champion": score.source == champion,
            **{name: None if np.isnan(value) else value for name, value in values.items()},
        }


def _pooled(pairs: Pairs, score: Score, judged: BoolArray) -> dict[str, float]:
    values = {name: float(value[0]) for name, value in pairs.pooled().measures().items()}
    for name in MEAN_OVER_ITEMS:
        values[name] = float(metrics.mean(score.measures[name][judged]))
    return values


def _value_added(
    score: Score, naive: Score | None, judged: BoolArray, options: ForecastOptions
) -> dict[str, float]:
    unknown = dict.fromkeys(("fva_vs_naive", "fva_low", "fva_high"), np.nan)
    if naive is None:
        return unknown
    loss, naive_loss = score.measures["scaled_pinball"], naive.measures["scaled_pinball"]
    compared = judged & np.isfinite(loss) & np.isfinite(naive_loss)
    if not naive_loss[compared].sum() > 0:
        return unknown
    value = float(metrics.forecast_value_added(loss[compared].sum(), naive_loss[compared].sum()))
    low, high = metrics.value_added_interval(
        loss[compared],
        naive_loss[compared],
        samples=options.bootstrap_samples,
        seed=options.seed,
    )
    return {"fva_vs_naive": value, "fva_low": min(low, value), "fva_high": max(high, value)}


def _schema() -> pa.Schema:
    text = [(name, pa.string()) for name in ("group_by", "group_value", "source")]
    counts = [(name, pa.int64()) for name in ("horizon", "n_origins", "n_obs")]
    measures = [(name, pa.float64()) for name in (*MEASURES, "fva_low", "fva_high")]
    return pa.schema([*text, *counts, ("is_champion", pa.bool_()), *measures])


def agg_daily(timeline: Timeline, items: Items) -> pa.Table:
    """Return the sums of forecast and actual over the items of each category.

    The 7-day mean is over the rows of the 7 days ending on a row's date, the 30-day total over
    those of the 30 days beginning on it, as far as there are any.
    """
    categories = texts_of(items.table, "category", otherwise=UNCLASSIFIED)
    return pa.concat_tables(
        _category_rows(timeline, source, str(category), categories)
        for source in timeline.forecasts
        for category in np.unique(categories)
    )


def _category_rows(
    timeline: Timeline, source: str, category: str, categories: TextArray
) -> pa.Table:
    members = categories == category
    forecast = timeline.forecasts[source].mean[members]
    actual = np.where(np.isfinite(forecast), timeline.actual[members], np.nan)
    sums = metrics.total(forecast.T)
    present = np.isfinite(sums)
    dates, sums = timeline.dates[present], sums[present]
    count = len(dates)
    return pa.table(
        {
            "date": dates,
            "location_id": pa.repeat(pa.scalar(NETWORK), count),
            "category": pa.repeat(pa.scalar(category), count),
            "source": pa.repeat(pa.scalar(source), count),
            "forecast": sums,
            "actual": numbers(metrics.total(actual.T)[present]),
            "forecast_7d_mean": _window(dates, sums, first=-6, last=0, mean=True),
            "forecast_30d_total": _window(dates, sums, first=0, last=29, mean=False),
        }
    )


def _window(dates: Dates, sums: FloatArray, *, first: int, last: int, mean: bool) -> FloatArray:
    """Total or mean of the rows from *first* to *last* days after each row's date, inclusive."""
    begin: IntArray = np.searchsorted(dates, dates + np.timedelta64(first, "D"), side="left")
    end: IntArray = np.searchsorted(dates, dates + np.timedelta64(last, "D"), side="right")
    running = np.concatenate([[0.0], np.cumsum(sums)])
    totals: FloatArray = running[end] - running[begin]
    return np.maximum(totals / (end - begin) if mean else totals, 0.0)
