"""Whole runs of the job on small panels, for the tests of everything behind the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datalayer.kernel.contract.registry import Registry
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import NETWORK, Panel
from ml_jobs.pipeline.job import run, under_contract
from ml_jobs.pipeline.preparing import Prepared, prepare
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.progress import ReportWork, silent
from ml_jobs.publishing.publish import Draft
from ml_jobs.selection import CostlyRule

GENERATED_AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUICK = ForecastOptions(
    sources=("naive", "mean", "tsb", "imapa", "arima", "ensemble"),
    rules={"arima": CostlyRule(max_series=2)},
    bootstrap_samples=50,
)


@dataclass(frozen=True)
class Ran:
    """A run that ended, and what it wrote."""

    prepared: Prepared
    draft: Draft

    def table(self, data_set: str) -> pa.Table:
        """Return the rows of one data set."""
        return pq.read_table(self.draft.files[data_set])

    @property
    def notes(self) -> dict[str, object]:
        """What the lineage says of the forecast."""
        found = self.draft.lineage["forecast"]
        assert isinstance(found, dict)
        return found


def demand_file(panel: Panel, path: Path) -> Path:
    """Write the demand of *panel* as a long file; without places if it has the network only."""
    series, period = np.nonzero(np.isfinite(panel.demand))
    columns: dict[str, object] = {
        "item_id": [panel.item_ids[row] for row in series],
        "date": panel.dates[period],
        "quantity": panel.demand[series, period],
    }
    if set(panel.location_ids) != {NETWORK}:
        columns["location_id"] = [panel.location_ids[row] for row in series]
    pq.write_table(pa.table(columns), path)
    return path


def request_of(panel: Panel, folder: Path, options: ForecastOptions = QUICK) -> JobRequest:
    """Return the request to forecast *panel*, with all that it writes in *folder*."""
    return JobRequest(
        demand=demand_file(panel, folder / "demand.parquet"),
        generated_at=GENERATED_AT,
        rejected=folder / "rejected.parquet",
        frequency=panel.frequency,
        min_sale_days=1,
        options=options,
        work=folder / "runs",
        processes=1,
    )


def with_files(request: JobRequest, folder: Path, files: Mapping[str, Sequence[str]]) -> JobRequest:
    """Return *request* with CSV files of these lines, each for the input that it is named after."""
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return replace(request, **{name: folder / f"{name}.csv" for name in files})


def assert_same_rows(
    found: Ran, expected: Ran, data_sets: Iterable[str], *, rtol: float = 1e-5
) -> None:
    """Hold what two runs wrote against each other: figures may differ by *rtol* or a millionth."""
    for name in data_sets:
        ours, theirs = found.table(name), expected.table(name)
        assert ours.schema.names == theirs.schema.names
        assert ours.num_rows == theirs.num_rows
        for column in ours.column_names:
            a, b = (table[column].to_pylist() for table in (ours, theirs))
            if pa.types.is_floating(ours[column].type):
                numbers = (np.array(each, np.float64) for each in (a, b))
                np.testing.assert_allclose(*numbers, rtol=rtol, atol=1e-6, err_msg=column)
            else:
                assert a == b, (name, column)


def ran(
    request: JobRequest,
    registry: Registry,
    *,
    report: ReportWork = silent,
    before: Callable[[Prepared], object] = id,
) -> Ran:
    """Prepare and run *request*; *before* is called between the two."""
    asked = under_contract(request, registry)
    prepared = prepare(asked, report=report)
    before(prepared)
    out = request.rejected.parent / "gold"
    out.mkdir(exist_ok=True)
    return Ran(prepared, run(asked, prepared, out, registry, report=report))
