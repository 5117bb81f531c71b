"""What a forecast run is asked for."""

from __future__ import annotations

from dataclasses import asdict, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic.dataclasses import dataclass

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.inputs.demand.row_rules import RowRules
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.option_kinds import (
    MLFLOW_FOLDER,
    Count,
    CurrencyCode,
    Duration,
    EngineName,
    FilePath,
    Flag,
    FolderPath,
    Help,
    LicenseId,
    Moment,
    Period,
    StoreAddress,
    Text,
    TrackingPlace,
)
from ml_jobs.options import ForecastOptions
from ml_jobs.pipeline.engine import LOCAL


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What to forecast, and how; None means that the data, the environment or defaults decide.

    Attributes:
        demand: The demand file, a folder of such files, or invoice lines where *invoices* is set.
        generated_at: The time of the results, with its zone; dates after its day are set aside.
        demonstration: The data are bundled ones.
        synthetic: Says that the data are made up, and how; None where they were observed.
        reading: How input files are to be read.
        row_rules: What is done with rows that are negative, and how many may be unusable.
        options: How to forecast.
    """

    demand: Annotated[
        FilePath,
        Help("input", "item_id, date, quantity, perhaps location_id; or a folder of such"),
    ]
    invoices: Annotated[
        Flag, Help("input", "the demand file holds invoice lines, cancellations among them")
    ] = False
    items: Annotated[
        FilePath | None,
        Help("input", "of the items: name, category, unit cost, lead time and more"),
    ] = None
    stock: Annotated[
        FilePath | None, Help("input", "stock on hand, open orders, service level by item")
    ] = None
    orders: Annotated[
        FilePath | None, Help("input", "open orders, line by line, with the days they are due")
    ] = None
    locations: Annotated[
        FilePath | None, Help("input", "the locations and what each belongs to: depot, region")
    ] = None
    contracts: Annotated[
        FilePath | None,
        Help("input", "contracts: towers, target_availability, penalty_per_hour"),
    ] = None
    installed: Annotated[
        FilePath | None,
        Help("input", "parts installed: item_id, contract_id, installed, share_down"),
    ] = None
    classes: Annotated[
        FilePath | None,
        Help("input", "class, class_of: budget, holding_rate_per_year, lost_unit_cost"),
    ] = None
    lanes: Annotated[
        FilePath | None,
        Help("input", "from_location_id, to_location_id: km, days, fixed_cost, cost_per_kg"),
    ] = None
    drivers: Annotated[
        FilePath | None, Help("input", "what is known ahead, by date: prices, planned works")
    ] = None
    location_column: Annotated[
        Text | None, Help("input", "column of invoice lines that names the location")
    ] = None
    frequency: Annotated[
        Period | None, Help("input", "days, weeks or months; else as the dates are")
    ] = None
    min_sale_days: Annotated[
        Count | None, Help("input", "items with demand on fewer days are set aside")
    ] = None
    currency: Annotated[CurrencyCode | None, Help("input", "of unit costs, such as BRL")] = None
    license: Annotated[
        LicenseId | None, Help("input", "of the demand data, for the publication's descriptions")
    ] = None
    dataset_id: Annotated[
        Text | None, Help("input", "names the data in every result; else the demand file does")
    ] = None
    engine: Annotated[
        EngineName,
        Help("engine", "processes of this machine, or Dask (see requirements-extras.txt)"),
    ] = LOCAL
    processes: Annotated[Count | None, Help("engine", "on this machine; else one per core")] = None
    work: Annotated[
        FolderPath,
        Help("engine", "keeps what is finished, so that a killed run goes on where it was"),
    ] = Path("build/runs")
    mlflow: Annotated[
        TrackingPlace | None,
        Help("tracking", f"log the run with MLflow; by itself in {MLFLOW_FOLDER}"),
    ] = None
    to: Annotated[
        StoreAddress | None, Help("output", "the store to publish to; else FAROL_STORE")
    ] = None
    rejected: Annotated[FilePath, Help("output", "rows set aside, with the reason of each")] = Path(
        "build/rejected.parquet"
    )
    generated_at: Annotated[
        Moment, Help("output", "time of the results, to repeat a run exactly; else now")
    ] = field(default_factory=_now)
    valid_for: Annotated[
        Duration | None,
        Help("output", "from the time of the results, how long their signature holds"),
    ] = None
    demonstration: bool = False
    synthetic: Bilingual | None = None
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    row_rules: RowRules = field(default_factory=RowRules)
    options: ForecastOptions = field(default_factory=ForecastOptions)

    @property
    def today(self) -> date:
        """The day of the results."""
        return self.generated_at.date()

    def settings(self) -> dict[str, object]:
        """Return what results depend on beside the files: neither where nor when it is run."""
        return {
            "importer": "invoices" if self.invoices else "demand",
            "location_column": self.location_column or "",
            "frequency": self.frequency.value if self.frequency else "",
            "min_sale_days": self.min_sale_days or 0,
            "today": self.today.isoformat(),
            "reading": asdict(self.reading),
            "returns": self.row_rules.returns or "",
            "sign": self.row_rules.sign,
            "options": asdict(self.options),
        }
