"""From input files to a run folder: the plan, the partitions and the sample to learn from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zlib import crc32

import numpy as np
import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.errors import InvalidSelection
from ml_jobs.arrays import BoolArray, concatenate
from ml_jobs.columns import column_of
from ml_jobs.errors import InputError
from ml_jobs.fleet import fleet_of
from ml_jobs.inputs.classes_file import budgets_in, with_class_costs
from ml_jobs.inputs.contracts_file import installed_at
from ml_jobs.inputs.demand.coverage import calendar_notes, rhythm_in
from ml_jobs.inputs.demand.demand import DEFAULT_MIN_SALE_DAYS, panel_since
from ml_jobs.inputs.demand.demand_files import InputNote, total_of
from ml_jobs.inputs.demand.demand_files import panels as panels_of
from ml_jobs.inputs.demand.reasons import Accounting
from ml_jobs.inputs.drivers import drivers_for
from ml_jobs.inputs.holiday_calendar import with_holidays
from ml_jobs.inputs.items import describe_items, items_for, join_summaries, summary_of
from ml_jobs.inputs.lanes_file import lanes_in
from ml_jobs.inputs.master_file import samples
from ml_jobs.inputs.orders_file import open_lines, orders_of
from ml_jobs.inputs.stock_file import days_apart
from ml_jobs.lanes import lanes_of
from ml_jobs.options import ENSEMBLE, SOURCES, ForecastOptions
from ml_jobs.panel import Drivers, Frequency, Items, OpenOrders, Panel
from ml_jobs.pipeline.partitioning import Partition, facts_of, join_panels, whole_items
from ml_jobs.pipeline.plan import (
    Plan,
    cutoffs_of,
    farthest_sum_of,
    horizon_of,
    lags_of,
    longest_sum_of,
    refuse_long_horizon,
)
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import RunFolder, load, save
from ml_jobs.pipeline.run_inputs import RunInputs, read_inputs
from ml_jobs.progress import ReportWork, Work
from ml_jobs.selection import chosen_series
from ml_jobs.stocking.stock import describe_stock


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to be worked off, and what was done to get there.

    Attributes:
        items: One row per item.
        inputs: The input files.
        accounting: Where the rows of the demand files went.
        notes: What was done to the data as a whole, as sentences.
        assumptions: What is assumed rather than known, as sentences.
        chosen: How many series each source is to cover.
        open_lines: The open lines of orders, one row each; None where no file names them.
    """

    folder: RunFolder
    plan: Plan
    items: Items
    inputs: tuple[InputNote, ...]
    accounting: Accounting
    min_sale_days: int
    notes: tuple[str, ...]
    assumptions: tuple[Bilingual, ...]
    chosen: Mapping[str, int]
    open_lines: pa.Table | None = None


def prepare(request: JobRequest, *, report: ReportWork) -> Prepared:
    """Read the input files, lay the demand out and write the run folder.

    Rows set aside are written to ``request.rejected``. A folder that a killed run left is gone on
    with, if inputs, settings and code are the same.

    Raises:
        InputError: A file can't be used; says what was found and what would be right.
        InvalidSelection: An option has a value that can't be used.
    """
    _refuse_partial(request.options)
    inputs = read_inputs(request, report=report)
    rhythm = rhythm_in(inputs.look.coverage)
    frequency = request.frequency or rhythm.frequency
    refuse_long_horizon(frequency, request.options)
    min_sale_days = request.min_sale_days or DEFAULT_MIN_SALE_DAYS[frequency]
    panels, accounting = _lay_out(inputs, frequency, min_sale_days, report)
    summary = join_summaries([summary_of(panel) for panel in panels])
    described = describe_items(summary, inputs.look.catalogue, inputs.items)
    items = with_class_costs(described.items, inputs.classes)
    facts = concatenate([facts_of(panel, items_for(panel, items)) for panel in panels])
    rules = request.options.rules
    chosen = {s: chosen_series(rules.get(s), facts) for s in request.options.models}
    lines = None
    if inputs.orders is not None:
        lines = open_lines(inputs.orders, summary.item_ids, inputs.hierarchy)
    split = _split(inputs, panels, items, lines, chosen, report)
    return Prepared(
        inputs.folder,
        split.plan,
        items,
        inputs.notes,
        accounting,
        min_sale_days,
        notes=(
            *inputs.look.notes,
            *inputs.remarks,
            *calendar_notes(inputs.look.coverage, rhythm, frequency),
            *inputs.hierarchy.notes,
            *inputs.unused(items),
            *_stock_days(inputs, next(iter(panels))),
            *_differing_note(split.differing),
        ),
        assumptions=(*described.assumptions, *split.assumptions),
        chosen={source: int(series.sum()) for source, series in chosen.items()},
        open_lines=lines,
    )


