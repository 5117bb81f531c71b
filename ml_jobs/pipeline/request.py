"""What a forecast run is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Frequency
from ml_jobs.pipeline.engine import LOCAL

WORK = Path("build/runs")


@dataclass(frozen=True)
class JobRequest:
    """What to forecast, and how; None means that the data or the defaults decide.

    Attributes:
        demand: The demand file, a folder of such files, or invoice lines where *invoices* is set.
        generated_at: The time of the results, with its zone; dates after its day are set aside.
        rejected: Where the rows set aside are written.
        location_column: Column of the invoice lines that names the place.
        min_sale_days: Items with fewer days of demand are set aside.
        currency: ISO 4217 code of unit costs; shown with every value where given.
        demonstration: The data are the bundled ones.
        work: Where runs keep what they have done, each in a folder of its own.
        engine: ``processes``, ``dask`` or ``dask://HOST:PORT``.
        processes: Worker processes on this machine; None for one per core.
    """

    demand: Path
    generated_at: datetime
    rejected: Path
    invoices: bool = False
    location_column: str | None = None
    items: Path | None = None
    stock: Path | None = None
    locations: Path | None = None
    drivers: Path | None = None
    frequency: Frequency | None = None
    min_sale_days: int | None = None
    dataset_id: str | None = None
    currency: str | None = None
    demonstration: bool = False
    options: ForecastOptions = field(default_factory=ForecastOptions)
    work: Path = WORK
    engine: str = LOCAL
    processes: int | None = None

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
            "options": asdict(self.options),
        }
