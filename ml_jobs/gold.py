"""From a panel of demand to the data sets of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.errors import ContentError
from ml_jobs import facts
from ml_jobs.aggregates import agg_daily, agg_metrics, champion_of, groups_of
from ml_jobs.arrays import BoolArray, TextArray
from ml_jobs.backtest import Backtest, ForecastJob, Forecasts, horizon_of, run_backtest
from ml_jobs.classification import demand_classes
from ml_jobs.exceptions import Record, Situation, fact_exception
from ml_jobs.inventory import fact_inventory, inventory_of
from ml_jobs.lead_time import Outlook
from ml_jobs.models import models_of
from ml_jobs.options import DEFAULT_THRESHOLDS, ForecastOptions
from ml_jobs.panel import Items, Panel, Stock
from ml_jobs.progress import ReportWork, Work, silent
from ml_jobs.quantiles import Spread, moments
from ml_jobs.scores import Pairs, Score, pairs_by_source, scores_of
from ml_jobs.selection import rule_in_words, selection_of
from ml_jobs.timeline import timeline_of

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
}


class MissingColumnError(ContentError):
    """The contract asks for a column that the job does not make."""

    template = "The job makes no column {column} for {data_set}, which the contract requires"

    def __init__(self, data_set: str, column: str) -> None:
        super().__init__(data_set=data_set, column=column)


@dataclass(frozen=True)
class GoldTables:
    """What a run found.

    Attributes:
        tables: By data set, without the columns that say where a row comes from.
        notes: What ran on what, and why; JSON values, for the publication's lineage.
    """

    tables: Mapping[str, pa.Table]
    notes: Mapping[str, object]


@dataclass(frozen=True)
class _Run:
    """What all tables are made from."""

    panel: Panel
    items: Items
    stock: Stock
    options: ForecastOptions
    selection: Mapping[str, BoolArray]
    future: Mapping[str, Forecasts]
    backtest: Backtest
    pairs: Mapping[str, Pairs]
    scores: tuple[Score, ...]


def thresholds_of(registry: Registry) -> dict[str, float]:
    """Return the threshold of every reason code, for `ForecastOptions.thresholds`."""
    of_contract = {name: reason.threshold for name, reason in registry.reason_codes.items()}
    return {**DEFAULT_THRESHOLDS, **of_contract}


def forecast_panel(
    panel: Panel,
    items: Items,
    stock: Stock,
    options: ForecastOptions,
    *,
    report: ReportWork = silent,
) -> GoldTables:
    """Forecast, judge the forecasts on the past, hold stock against them, list what stands out.

    Args:
        panel: Demand of S series.
        items: One row per series, in the panel's order.
        stock: One row per series, in the panel's order.
        options: Everything that can be set.
        report: Told of each step.

    Raises:
        OptionError: A source is named that there is no model for.
    """
    run = _forecast(panel, items, stock, options, report)
    report(Work("tables", 0, 1))
    tables = _tables(run)
    report(Work("tables", 1, 1))
    return GoldTables(tables, _notes(run))


def _forecast(
    panel: Panel, items: Items, stock: Stock, options: ForecastOptions, report: ReportWork
) -> _Run:
    horizon = horizon_of(panel, facts.column_of(items.table, "lead_time_days"), options)
    models = models_of(options.sources, processes=options.processes)
    selection = selection_of(panel, items, options)
    report(Work("forecast", 0, 1))
    future = ForecastJob(models, horizon, options, report).run(panel, selection)
    report(Work("forecast", 1, 1))
    covered = {source: forecasts.covered for source, forecasts in future.items()}
    backtest = run_backtest(panel, models, covered, horizon=horizon, options=options, report=report)
    pairs = pairs_by_source(backtest)
    scores = scores_of(pairs, options.judged_horizons(panel.frequency, horizon))
    return _Run(panel, items, stock, options, selection, future, backtest, pairs, scores)


def _tables(run: _Run) -> dict[str, pa.Table]:
    panel, items = run.panel, run.items
    outlook = _outlook(run)
    inventory = inventory_of(panel, items, run.stock, outlook, run.options)
    record = _record(run, outlook.sources)
    situation = Situation(panel, items, outlook, inventory, record, run.options)
    return {
        **_timeline_tables(run),
        "dim_item": facts.dim_item(items),
        "dim_location": facts.dim_location(),
        "fact_demand": facts.fact_demand(panel),
        "fact_backtest": facts.fact_backtest(panel, run.backtest),
        "fact_metrics": facts.fact_metrics(panel, run.scores),
        "agg_metrics": agg_metrics(groups_of(items), run.pairs, run.scores, run.options),
        "fact_inventory": fact_inventory(panel, items, run.stock, outlook, inventory),
        "fact_exception": fact_exception(situation),
    }


def _timeline_tables(run: _Run) -> dict[str, pa.Table]:
    timeline = timeline_of(run.panel, run.backtest, run.future)
    return {
        "fact_forecast": facts.fact_forecast(run.panel, timeline),
        "agg_daily": agg_daily(timeline, run.items),
    }


def _champions(run: _Run) -> TextArray:
    """The champion of each series; where none was judged, the one of all series together."""
    headline = champion_of(groups_of(run.items), run.scores, run.backtest.horizon)
    everywhere = [source for source, forecasts in run.future.items() if forecasts.covered.all()]
    chosen = np.full(len(run.panel.item_ids), headline or everywhere[-1], dtype="<U32")
    for score in run.scores:
        if score.horizon == run.backtest.horizon:
            chosen[score.is_champion] = score.source
    return chosen


def _outlook(run: _Run) -> Outlook:
    sources = _champions(run)
    first = next(iter(run.future.values()))
    mean, excess = first.mean.copy(), first.spread.excess.copy()
    for source, forecasts in run.future.items():
        chosen = sources == source
        mean[chosen], excess[chosen] = forecasts.mean[chosen], forecasts.spread.excess[chosen]
    spread = Spread(excess, first.spread.lot, first.spread.least_mean)
    return Outlook(sources, mean, spread, demand_classes(run.panel))


def _record(run: _Run, sources: TextArray) -> Record | None:
    """What each series' champion forecast in the backtest."""
    if not run.backtest.origins:
        return None
    shape = next(iter(run.pairs.values())).forecast.shape
    forecast, actual = np.full(shape, np.nan), np.full(shape, np.nan)
    for source, pairs in run.pairs.items():
        chosen = sources == source
        forecast[chosen], actual[chosen] = pairs.forecast[chosen], pairs.actual[chosen]
    since: np.datetime64 = run.panel.dates[run.backtest.origins[0].cutoff]
    return Record(forecast.reshape(len(sources), -1), actual.reshape(len(sources), -1), since)