def _stock_days(inputs: RunInputs, panel: Panel) -> Iterator[str]:
    # Stock is counted some days after a period ends, and a running one is left out.
    most = math.ceil(panel.frequency.days_per_step) + 7
    if inputs.stock is not None:
        yield from days_apart(inputs.stock, panel.data_through.astype(date), most)


def _differing_note(differing: Sequence[str]) -> Iterator[str]:
    if differing:
        yield (
            f"{len(differing)} item(s) have another amount on order in the stock file than open "
            f"orders add up to; the orders count: {samples(differing)}"
        )


def _refuse_partial(options: ForecastOptions) -> None:
    """Refuse sources none of which forecasts everything: some series would have no forecast."""
    if not set(options.models) - set(options.rules):
        whole = [source for source in SOURCES if source not in {*options.rules, ENSEMBLE}]
        expected = f"at least one that runs on all series: {', '.join(whole)}"
        raise InvalidSelection(
            parameter="sources", found=", ".join(options.sources), expected=expected
        )


@dataclass(frozen=True)
class _SavedPanels:
    """The panels of the demand files, on disk, read one at a time; all on one calendar."""

    folder: RunFolder
    count: int
    first: np.datetime64

    def __iter__(self) -> Iterator[Panel]:
        for number in range(self.count):
            yield panel_since(load(self.folder.file(number), Panel), self.first)


def _lay_out(
    inputs: RunInputs, frequency: Frequency, min_sale_days: int, report: ReportWork
) -> tuple[_SavedPanels, Accounting]:
    """Save the panel of each demand file; return them, and where the rows of all files went."""
    request, folder, look = inputs.request, inputs.folder, inputs.look
    accounts: list[Accounting] = []
    firsts: list[np.datetime64] = []
    for panel, account in panels_of(
        look, frequency, inputs.hierarchy, min_sale_days=min_sale_days, rejected=request.rejected
    ):
        accounts.append(account)
        report(Work("lay out", len(accounts), len(look.groups)))
        if panel.item_ids:
            save(folder.file(len(firsts)), panel)
            firsts.append(panel.dates[int(panel.starts.min())])
    if not firsts:
        raise InputError(
            file=request.demand.name, problem="has no item with enough demand to forecast"
        )
    return _SavedPanels(folder, len(firsts), min(firsts)), total_of(accounts)


@dataclass(frozen=True)
class _Split:
    """A run cut into partitions.

    Attributes:
        assumptions: The rules by which stock is assumed.
        differing: Items of which stock file and open orders differ, with an example of each.
    """

    plan: Plan
    assumptions: tuple[Bilingual, ...]
    differing: tuple[str, ...]


