"""From input files to a run folder: the plan, the partitions and the sample to learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import BoolArray
from ml_jobs.columns import column_of
from ml_jobs.errors import InputError, OptionError
from ml_jobs.inputs.coverage import frequency_of
from ml_jobs.inputs.demand import DEFAULT_MIN_SALE_DAYS, panel_since
from ml_jobs.inputs.demand_files import (
    DemandFormat,
    DemandScan,
    InputNote,
    input_note,
    panels,
    scan_demand,
    total_of,
)
from ml_jobs.inputs.drivers import DriverFile, drivers_for, read_drivers
from ml_jobs.inputs.holiday_calendar import with_holidays
from ml_jobs.inputs.items import (
    DescribedItems,
    describe_items,
    items_for,
    join_summaries,
    read_items,
    summary_of,
)
from ml_jobs.inputs.locations import Hierarchy, LocationFile, hierarchy_of, read_locations
from ml_jobs.inputs.master_file import MasterFile
from ml_jobs.inputs.reasons import Accounting
from ml_jobs.inputs.stock_file import read_stock
from ml_jobs.models import refuse_unknown
from ml_jobs.options import ENSEMBLE, SOURCES, ForecastOptions
from ml_jobs.panel import NETWORK, Drivers, Items, Panel
from ml_jobs.pipeline.learning import sampled_series
from ml_jobs.pipeline.members import Partition
from ml_jobs.pipeline.partitioning import facts_of, joined, together, whole_items
from ml_jobs.pipeline.plan import Plan, cutoffs_of, horizon_of, longest_sum_of
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import RunFolder, keep, kept
from ml_jobs.progress import ReportWork, Work
from ml_jobs.publishing.lineage import code_version, library_versions
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


@dataclass(frozen=True)
class _MasterFiles:
    """The input files beside demand; None where there is none."""

    items: MasterFile | None
    stock: MasterFile | None
    drivers: DriverFile | None
    locations: LocationFile | None

    def inputs(self) -> list[InputNote]:
        """Describe those there are."""
        files = {
            "items": self.items,
            "stock": self.stock,
            "drivers": self.drivers,
            "locations": self.locations,
        }
        return [input_note(role, file.source) for role, file in files.items() if file is not None]


def prepare(request: JobRequest, *, report: ReportWork) -> Prepared:
    """Read the input files, lay the demand out and write the run folder.

    Rows set aside are written to ``request.rejected``. A folder that a killed run left is gone on
    with, if inputs, settings and code are the same.

    Raises:
        InputError: A file can't be used; says what was found and what would be right.
        OptionError: An option has a value that can't be used.
    """
    refuse_unknown(request.options.sources)
    if request.location_column and not request.invoices:
        expected = "given with --invoices only; a demand file names its places in location_id"
        raise OptionError("location_column", request.location_column, expected)
    _refuse_partial(request.options)
    masters = _MasterFiles(
        read_items(request.items) if request.items else None,
        read_stock(request.stock) if request.stock else None,
        read_drivers(request.drivers) if request.drivers else None,
        read_locations(request.locations) if request.locations else None,
    )
    form = DemandFormat(request.today, request.invoices, request.location_column)
    look = scan_demand(request.demand, form, report=report)
    if masters.locations is not None and look.coverage.location_ids == (NETWORK,):
        problem = "names no location, though there is a file of locations; it needs a location_id"
        raise InputError(request.demand.name, problem)
    hierarchy = hierarchy_of(
        look.coverage.location_ids,
        masters.locations,
        names=look.coverage.location_names,
        level="country" if request.location_column == "country" else "location",
    )
    return _laid_out(_Run(request, look, hierarchy, masters), report)


def _refuse_partial(options: ForecastOptions) -> None:
    """Refuse sources none of which forecasts everything: some series would have no forecast."""
    if not set(options.models) - set(options.rules):
        whole = [source for source in SOURCES if source not in {*options.rules, ENSEMBLE}]
        expected = f"at least one that runs on all series: {', '.join(whole)}"
        raise OptionError("sources", ", ".join(options.sources), expected)


@dataclass(frozen=True)
class _Run:
    """What was read, on its way to partitions."""

    request: JobRequest
    look: DemandScan
    hierarchy: Hierarchy
    masters: _MasterFiles

    @property
    def inputs(self) -> tuple[InputNote, ...]:
        """All input files."""
        return (*self.look.inputs, *self.masters.inputs())

    @property
    def folder(self) -> RunFolder:
        """The folder named after everything that the results depend on."""
        said = {
            "inputs": [asdict(note) for note in self.inputs],
            "request": self.request.settings(),
            "code": code_version(),
            "libraries": library_versions(),
        }
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
        return RunFolder((self.request.work / digest[:16]).resolve())


@dataclass(frozen=True)
class _Files:
    """The panels of the demand files, on disk, read one at a time; all on one calendar."""

    folder: RunFolder
    count: int
    first: np.datetime64

    def __iter__(self) -> Iterator[Panel]:
        for number in range(self.count):
            yield panel_since(kept(self.folder.file(number), Panel), self.first)


def _laid_out(run: _Run, report: ReportWork) -> Prepared:
    request, folder = run.request, run.folder
    frequency = request.frequency or frequency_of(run.look.coverage)
    min_sale_days = request.min_sale_days or DEFAULT_MIN_SALE_DAYS[frequency]
    parts = panels(
        run.look,
        frequency,
        run.hierarchy,
        min_sale_days=min_sale_days,
        rejected=request.rejected,
    )
    accounts: list[Accounting] = []
    firsts: list[np.datetime64] = []
    for part in parts:
        accounts.append(part.accounting)
        report(Work("lay out", len(accounts), len(run.look.paths)))
        if part.panel.item_ids:
            keep(folder.file(len(firsts)), part.panel)
            firsts.append(part.panel.dates[int(part.panel.starts.min())])
    if not firsts:
        raise InputError(request.demand.name, "has no item with enough demand to forecast")
    files = _Files(folder, len(firsts), min(firsts))
    described = describe_items(
        join_summaries([summary_of(panel) for panel in files]),
        run.look.catalogue,
        run.masters.items,
    )
    split = _split(run, files, described, report)
    return Prepared(
        folder,
        split.plan,
        described.items,
        run.inputs,
        total_of(accounts),
        min_sale_days,
        notes=(*run.look.notes, *run.hierarchy.notes, *_strangers(run.masters, described.items)),
        assumptions=(*described.assumptions, *split.assumptions),
        chosen=split.chosen,
    )


@dataclass(frozen=True)
class _Split:
    """What the splitting into partitions found."""

    plan: Plan
    assumptions: tuple[Bilingual, ...]
    chosen: Mapping[str, int]


def _split(run: _Run, files: _Files, described: DescribedItems, report: ReportWork) -> _Split:
    """Write the partitions, the sample to learn from, and last the plan."""
    options, folder = run.request.options, files.folder
    facts = together([facts_of(panel, items_for(panel, described.items)) for panel in files])
    chosen = {source: chosen_series(options.rules.get(source), facts) for source in options.models}
    plan = _plan(run, files, described.items)
    drivers = _drivers(run, plan)
    every = -(-len(facts.demand) // options.learn_series)
    sampled: list[Panel] = []
    assumed: dict[str, Bilingual] = {}
    number = offset = 0
    for done, panel in enumerate(files):
        report(Work("split", done, files.count))
        whole = replace(panel, drivers=drivers)
        sampled.append(whole.rows(sampled_series(whole, every)))
        for rows in whole_items(whole, options.partition_series):
            part = whole.rows(rows)
            picked = {source: which[offset + rows] for source, which in chosen.items()}
            assumed |= _kept_partition(run, folder, number, part, described.items, picked)
            number += 1
        offset += len(panel.item_ids)
    report(Work("split", files.count, files.count))
    plan = replace(plan, partitions=number)
    keep(folder.sample, joined(sampled))
    keep(folder.plan, plan)
    counts = {source: int(which.sum()) for source, which in chosen.items()}
    return _Split(plan, tuple(assumed.values()), counts)


def _kept_partition(
    run: _Run,
    folder: RunFolder,
    number: int,
    part: Panel,
    items: Items,
    picked: Mapping[str, BoolArray],
) -> dict[str, Bilingual]:
    """Write one partition; return the rules by which its stock is assumed."""
    own = items_for(part, items)
    stock = describe_stock(
        part,
        own,
        run.masters.stock,
        levels=run.request.options.service_levels,
        hierarchy=run.hierarchy,
    )
    keep(folder.series(number), Partition(part, own, stock.stock, picked))
    return {rule.en: rule for rule in stock.assumptions}


def _plan(run: _Run, files: _Files, items: Items) -> Plan:
    options = run.request.options
    # All panels have one calendar, which begins with the series that began first.
    panel = next(iter(files))
    dates, frequency = panel.dates, panel.frequency
    lead_time = column_of(items.table, "lead_time_days")
    horizon = horizon_of(frequency, lead_time, options)
    cutoffs, warmups = cutoffs_of(
        len(dates),
        0,
        horizon=horizon,
        frequency=frequency,
        options=options,
    )
    return Plan(
        options=options,
        frequency=frequency,
        dates=dates,
        horizon=horizon,
        longest_sum=longest_sum_of(len(dates), frequency, lead_time + options.review_days),
        cutoffs=cutoffs,
        warmups=warmups,
        hierarchy=run.hierarchy,
        partitions=0,
    )


def _drivers(run: _Run, plan: Plan) -> Drivers:
    """What is known ahead, as far as anything is forecast: the drivers' file, and holidays."""
    file = run.masters.drivers
    periods = max(plan.horizon, plan.longest_sum)
    ahead = plan.frequency.following(plan.dates[-1], periods)
    given = None
    if file is not None:
        given = drivers_for(file, plan.dates, horizon=periods, frequency=plan.frequency)
    return with_holidays(
        given,
        country=plan.options.country,
        dates=np.concatenate([plan.dates, ahead]),
        frequency=plan.frequency,
    )


def _strangers(masters: _MasterFiles, items: Items) -> list[str]:
    """Say what of the input files is not used."""
    item_ids = tuple(items.table.column("item_id").to_pylist())
    notes = []
    for file in (masters.items, masters.stock):
        if file is None:
            continue
        if count := file.unknown_to(item_ids):
            notes.append(f"{file.source.name} has {count} item(s) that are not forecast")
        if unread := file.unread():
            notes.append(f"{file.source.name} has columns that are not read: {', '.join(unread)}")
    return notes
