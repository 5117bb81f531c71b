"""Several demand files are laid out as one would be."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.inputs.demand.coverage import (
    Span,
    calendar_notes,
    merge_coverage,
    rhythm_in,
    scan,
    span_of,
)
from ml_jobs.inputs.demand.demand import build_panel, panel_since
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.panel import Frequency
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def rows_of(folder: Path, name: str, *rows: str) -> DemandRows:
    path = folder / name
    path.write_text("\n".join(["item_id,date,quantity", *rows]), encoding="utf-8")
    return read_demand(path, today=TODAY)


def sales(item: str, first: str, count: int, step: int = 1) -> list[str]:
    begin = date.fromisoformat(first)
    return [f"{item},{begin + timedelta(days=step * n)},{n % 3 + 1}" for n in range(count)]


def test_coverage_is_of_the_rows_used(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "d.csv", "B,2026-01-02,1", "A,soon,1", "C,2026-01-01,2")

    found = scan(rows)

    assert found.item_ids == ("B", "C")
    assert found.days.astype(str).tolist() == ["2026-01-01", "2026-01-02"]
    assert found.location_ids == ("network",)


def test_the_frequency_is_that_of_all_files(tmp_path: Path) -> None:
    monthly = scan(rows_of(tmp_path, "m.csv", "A,2026-01-01,1", "A,2026-02-01,1"))
    weekly = scan(rows_of(tmp_path, "w.csv", "B,2026-01-05,1"))

    assert rhythm_in(monthly).frequency is Frequency.MONTHLY
    assert rhythm_in(merge_coverage([monthly, weekly])).frequency is Frequency.DAILY


def test_months_most_of_which_have_no_row_are_named(tmp_path: Path) -> None:
    quarters = [f"A,{year}-{month:02}-01,5" for year in (2024, 2025) for month in (1, 4, 7, 10)]
    found = scan(rows_of(tmp_path, "d.csv", *quarters))

    notes = calendar_notes(found, rhythm_in(found), Frequency.MONTHLY)

    assert notes == (
        "the rows stand in 8 of 22 months; the others count as periods without demand",
    )


def test_weeks_most_of_which_have_rows_are_not_named(tmp_path: Path) -> None:
    found = scan(rows_of(tmp_path, "d.csv", *sales("A", "2026-01-05", 12, step=7)))

    assert calendar_notes(found, rhythm_in(found), Frequency.WEEKLY) == ()


def test_a_span_with_nothing_but_a_running_period_is_empty(tmp_path: Path) -> None:
    found = scan(rows_of(tmp_path, "d.csv", "A,2026-11-01,1"))

    span = span_of(found, Frequency.MONTHLY, today=TODAY)

    assert span.calendar(Frequency.MONTHLY).size == 0


@pytest.mark.parametrize("frequency", list(Frequency))
def test_a_calendar_goes_from_the_first_to_the_last_period(frequency: Frequency) -> None:
    first, last = frequency.first_days(np.array(["2024-01-31", "2026-02-28"], "datetime64[D]"))

    dates = Span(first, last).calendar(frequency)

    assert (dates[0], dates[-1]) == (first, last)
    assert (dates == frequency.calendar(first, len(dates))).all()


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
def test_files_apart_give_the_panel_of_all_rows_together(
    tmp_path: Path, frequency: Frequency
) -> None:
    parts = [
        [*sales("A", "2026-01-10", 70), *sales("B", "2026-01-20", 40, 2)],
        [*sales("C", "2026-01-02", 3), *sales("D", "2026-01-12", 75)],
    ]
    together = rows_of(tmp_path, "all.csv", *parts[0], *parts[1])
    apart = [rows_of(tmp_path, f"{n}.csv", *part) for n, part in enumerate(parts)]

    one, _ = build_panel(together, frequency, min_sale_days=5, today=TODAY)
    span = span_of(merge_coverage([scan(rows) for rows in apart]), frequency, today=TODAY)
    several = [
        build_panel(rows, frequency, min_sale_days=5, today=TODAY, span=span)[0] for rows in apart
    ]
    first = min(panel.dates[panel.starts.min()] for panel in several)
    several = [panel_since(panel, first) for panel in several]

    assert sum((panel.item_ids for panel in several), ()) == one.item_ids
    assert all((panel.dates == one.dates).all() for panel in several)
    np.testing.assert_array_equal(np.concatenate([p.demand for p in several]), one.demand)
    assert np.concatenate([p.starts for p in several]).tolist() == one.starts.tolist()


def test_a_file_of_a_folder_may_be_left_without_any_item(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "d.csv", *sales("A", "2026-01-10", 3))
    span = Span(np.datetime64("2026-01-01"), np.datetime64("2026-02-01"))

    panel, left = build_panel(rows, Frequency.DAILY, min_sale_days=5, today=TODAY, span=span)

    assert panel.demand.shape == (0, 32)
    assert not left.used.any()