def _split(
    inputs: RunInputs,
    panels: _SavedPanels,
    items: Items,
    lines: pa.Table | None,
    chosen: Mapping[str, BoolArray],
    report: ReportWork,
) -> _Split:
    """Write the partitions, the sample to learn from, and last the plan.

    *lines* are the open lines of orders, None where no file names them; *chosen* the series of all
    panels that each source is to cover, shape (S,) each.
    """
    options, folder = inputs.request.options, panels.folder
    plan = _plan(inputs, panels, items)
    drivers = _drivers(inputs, plan)
    every = -(-len(next(iter(chosen.values()))) // options.learn_series)
    sampled: list[Panel] = []
    assumed: dict[str, Bilingual] = {}
    differing: dict[str, str] = {}
    number = offset = 0
    for done, panel in enumerate(panels):
        report(Work("split", done, panels.count))
        whole = replace(panel, drivers=drivers)
        # By the digest of its code, an item is in the sample whatever partition it is in.
        in_sample = [crc32(item.encode()) % every == 0 for item in whole.item_ids]
        sampled.append(whole.rows(np.flatnonzero(in_sample)))
        for rows in whole_items(whole, options.partition_series):
            part = whole.rows(rows)
            own = items_for(part, items)
            orders = None if lines is None else orders_of(lines, part, inputs.hierarchy)
            stock = describe_stock(
                part,
                own,
                inputs.stock,
                levels=options.service_levels,
                hierarchy=inputs.hierarchy,
                orders=orders,
            )
            picked = {source: series[offset + rows] for source, series in chosen.items()}
            known = orders or OpenOrders.empty()
            save(folder.series(number), Partition(part, own, stock.stock, picked, known))
            differing |= stock.differing
            assumed |= {rule.en: rule for rule in stock.assumptions}
            number += 1
        offset += len(panel.item_ids)
    report(Work("split", panels.count, panels.count))
    plan = replace(plan, partitions=number)
    save(folder.sample, join_panels(sampled))
    save(folder.plan, plan)
    return _Split(plan, tuple(assumed.values()), tuple(differing.values()))


def _plan(inputs: RunInputs, panels: _SavedPanels, items: Items) -> Plan:
    options = inputs.request.options
    # All panels have one calendar, which begins with the series that began first.
    panel = next(iter(panels))
    dates, frequency = panel.dates, panel.frequency
    lead_time = column_of(items.table, "lead_time_days")
    horizon = horizon_of(frequency, lead_time, options)
    cutoffs, warmups = cutoffs_of(len(dates), horizon=horizon, frequency=frequency, options=options)
    longest_sum = longest_sum_of(len(dates), frequency, lead_time + options.review_days)
    lag = int(lags_of(lead_time, frequency).max(initial=0))
    return Plan(
        options=options,
        frequency=frequency,
        dates=dates,
        horizon=horizon,
        longest_sum=longest_sum,
        farthest_sum=farthest_sum_of(
            len(dates), frequency, horizon=horizon, longest=longest_sum, lag=lag
        ),
        longest_lag=lag,
        cutoffs=cutoffs,
        warmups=warmups,
        hierarchy=inputs.hierarchy,
        partitions=0,
        fleet=fleet_of(
            inputs.contracts.table if inputs.contracts else None,
            installed_at(inputs.installed, inputs.hierarchy) if inputs.installed else None,
        ),
        lanes=lanes_of(
            lanes_in(inputs.lanes, inputs.hierarchy.location_ids),
            (
                (place.location_id, place.latitude, place.longitude)
                for place in inputs.hierarchy.locations
            ),
        ),
        items=items.table.num_rows,
        class_budgets=budgets_in(inputs.classes),
    )


def _drivers(inputs: RunInputs, plan: Plan) -> Drivers:
    """What is known ahead, as far as anything is forecast: the drivers' file, and holidays."""
    periods, frequency = max(plan.horizon, plan.farthest_sum), plan.frequency
    ahead = frequency.following(plan.dates[-1], periods)
    given = None
    if inputs.drivers is not None:
        given = drivers_for(inputs.drivers, plan.dates, horizon=periods, frequency=frequency)
    dates = np.concatenate([plan.dates, ahead])
    return with_holidays(given, country=plan.options.country, dates=dates, frequency=frequency)
