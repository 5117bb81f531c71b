"""The whole forecast job: demand file -> panel -> forecasts -> gold tables -> a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from datalayer.contract.registry import Bilingual, Registry
from ml_jobs.catalogue import Catalogue
from ml_jobs.demand import (
    DEFAULT_MIN_SALE_DAYS,
    DemandRows,
    build_panel,
    infer_frequency,
    read_demand,
)
from ml_jobs.gold import forecast_panel, stamp, thresholds_of
from ml_jobs.invoices import read_invoices
from ml_jobs.items import describe_items, read_items
from ml_jobs.layout import write_tables
from ml_jobs.lineage import (
    code_version,
    input_entry,
    library_versions,
    model_version,
    rows_entry,
)
from ml_jobs.master_file import MasterFile
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Frequency, Items, Panel, Stock
from ml_jobs.progress import ReportWork, Work, silent
from ml_jobs.publish import Draft
from ml_jobs.reasons import write_rejected
from ml_jobs.stock import describe_stock, read_stock


@dataclass(frozen=True)
class JobRequest:
    """What to forecast, and how; None means that the data or the defaults decide.

    Attributes:
        demand: The demand file, or the invoice lines where *invoices* is set.
        generated_at: The time of the results, with its zone; dates after its day are set aside.
        rejected: Where the rows set aside are written.
        min_sale_days: Items with fewer days of demand are set aside.
        currency: ISO 4217 code of unit costs; shown with every value where given.
        demonstration: The data are the bundled ones.
    """

    demand: Path
    generated_at: datetime
    rejected: Path
    invoices: bool = False
    items: Path | None = None
    stock: Path | None = None
    frequency: Frequency | None = None
    min_sale_days: int | None = None
    dataset_id: str | None = None
    currency: str | None = None
    demonstration: bool = False
    options: ForecastOptions = field(default_factory=ForecastOptions)

    @property
    def today(self) -> date:
        """The day of the results."""
        return self.generated_at.date()


@dataclass(frozen=True)
class Prepared:
    """Everything that a forecast is made from, and what was done to get there.

    Attributes:
        rows: The rows of the demand file, used or set aside.
        files: The other input files by role.
        notes: What was done to the data as a whole, as sentences.
        assumptions: What is assumed rather than known, as sentences.
    """

    panel: Panel
    items: Items
    stock: Stock
    rows: DemandRows
    files: Mapping[str, MasterFile]
    min_sale_days: int
    notes: tuple[str, ...]
    assumptions: tuple[Bilingual, ...]


def prepare(request: JobRequest, *, report: ReportWork = silent) -> Prepared:
    """Read the input files and lay the demand out on its calendar.

    The rows set aside are written to ``request.rejected``.

    Raises:
        InputError: A file can't be used; says what was found and what would be right.
    """
    report(Work("read", 0, 3, request.demand.name))
    rows, catalogue = _demand(request)
    frequency = request.frequency or infer_frequency(rows)
    min_sale_days = (
        DEFAULT_MIN_SALE_DAYS[frequency] if request.min_sale_days is None else request.min_sale_days
    )
    report(Work("read", 1, 3, "calendar"))
    panel, rows = build_panel(rows, frequency, min_sale_days=min_sale_days, today=request.today)
    write_rejected(rows.source, rows.reasons, request.rejected)
    report(Work("read", 2, 3, "items and stock"))
    item_file = read_items(request.items) if request.items else None
    stock_file = read_stock(request.stock) if request.stock else None
    described = describe_items(panel, catalogue, item_file)
    stocked = describe_stock(panel, described.items, stock_file)
    files = {"items": item_file, "stock": stock_file}
    given = {role: file for role, file in files.items() if file is not None}
    report(Work("read", 3, 3))
    return Prepared(
        panel,
        described.items,
        stocked.stock,
        rows,
        given,
        min_sale_days,
        notes=(*rows.notes, *_strangers(given, panel)),
        assumptions=(*described.assumptions, *stocked.assumptions),
    )


def forecast(
    request: JobRequest,
    prepared: Prepared,
    work: Path,
    registry: Registry,
    *,
    report: ReportWork = silent,
) -> Draft:
    """Forecast what was prepared, and write the gold tables as files into the folder *work*."""
    options = replace(request.options, thresholds=thresholds_of(registry))
    gold = forecast_panel(prepared.panel, prepared.items, prepared.stock, options, report=report)
    provenance = _Provenance(
        request.dataset_id or _dataset_id(prepared), request.generated_at, model_version()
    )
    return Draft(
        files=_written(gold.tables, work, registry, provenance, report=report),
        dataset_id=provenance.dataset_id,
        model_version=provenance.model_version,
        generated_at=request.generated_at,
        data_through=prepared.panel.data_through.astype(object),
        lineage=_lineage(request, prepared, gold.notes),
    )


@dataclass(frozen=True)
class _Provenance:
    dataset_id: str
    generated_at: datetime
    model_version: str


def _written(
    tables: Mapping[str, pa.Table],
    work: Path,
    registry: Registry,
    provenance: _Provenance,
    *,
    report: ReportWork,
) -> dict[str, Path]:
    """Stamp and write one data set at a time: two copies of them all would double the memory."""
    files: dict[str, Path] = {}
    for name, data_set in registry.data_sets.items():
        report(Work("write", len(files), len(registry.data_sets), name))
        alone = replace(registry, data_sets={name: data_set})
        stamped = stamp(tables, alone, **vars(provenance))
        files |= write_tables(stamped, work)
    report(Work("write", len(files), len(files)))
    return files


def _demand(request: JobRequest) -> tuple[DemandRows, Catalogue]:
    if request.invoices:
        return read_invoices(request.demand, today=request.today)
    return read_demand(request.demand, today=request.today), Catalogue()


def _strangers(files: Mapping[str, MasterFile], panel: Panel) -> list[str]:
    notes = []
    for file in files.values():
        if count := file.unknown_to(panel.item_ids):
            notes.append(f"{file.source.name} has {count} item(s) that are not forecast")
        if unread := file.unread():
            notes.append(f"{file.source.name} has columns that are not read: {', '.join(unread)}")
    return notes


def _dataset_id(prepared: Prepared) -> str:
    source = prepared.rows.source
    return f"{Path(source.name).stem}-{source.sha256[:8]}"


def _lineage(
    request: JobRequest, prepared: Prepared, notes: Mapping[str, object]
) -> dict[str, object]:
    sources = {"demand": prepared.rows.source} | {
        role: file.source for role, file in prepared.files.items()
    }
    return {
        "inputs": [input_entry(role, source) for role, source in sources.items()],
        "rows": rows_entry(prepared.rows.accounting),
        "items": len(prepared.panel.item_ids),
        "frequency": prepared.panel.frequency.value,
        "currency": request.currency or "",
        "settings": {
            "importer": "invoices" if request.invoices else "demand",
            "min_sale_days": prepared.min_sale_days,
        },
        "seed": request.options.seed,
        "forecast": dict(notes),
        "engine": "statsforecast",
        "libraries": library_versions(),
        "code_version": code_version(),
        "demonstration": request.demonstration,
        "notes": list(prepared.notes),
        "assumptions": [asdict(sentence) for sentence in prepared.assumptions],
    }
