"""One long demand file, read as the job reads each of several."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ml_jobs.inputs.demand.demand import COLUMNS, demand_of
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.row_rules import USUAL, RowRules
from ml_jobs.inputs.files.source_file import read_source


def read_demand(path: Path, *, today: date, rules: RowRules = USUAL) -> DemandRows:
    """Return the rows of the file *path*; dates after *today* are set aside."""
    return demand_of(read_source(path, required=COLUMNS), today=today, rules=rules)