def _notes(run: _Run) -> dict[str, object]:
    cutoffs = np.array([origin.cutoff for origin in run.backtest.origins], dtype=np.int64)
    days = facts.days_before(cutoffs, run.panel)
    thin = moments(run.panel.demand).demands < run.options.thin_below
    return {
        "horizon": run.backtest.horizon,
        "cutoffs": [str(day) for day in days],
        "min_history": run.options.min_history_for(run.panel.frequency),
        "thin_series": int(thin.sum()),
        "seed": run.options.seed,
        "sources": {source: _source_note(run, source) for source in run.future},
    }


def _source_note(run: _Run, source: str) -> dict[str, object]:
    covered = run.future[source].covered
    return {
        "rule": rule_in_words(source, run.options),
        "series": int(covered.sum()),
        "failed_series": int((run.selection[source] & ~covered).sum()),
        "library": f"statsforecast {version('statsforecast')}",
    }


def stamp(
    tables: Mapping[str, pa.Table],
    registry: Registry,
    *,
    dataset_id: str,
    generated_at: datetime,
    model_version: str,
) -> dict[str, pa.Table]:
    """Return the tables as the contract wants them: provenance, columns, types and row order.

    Args:
        tables: By data set, as `forecast_panel` makes them.
        registry: The contract.
        dataset_id: Identifies the demand data.
        generated_at: When the results were computed, with its zone.
        model_version: Version of models and settings.

    Raises:
        MissingColumnError: The contract requires a column that no table has.
    """
    provenance = {
        "dataset_id": dataset_id,
        "generated_at": generated_at.astimezone(UTC),
        "model_version": model_version,
    }
    return {
        name: _stamped(tables[name], data_set, provenance)
        for name, data_set in registry.data_sets.items()
    }


def _stamped(table: pa.Table, data_set: DataSet, provenance: Mapping[str, object]) -> pa.Table:
    columns = [_column(table, data_set, column, provenance) for column in data_set.columns]
    stamped = pa.table(columns, names=[column.name for column in data_set.columns])
    # Arrow compares text by its UTF-8 bytes, as the contract orders keys.
    order = pc.sort_indices(stamped, [(name, "ascending") for name in data_set.key]).to_numpy()
    in_order = bool((np.diff(order.astype(np.int64)) > 0).all())
    return stamped if in_order else stamped.take(pa.array(order))


def _column(
    table: pa.Table, data_set: DataSet, column: Column, provenance: Mapping[str, object]
) -> pa.ChunkedArray | pa.Array:
    arrow_type = ARROW_TYPES[column.type]
    if column.name in provenance:
        return pa.repeat(pa.scalar(provenance[column.name], arrow_type), table.num_rows)
    if column.name in table.column_names:
        return table.column(column.name).cast(arrow_type)
    if column.required:
        raise MissingColumnError(data_set.name, column.name)
    return pa.nulls(table.num_rows, arrow_type)
