"""Months whose day and month were exchanged are refused, though each is a date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand
from tests.unit.ml_jobs.inputs.demand.test_returns import TODAY

pytestmark = pytest.mark.ml

MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(7, 30)]


def demand(folder: Path, days: list[date]) -> Path:
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,quantity", *(f"A,{day},5" for day in days)]) + "\n")
    return path


def test_months_that_became_days_of_january_are_refused(tmp_path: Path) -> None:
    exchanged = [date(month.year, 1, month.month) for month in MONTHS]

    with pytest.raises(InputError, match="from the 1st to the 12th of January alone, of 3 years"):
        read_demand(demand(tmp_path, exchanged), today=TODAY)


def test_months_are_read(tmp_path: Path) -> None:
    assert read_demand(demand(tmp_path, MONTHS), today=TODAY).used.all()


def test_a_part_of_january_is_read(tmp_path: Path) -> None:
    one_year = [date(2026, 1, day) for day in range(1, 13)]
    now_and_then = [date(year, 1, 2 + year % 3) for year in range(2010, 2026)]

    for days in (one_year, now_and_then):
        assert read_demand(demand(tmp_path, days), today=TODAY).used.all()
